"""A gRPC client that is not ours: Debian's python3-grpcio with messages that protoc generates from proto/."""

import importlib
import pathlib
import subprocess
import sys
import threading

import grpc
from google.protobuf import symbol_database
from outside import eventually

# Name in demo.json: module, service, where its port is named.
SERVICES = {
    "registry": ("nara.registry.v1.service", "DeviceRegistryService"),
    "ingest": ("nara.ingest.v1.ingest", "IngestService"),
    "alerts": ("nara.alert.v1.alert", "AlertRouterService"),
    "broker": ("nara.broker.v1.broker", "DataBrokerService"),
}
CALL_SECONDS = 20


class Stream:
    """Responses of a server stream, kept as they come; ends with the block."""

    def __init__(self, channel, call):
        self._channel = channel
        self._call = call
        self.seen = []
        self.error = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._call.cancel()
        self._reader.join(CALL_SECONDS)
        self._channel.close()

    def wait_for(self, condition, what):
        """The first response that fulfils the condition."""
        return eventually(lambda: next((one for one in list(self.seen) if condition(one)), None), what)

    def _read(self):
        try:
            for response in self._call:
                self.seen.append(response)
        except grpc.RpcError as error:
            self.error = error


class Session:
    """One connection of one client to one service."""

    def __init__(self, stubs, channel, service):
        self._stubs = stubs
        self._channel = channel
        self._service = service
        self._methods = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()

    def call(self, method, /, seconds=CALL_SECONDS, **fields):
        if method not in self._methods:
            self._methods[method] = self._stubs.method(self._channel.unary_unary, self._service, method)
        return self._methods[method](self._stubs.request(self._service, method, fields), timeout=seconds)

    def stream(self, method, /, **fields):
        """The responses as they come; its cancel() ends it."""
        return self._stubs.method(self._channel.unary_stream, self._service, method)(
            self._stubs.request(self._service, method, fields)
        )


class GrpcClient:
    """Calls as whichever client is named; `folder` takes the generated code."""

    def __init__(self, demo, protos, folder):
        self._demo = demo
        self._generate(protos, folder)

    @staticmethod
    def _generate(protos, folder):
        files = [str(path) for path in pathlib.Path(protos).rglob("nara/*/v1/*.proto")]
        subprocess.run(["protoc", f"-I{protos}", f"--python_out={folder}", *files], check=True)
        sys.path.append(str(folder))

    @staticmethod
    def telemetry(name):
        return getattr(importlib.import_module("nara.telemetry.v1.telemetry_pb2"), name)

    @staticmethod
    def message(service, name):
        """Also one of a file that the service's own imports."""
        module = SERVICES[service][0]
        importlib.import_module(f"{module}_pb2")
        return symbol_database.Default().GetSymbol(f"{module.rsplit('.', 1)[0]}.{name}")

    def call(self, client, service, method, /, **fields):
        """One answer; grpc.RpcError when it is refused."""
        with self._channel(client, service) as channel:
            return self.method(channel.unary_unary, service, method)(
                self.request(service, method, fields), timeout=CALL_SECONDS
            )

    def session(self, client, service):
        """Calls over one connection, which ends with the block."""
        return Session(self, self._channel(client, service), service)

    def stream(self, client, service, method, /, **fields):
        channel = self._channel(client, service)
        call = self.method(channel.unary_stream, service, method)
        return Stream(channel, call(self.request(service, method, fields), timeout=10 * CALL_SECONDS))

    def attend(self, client, receiver, operator):
        """Offers, withdrawals and heartbeats of a receiver."""
        channel = self._channel(client, "alerts")
        call = self.method(channel.stream_stream, "alerts", "Attend")
        attach = self.request("alerts", "Attend", {"attach": {"receiver": receiver, "operator": operator}})
        return Stream(channel, call(self._first_and_then_nothing(attach), timeout=10 * CALL_SECONDS))

    @staticmethod
    def _first_and_then_nothing(request):
        """Keeps our side of a stream open."""
        yield request
        threading.Event().wait(10 * CALL_SECONDS)

    def request(self, service, method, fields):
        return self.message(service, f"{method}Request")(**fields)

    def method(self, kind, service, method):
        package, name = SERVICES[service]
        response = self.message(service, f"{method}Response")
        path = f"/{package.rsplit('.', 1)[0]}.{name}/{method}"
        request = self.message(service, f"{method}Request")
        return kind(path, request_serializer=request.SerializeToString, response_deserializer=response.FromString)

    def _channel(self, client, service):
        def read(path):
            return pathlib.Path(path).read_bytes()

        credentials = grpc.ssl_channel_credentials(read(self._demo["ca"]), read(client.key), read(client.cert))
        return grpc.secure_channel(self._demo["grpc"][service], credentials)
