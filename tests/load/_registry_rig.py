"""A registry of its own: PostgreSQL and nara-device-registry as ./nara demo runs them, and nothing beside them."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

from demo import describe
from fleet import Fleet
from grpc_client import GrpcClient
from outside import Client
from pki import Pki
from postgres import BIN, Postgres
from private_servers import free_ports, paths_in
from servers import Redis
from services import Stack
from supervisor import Supervisor

FILL_SECONDS = 1800
READY_SECONDS = 180
ADMIN = "nara-admin"


class RegistryRig:
    """Up when entered, with the demo county's units and no device."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="nara-registry-")
        self._folder_path = pathlib.Path(self._folder.name)
        self._folder_path.chmod(0o755)
        self.paths = paths_in(self._folder.name)
        self.ports = free_ports()
        self.pki = Pki(self.paths.pki)
        self._servers = Supervisor()
        self._registry = None
        self.grpc = None

    def __enter__(self):
        self.pki.make()
        postgres = Postgres(self.paths, self._servers)
        postgres.prepare()
        self._servers.start([postgres.process()])
        postgres.set_up()
        self._stack = Stack(self.paths, self.ports, self.pki, postgres, Redis(self.paths))
        self.start()
        Fleet(self._stack, self._servers, devices=0).set_up()
        self._publish()
        return self

    def __exit__(self, *_):
        self.stop()
        self._servers.stop()
        self._folder.cleanup()

    def start(self):
        """Seconds until the registry is ready."""
        began = time.monotonic()
        self._registry = Supervisor()
        self._registry.start(self._stack.stages()[0], seconds=READY_SECONDS)
        return time.monotonic() - began

    def stop(self):
        if self._registry is not None:
            self._registry.stop()
            self._registry = None

    def file(self, name):
        return self._folder_path / name

    def client(self, name):
        """Its certificate, for calls."""
        return Client(name, self.pki.cert(name), self.pki.key(name))

    def sql(self, script):
        """What a superuser's script prints; constraints and triggers hold for it too."""
        target = (
            f"host={self._stack.postgres.socket} user=postgres dbname=nara passfile={self._stack.postgres.passfile}"
        )
        ran = subprocess.run(
            [f"{BIN}/psql", target, "-AtqX", "-v", "ON_ERROR_STOP=1"],
            input=f"set search_path to registry; set synchronous_commit to off;\n{script}",
            capture_output=True,
            text=True,
            check=False,
            timeout=FILL_SECONDS,
        )
        if ran.returncode != 0:
            raise RuntimeError(f"psql: {ran.stderr}")
        return ran.stdout.splitlines()

    def naractl(self, *arguments):
        ran = subprocess.run(
            [self.paths.binary("naractl"), "--demo", self.paths.demo, "--as", "admin", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise RuntimeError(f"naractl {' '.join(arguments)}: {ran.stdout}{ran.stderr}")
        return ran.stdout

    def _publish(self):
        """demo.json, with the administrator as a persona; and the client that reads it."""
        demo = describe(self.ports, self.pki, devices={})
        admin = {"id": ADMIN, "cert": self.pki.cert(ADMIN), "key": self.pki.key(ADMIN)}
        demo["personas"]["admin"] = {**admin, "token": "", "principal": "", "unit": ""}
        with open(os.open(self.paths.demo, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            json.dump(demo, file)
        generated = self.file("generated")
        generated.mkdir()
        self.grpc = GrpcClient(demo, pathlib.Path(self.paths.root) / "proto", generated)
