"""Which port each part listens on, and who holds a port that is taken."""

import os
import socket
from dataclasses import dataclass, fields

LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """Another process listens where one of ours should."""


@dataclass(frozen=True)
class Ports:
    """The fixed plan of docs/operating: gRPC ports have their metrics 1000 above."""

    gateway: int = 8080
    gateway_metrics: int = 9080
    mqtt_devices: int = 8883
    mqtt_services: int = 8884
    mqtt_plain: int = 1883
    registry: int = 7101
    ingest: int = 7102
    alerts: int = 7103
    broker: int = 7104
    ingest_alarm: int = 7105
    registry_metrics: int = 8101
    ingest_metrics: int = 8102
    alerts_metrics: int = 8103
    broker_metrics: int = 8104
    ingest_alarm_metrics: int = 8105

    @classmethod
    def plan(cls, base=None):
        """The usual ports, or as many from `base` on, in the order of the fields."""
        if base is None:
            return cls()
        names = [field.name for field in fields(cls)]
        if not 1024 <= base <= 65535 - len(names):
            raise ValueError(f"--port-base must be from 1024 to {65535 - len(names)}")
        return cls(**{name: base + index for index, name in enumerate(names)})

    def items(self):
        return [(field.name, getattr(self, field.name)) for field in fields(self)]

    def check_free(self):
        """Raises PortTaken that names every taken port with its owner."""
        taken = [
            f"port {port} ({name}) is taken by {owner_of(port)}" for name, port in self.items() if not is_free(port)
        ]
        if taken:
            raise PortTaken("\n".join(taken) + "\nend that process, or move all ports with --port-base N")


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def owner_of(port):
    """`name (pid N)` of the process that listens on `port`, as far as this user may see."""
    inodes = _listening_inodes(port)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if inodes & _socket_inodes(pid):
            with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                return f"{comm.read().strip()} (pid {pid})"
    return "a process of another user"


def _listening_inodes(port):
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as lines:
                rows = [line.split() for line in lines][1:]
        except FileNotFoundError:
            continue
        inodes |= {row[9] for row in rows if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port}
    return inodes


def _socket_inodes(pid):
    folder = f"/proc/{pid}/fd"
    found = set()
    try:
        for descriptor in os.listdir(folder):
            target = os.readlink(f"{folder}/{descriptor}")
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        pass
    return found
