"""Nära's own processes: the configuration of each and how to know that it is ready."""

import os
import urllib.error
import urllib.request
from dataclasses import dataclass

from supervisor import Process

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Stack:
    """What the services have to know of everything else."""

    paths: object
    ports: object
    pki: object
    postgres: object
    redis: object

    def at(self, port_name):
        return f"{LOOPBACK}:{getattr(self.ports, port_name)}"

    def state_dir(self, name):
        folder = os.path.join(self.paths.data, name)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return folder

    def base(self, name, identity, port_name):
        """What every process has."""
        return {
            "name": name,
            "log": {"level": "info"},
            "metrics": {"listen": self.at(f"{port_name}_metrics")},
            "tls": {"ca": self.pki.cert("ca"), "cert": self.pki.cert(identity), "key": self.pki.key(identity)},
        }

    def registry(self):
        return {
            **self.base("device-registry", "nara-device-registry", "registry"),
            "grpc": {"listen": self.at("registry")},
            "postgres": {"conninfo": self.postgres.conninfo("registry")},
            "catalogue": self.paths.catalogue,
            "device_ca": {"cert": self.pki.cert("device-ca"), "key": self.pki.key("device-ca")},
            "mqtt_password_key": self.pki.password_key,
            "identity_keys": self.pki.identity_keys,
            "mqtt": {"address": f"ssl://{self.at('mqtt_services')}"},
        }

    def ingest(self, lane):
        name = f"ingest-{lane}"
        port_name = "ingest" if lane == "measurement" else "ingest_alarm"
        return {
            **self.base(name, "nara-ingest", port_name),
            "lane": lane,
            "grpc": {"listen": self.at(port_name)},
            "redis": self.redis.section,
            "postgres": {"conninfo": self.postgres.conninfo("ingest")},
            "registry": {"address": self.at("registry")},
            "mqtt": {"address": f"ssl://{self.at('mqtt_services')}"},
            "catalogue": self.paths.catalogue,
            "state_dir": self.state_dir(name),
        }

    def alert_router(self):
        return {
            **self.base("alert-router", "nara-alert-router", "alerts"),
            "grpc": {"listen": self.at("alerts")},
            "redis": self.redis.section,
            "postgres": {"conninfo": self.postgres.conninfo("alerts")},
            "registry": {"address": self.at("registry")},
            "catalogue": self.paths.catalogue,
            "state_dir": self.state_dir("alert-router"),
        }

    def data_broker(self):
        return {
            **self.base("data-broker", "nara-data-broker", "broker"),
            "grpc": {"listen": self.at("broker")},
            "redis": self.redis.section,
            "postgres": {"conninfo": self.postgres.conninfo("broker")},
            "registry": {"address": self.at("registry")},
            "catalogue": self.paths.catalogue,
            "state_dir": self.state_dir("data-broker"),
            "cursor_key": self.pki.cursor_key,
        }

    def gateway(self):
        return {
            **self.base("gateway", "nara-gateway", "gateway"),
            "http": {"listen": self.at("gateway")},
            "registry": {"address": self.at("registry")},
            "alerts": {"address": self.at("alerts")},
            "broker": {"address": self.at("broker")},
            "catalogue": self.paths.catalogue,
            "state_dir": self.state_dir("gateway"),
            "web": self.paths.web,
            "openapi": os.path.join(self.paths.root, "gateway", "api", "openapi.json"),
            "personas": self.pki.personas_file,
        }

    def stages(self):
        """Processes that may start together, in order: all others need the registry's routes first."""
        return [
            [self._process("nara-device-registry", self.registry())],
            [
                self._process("nara-ingest", self.ingest("measurement")),
                self._process("nara-ingest", self.ingest("alarm")),
                self._process("nara-alert-router", self.alert_router()),
                self._process("nara-data-broker", self.data_broker()),
                self._process("nara-gateway", self.gateway()),
            ],
        ]

    def _process(self, binary, config):
        name = config["name"]
        path = os.path.join(self.paths.config, f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(to_yaml(config))
        url = f"http://{config['metrics']['listen']}/readyz"
        return Process(
            name, [self.paths.binary(binary), "--config", path], self.paths.log(name), ready=lambda: answers(url)
        )


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


def to_yaml(value, indent=0):
    """Maps, lists and strings, quoted: all that our configuration files need."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines.append(" " * indent + f"{key}:\n" + to_yaml(item, indent + 2))
        else:
            text = str(item).replace("\\", "\\\\").replace('"', '\\"')
            lines.append(" " * indent + f'{key}: "{text}"\n')
    return "".join(lines)
