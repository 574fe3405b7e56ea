"""Certificates of the local stack: made once with openssl, kept under the state folder, keys readable by the owner alone.

Two authorities: `ca` signs servers, services and clients; `device-ca` signs devices and is trusted by the devices' MQTT listener only.
"""

import json
import os
import secrets
import subprocess
from dataclasses import dataclass

DAYS = "825"
SERVER_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
# Host names beside the common name, where one identity has several processes.
OTHER_NAMES = {"nara-ingest": ("nara-ingest-measurement", "nara-ingest-alarm")}
PLATFORM = (
    "nara-mqtt",
    "nara-redis",
    "nara-device-registry",
    "nara-ingest",
    "nara-alert-router",
    "nara-data-broker",
    "nara-gateway",
    "nara-admin",
)
# Who simulates the county, and who measures in `nara-fleet check`: an alarm centre and a care unit of its own.
SIMULATORS = ("nara-fleet", "check-centre", "check-care")


@dataclass(frozen=True)
class Persona:
    """A person's role in the demo: a client of the platform with a certificate and a bearer token."""

    name: str
    id: str
    role: str
    principal: str = ""
    units: tuple = ()


PERSONAS = (
    Persona("operator", "operator-1", "operator"),
    Persona("supplier", "supplier-1", "supplier"),
    Persona("alarm_centre", "centre-1480", "alarm_centre", "1480"),
    Persona("care_unit", "care-1480-1", "care_unit", "1480", ("care-1480-1",)),
    Persona("principal_admin", "admin-1480", "principal_admin", "1480"),
)


class Pki:
    """Paths and making of everything secret. Making is idempotent: what is there stays."""

    def __init__(self, folder):
        self.folder = folder
        self.password_key = os.path.join(folder, "mqtt-password.key")
        self.cursor_key = os.path.join(folder, "cursor.key")
        self.identity_keys = os.path.join(folder, "identity.keys")
        self.personas_file = os.path.join(folder, "personas.json")

    def cert(self, name):
        return os.path.join(self.folder, f"{name}.crt")

    def key(self, name):
        return os.path.join(self.folder, f"{name}.key")

    def make(self):
        """All that the local stack needs."""
        self.make_platform()
        for name in SIMULATORS + tuple(persona.id for persona in PERSONAS):
            self._leaf(name)
        if not os.path.exists(self.personas_file):
            write_secret(self.personas_file, json.dumps([self._describe(persona) for persona in PERSONAS], indent=1))

    def make_platform(self):
        """What a deployment needs: nobody of the demo is in it."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self._authority("ca", "Nara services CA")
        self._authority("device-ca", "Nara device CA")
        for name in PLATFORM:
            self._leaf(name)
        for path in (self.password_key, self.cursor_key):
            if not os.path.exists(path):
                write_secret(path, secrets.token_hex(32))
        if not os.path.exists(self.identity_keys):
            write_secret(self.identity_keys, f"search:{secrets.token_hex(32)}\nk1:{secrets.token_hex(32)}\n")

    def personas(self):
        with open(self.personas_file, encoding="utf-8") as file:
            return json.load(file)

    def _describe(self, persona):
        return {
            "name": persona.name,
            "id": persona.id,
            "role": persona.role,
            "principal": persona.principal,
            "units": list(persona.units),
            "cert": self.cert(persona.id),
            "key": self.key(persona.id),
            "token": secrets.token_urlsafe(32),
        }

    def _authority(self, name, common_name):
        if os.path.exists(self.cert(name)):
            return
        self._new_key(name)
        _openssl(
            "req", "-x509", "-new", "-key", self.key(name), "-out", self.cert(name) + ".new", "-days", DAYS,
            "-subj", f"/O=Nara/CN={common_name}",
            "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip
        os.rename(self.cert(name) + ".new", self.cert(name))

    def _leaf(self, name):
        """Signed by `ca`, for both ends of a mutual TLS connection. The certificate comes last: where it is, its key is."""
        if os.path.exists(self.cert(name)):
            return
        self._new_key(name)
        request = os.path.join(self.folder, f"{name}.csr")
        names = "".join(f",DNS:{host}" for host in (name, *OTHER_NAMES.get(name, ())))
        extensions = os.path.join(self.folder, f"{name}.ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(
                f"{SERVER_NAMES}{names}\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                "extendedKeyUsage=serverAuth,clientAuth\n"
            )
        _openssl("req", "-new", "-key", self.key(name), "-out", request, "-subj", f"/O=Nara/CN={name}")
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.cert("ca"), "-CAkey", self.key("ca"), "-days", DAYS,
            "-set_serial", str(secrets.randbits(120)), "-extfile", extensions, "-out", self.cert(name) + ".new",
        )  # fmt: skip
        os.remove(request)
        os.remove(extensions)
        os.rename(self.cert(name) + ".new", self.cert(name))

    def _new_key(self, name):
        previous = os.umask(0o077)
        try:
            _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key(name))
        finally:
            os.umask(previous)


def _openssl(*arguments):
    result = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {result.stderr.strip()}")


def write_secret(path, text):
    """By rename, readable by the owner alone."""
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    os.rename(path + ".new", path)
