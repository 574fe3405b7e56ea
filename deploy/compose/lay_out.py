#!/usr/bin/python3
"""Certificates, keys and passwords of a deployment: lay_out.py FOLDER, called by `prepare`.

FOLDER/authority has all of them, the keys of both authorities among them, and goes into no container. Every other folder is what one identity
needs and no more, made anew from `authority` each time. A folder is mounted, not its files: a file that is mounted alone stays the old one when
it is replaced by a rename.
"""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "local"))

from pki import Pki, write_secret
from postgres import PASSFILE, make_passwords, passfile

# Identity: its role in PostgreSQL, and what it has beside its own certificate and key and the CA's certificate.
HOLDERS = {
    "nara-mqtt": (None, ("device-ca.crt",)),
    "nara-redis": (None, ()),
    "nara-device-registry": ("registry", ("device-ca.crt", "device-ca.key", "mqtt-password.key", "identity.keys")),
    "nara-ingest": ("ingest", ()),
    "nara-alert-router": ("alerts", ()),
    "nara-data-broker": ("broker", ("cursor.key",)),
    "nara-gateway": (None, ()),
}


def lay_out(folder):
    authority = folder / "authority"
    if not authority.exists() and any(folder.glob("*/ca.crt")):
        sys.exit(
            f"{authority} is not here: bring it back, since a new authority would be a stranger to all that is running"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    Pki(str(authority)).make_platform()
    passwords = make_passwords(str(authority))
    for identity, (role, more) in HOLDERS.items():
        names = ("ca.crt", f"{identity}.key", f"{identity}.crt", *more)
        files = {name: (authority / name).read_text(encoding="ascii") for name in names}
        if role:
            files[PASSFILE] = passfile({role: passwords[role]})
        fill(folder / identity, files)
    # The server sets its roles' passwords when its cluster is made.
    roles = {role: password for role, password in passwords.items() if role != "postgres"}
    fill(folder / "postgres", {"postgres.password": passwords["postgres"], PASSFILE: passfile(roles)})


def fill(folder, files):
    """What is the same already is not touched: services read again what changes."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="ascii") != text:
            write_secret(str(path), text)


if __name__ == "__main__":
    lay_out(pathlib.Path(sys.argv[1]))
