"""Redis and the MQTT server, with the configuration files of deploy/."""

import os
import socket

from supervisor import Process


class Redis:
    """`options` are further arguments of redis-server; `config` stands in place of the file of deploy/."""

    def __init__(self, paths, name="redis", options=(), config=None):
        self._paths = paths
        self._name = name
        self._options = options
        self._config = config or paths.deploy("redis", "redis.conf")
        self.socket = os.path.join(paths.run, f"{name}.sock")
        self._data = os.path.join(paths.data, name)

    @property
    def section(self):
        """How the services reach it."""
        return {"address": f"unix:{self.socket}"}

    def processes(self):
        return [self.process()]

    def process(self):
        os.makedirs(self._data, mode=0o700, exist_ok=True)
        command = [
            "redis-server",
            self._config,
            "--dir",
            self._data,
            "--unixsocket",
            self.socket,
            *self._options,
        ]
        return Process(self._name, command, self._paths.log(self._name), ready=self._ready, stop_seconds=20)

    def _ready(self):
        """Answers PING, which it does once the log is read."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(self.socket)
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


class Mosquitto:
    def __init__(self, paths, ports, pki):
        self._paths = paths
        self._ports = ports
        self._pki = pki
        self._data = os.path.join(paths.data, "mosquitto")
        self._config = os.path.join(paths.config, "mosquitto.conf")

    def process(self):
        os.makedirs(self._data, mode=0o700, exist_ok=True)
        with open(self._config, "w", encoding="utf-8") as file:
            file.write(self._render("mosquitto.conf.in") + self._render("plain.conf.in"))
        return Process(
            "mosquitto",
            ["mosquitto", "-c", self._config],
            self._paths.log("mosquitto"),
            ready=self._ready,
            stop_seconds=20,
        )

    def _render(self, name):
        values = {
            "STATE": self._data,
            "PKI": self._paths.pki,
            "GUARD": self._paths.guard,
            "PASSWORD_KEY": self._pki.password_key,
            "ADDRESS_DEVICES": "127.0.0.1",
            "ADDRESS_SERVICES": "127.0.0.1",
            "PORT_DEVICES": self._ports.mqtt_devices,
            "PORT_SERVICES": self._ports.mqtt_services,
            "PORT_PLAIN": self._ports.mqtt_plain,
        }
        with open(self._paths.deploy("mosquitto", name), encoding="utf-8") as file:
            text = file.read()
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        user = "user root\n" if os.geteuid() == 0 and name == "mosquitto.conf.in" else ""
        return user + text

    def _ready(self):
        ports = (self._ports.mqtt_devices, self._ports.mqtt_services, self._ports.mqtt_plain)
        return all(_accepts(port) for port in ports)


def _accepts(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
