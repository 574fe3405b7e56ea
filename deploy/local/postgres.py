"""The private PostgreSQL: made at first start, reached by a Unix socket, with a random password for each role."""

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass

from pki import write_secret
from supervisor import Process, StackError, run_once

BIN = "/usr/lib/postgresql/15/bin"
ROLES = ("registry", "ingest", "alerts", "broker")
PASSFILE = "pgpass"
# PostgreSQL refuses to run as root. In a user namespace root is an ordinary user; the files stay root's outside.
NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
# Where the kernel allows no user namespace (a container, a chroot), its own user with the one right to enter folders.
ENTERING = [
    "setpriv",
    "--reuid=postgres",
    "--regid=postgres",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
]


@dataclass(frozen=True)
class Identity:
    """As whom PostgreSQL runs: `prefix` goes before its command, uid and gid are None for the caller's own, `owner` owns its files."""

    prefix: tuple = ()
    uid: int | None = None
    gid: int | None = None
    owner: tuple | None = None


class Postgres:
    def __init__(self, paths, supervisor):
        self._paths = paths
        self._supervisor = supervisor
        self.data = os.path.join(paths.data, "postgres")
        self.socket = os.path.join(paths.run, "postgres")
        self.passfile = os.path.join(paths.pki, PASSFILE)
        self._identity = choose_identity(paths.state, self.data)

    def conninfo(self, role):
        return f"host={self.socket} dbname=nara user=nara_{role} passfile={self.passfile}"

    def prepare(self):
        """Makes the cluster when there is none. Must be called before process()."""
        passwords = make_passwords(self._paths.pki)
        for folder in (self.data, self.socket):
            os.makedirs(folder, mode=0o700 if folder == self.data else 0o755, exist_ok=True)
            if self._identity.owner is not None:
                os.chown(folder, *self._identity.owner)
        if not os.path.exists(os.path.join(self.data, "nara.ready")):
            self._initdb(passwords["postgres"])
        self._write_settings()

    def process(self):
        command = [f"{BIN}/postgres", "-D", self.data]
        if self._identity.prefix:
            # Entering a namespace, or becoming another user, clears the death signal, so it is set again behind it.
            command = [*self._identity.prefix, "setpriv", "--pdeathsig", "INT", *command]
        return Process(
            "postgres", command, self._paths.log("postgres"), ready=self._ready, uid=self._identity.uid, gid=self._identity.gid,
            stop_signal=signal.SIGINT, death_signal=signal.SIGINT, stop_seconds=20,
        )  # fmt: skip

    def set_up(self):
        """Roles and schemas; the same again is no error and takes well under a second."""
        passwords = make_passwords(self._paths.pki)
        marker = os.path.join(self._paths.data, "postgres.set-up")
        script = self._paths.deploy("postgres", "setup.sql")
        if os.path.exists(marker) and os.path.getmtime(marker) > os.path.getmtime(script):
            return
        superuser = f"host={self.socket} user=postgres dbname=postgres passfile={self.passfile}"
        run_once(
            [f"{BIN}/psql", superuser, "-qX", "-f", script],
            self._paths.log("postgres-setup"),
            30,
            self._supervisor,
            "the set-up of roles and schemas in PostgreSQL",
            {f"NARA_{role.upper()}_PASSWORD": passwords[role] for role in ROLES},
        )
        with open(marker, "w", encoding="ascii"):
            pass

    def _ready(self):
        ping = subprocess.run([f"{BIN}/pg_isready", "-q", "-h", self.socket], check=False, capture_output=True)
        return ping.returncode == 0

    def _initdb(self, password):
        """A cluster without the marker was never finished, so nobody has used it: it is made anew."""
        for entry in os.scandir(self.data):
            shutil.rmtree(entry.path) if entry.is_dir() else os.remove(entry.path)
        password_file = os.path.join(self.socket, "initdb-password")
        write_secret(password_file, password + "\n")
        if self._identity.owner is not None:
            os.chown(password_file, *self._identity.owner)
        command = [
            *self._identity.prefix, f"{BIN}/initdb", "-D", self.data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums", "--no-instructions",
        ]  # fmt: skip
        result = subprocess.run(
            command, text=True, capture_output=True, check=False, cwd="/", env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            user=self._identity.uid, group=self._identity.gid, extra_groups=[] if self._identity.gid is not None else None,
        )  # fmt: skip
        os.remove(password_file)
        if result.returncode != 0:
            raise StackError(f"initdb in {self.data} failed: {(result.stderr or result.stdout).strip()}")
        with open(os.path.join(self.data, "nara.ready"), "w", encoding="ascii"):
            pass

    def _write_settings(self):
        """Copies of what deploy/postgres says, since whoever PostgreSQL runs as may not be let into the checkout."""
        for name in ("postgresql.conf", "pg_hba.conf"):
            shutil.copyfile(self._paths.deploy("postgres", name), os.path.join(self.data, f"nara.{name}"))
        settings = (
            "include 'nara.postgresql.conf'\n"
            f"hba_file = '{self.data}/nara.pg_hba.conf'\n"
            f"unix_socket_directories = '{self.socket}'\n"
        )
        with open(os.path.join(self.data, "postgresql.conf"), "w", encoding="utf-8") as file:
            file.write(settings)


def make_passwords(folder):
    """Passwords by role, random, made once: postgres.json, and a libpq passfile with all of them."""
    path = os.path.join(folder, "postgres.json")
    if not os.path.exists(path):
        passwords = {role: secrets.token_hex(24) for role in ("postgres", *ROLES)}
        write_secret(os.path.join(folder, PASSFILE), passfile(passwords))
        write_secret(path, json.dumps(passwords))
    with open(path, encoding="ascii") as file:
        return json.load(file)


def passfile(passwords):
    """A libpq passfile for the roles of `passwords`, each a line."""
    users = {role: role if role == "postgres" else f"nara_{role}" for role in passwords}
    return "".join(f"*:*:*:{users[role]}:{password}\n" for role, password in passwords.items())


def choose_identity(folder, data):
    """How PostgreSQL can run here without being root. Raises StackError that names the folder when it cannot."""
    if os.geteuid() != 0:
        return Identity()
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = None
    owner = os.stat(data).st_uid if os.path.exists(data) else None
    owners = (user.pw_uid, user.pw_gid) if user else None
    is_users = user and owner in (None, user.pw_uid)
    if is_users and _can_traverse(folder, user):
        return Identity(uid=user.pw_uid, gid=user.pw_gid, owner=owners)
    if owner in (None, 0) and _works([*NAMESPACE, "true"]):
        return Identity(prefix=tuple(NAMESPACE))
    if is_users and _works([*ENTERING, "stat", f"{folder}/."]):
        return Identity(prefix=tuple(ENTERING), owner=owners)
    raise StackError(
        f"PostgreSQL does not run as root, and no other user may enter {folder}: run ./nara as an ordinary user, "
        "or put the checkout into a folder that everybody may enter (chmod o+x)"
    )


def _works(command):
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _can_traverse(folder, user):
    return (
        subprocess.run(
            ["test", "-x", folder], check=False, user=user.pw_uid, group=user.pw_gid, extra_groups=[]
        ).returncode
        == 0
    )
