"""Redis as a group: a primary, a replica and three Sentinels, with the configuration files of deploy/."""

import os
import shutil
import socket
import subprocess

from ingest_stack import IngestStack
from postgres import BIN
from servers import Redis
from supervisor import Process

NAME = "nara"
SENTINELS = 3


def free_ports(count):
    """Of loopback, free a moment ago."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def ask(address, *words):
    """The reply to one command at a Unix socket's path or a port of loopback; an error raises."""
    where = (socket.AF_UNIX, address) if isinstance(address, str) else (socket.AF_INET, ("127.0.0.1", address))
    with socket.socket(where[0]) as client:
        client.settimeout(10)
        client.connect(where[1])
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        client.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        with client.makefile("rb") as file:
            return _reply(file)


def _reply(file):
    line = file.readline()
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        raise OSError(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return file.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
    if kind == b"*":
        return [_reply(file) for _ in range(int(rest))]
    return rest


def _kill(process):
    process.restart = False
    process.child.kill()
    process.child.wait()


class RedisGroup:
    def __init__(self, paths):
        self._paths = paths
        first, second, *self._sentinels = free_ports(2 + SENTINELS)
        self._ports = [first, second]
        follow = ["--replicaof", f"127.0.0.1 {first}", "--repl-diskless-sync-delay", "0"]
        self._servers = [
            self._server(f"redis-{index}", ["--bind", "127.0.0.1", "--port", str(port), *(follow if index else [])])
            for index, port in enumerate(self._ports)
        ]
        self._processes = [server.process() for server in self._servers]

    @property
    def section(self):
        servers = [
            f"127.0.0.1:{port}=unix:{server.socket}" for port, server in zip(self._ports, self._servers, strict=True)
        ]
        addresses = [f"127.0.0.1:{port}" for port in self._sentinels]
        return {
            "sentinel": {"primary": NAME, "addresses": ", ".join(addresses), "servers": ", ".join(servers)},
            "replicas": 1,
        }

    def processes(self):
        return [*self._processes, *(self._sentinel(port) for port in self._sentinels)]

    def _server(self, name, options):
        """With a file of its own: Sentinel has Redis write to it."""
        config = os.path.join(self._paths.config, f"{name}.conf")
        shutil.copyfile(self._paths.deploy("redis", "redis.conf"), config)
        return Redis(self._paths, name, options, config)

    def _sentinel(self, port):
        name = f"sentinel-{port}"
        folder = os.path.join(self._paths.data, name)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        values = {
            "PORT": port, "ADDRESS": "127.0.0.1", "STATE": folder,
            "PRIMARY_ADDRESS": "127.0.0.1", "PRIMARY_PORT": self._ports[0],
        }  # fmt: skip
        with open(self._paths.deploy("redis", "sentinel.conf.in"), encoding="utf-8") as file:
            text = file.read()
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        config = os.path.join(folder, "sentinel.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        command = ["redis-server", config, "--sentinel"]
        return Process(name, command, self._paths.log(name), ready=lambda: self._knows_all(port))

    def _knows_all(self, port):
        """Its answer to a loss would be a take-over."""
        try:
            fields = ask(port, "SENTINEL", "MASTER", NAME)
        except OSError:
            return False
        known = dict(zip(fields[::2], fields[1::2], strict=True))
        others = int(known[b"num-other-sentinels"]) == SENTINELS - 1
        return others and int(known[b"num-slaves"]) == 1 and b"master_link_status:up" in self._says(1)

    def _says(self, index):
        return ask(self._servers[index].socket, "INFO", "replication")

    def kill_primary(self):
        """For good: nobody starts it again."""
        _kill(self._processes[0])

    def kill_replica(self):
        _kill(self._processes[1])

    def start_replica(self):
        """With what it had."""
        self._processes[1].start()

    def logged(self, log):
        """Event ids in the logs of the one that took over, in their order by shard."""
        assert b"role:master" in self._says(1)
        for shard in range(16):
            for _, (_, record) in ask(self._servers[1].socket, "XRANGE", f"nara:{{{shard:02}}}:{log}", "-", "+"):
                # Its first field is the id: docs/formats/logs.md.
                assert record[:1] == b"\n"
                yield record[2 : 2 + record[1]].decode()


class GroupStack(IngestStack):
    """Ingest on such a group, and those of the `readers` of its logs that are named."""

    def __init__(self, readers=()):
        super().__init__()
        self._readers = readers

    def _redis(self):
        self.group = RedisGroup(self.paths)
        return self.group

    def _register(self, stack):
        super()._register(stack)
        self.supervisor.start([process for process in stack.stages()[1] if process.name in self._readers])

    def query(self, sql):
        """Lines of a result, asked as the superuser of PostgreSQL."""
        socket_folder = os.path.join(self.paths.run, "postgres")
        target = f"host={socket_folder} user=postgres dbname=nara passfile={self.paths.pki}/pgpass"
        command = [f"{BIN}/psql", target, "-AtqX", "-c", sql]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
