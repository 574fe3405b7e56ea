"""What can be said of the compose file without running it: it starts nothing without `prepare`, and a container sees its own secrets alone."""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import pytest
import yaml
from private_servers import PRESET, ROOT

FOLDER = ROOT / "deploy" / "compose"
PROGRAMS = {
    "device-registry": "nara-device-registry",
    "ingest-measurement": "nara-ingest",
    "ingest-alarm": "nara-ingest",
    "alert-router": "nara-alert-router",
    "data-broker": "nara-data-broker",
    "gateway": "nara-gateway",
}

# Whose certificate a service has, where that is not its own name; and its role in PostgreSQL.
IDENTITIES = {"nara-ingest-measurement": "nara-ingest", "nara-ingest-alarm": "nara-ingest"}
ROLES = {
    "postgres": {"nara_registry", "nara_ingest", "nara_alerts", "nara_broker"},
    "nara-device-registry": {"nara_registry"},
    "nara-ingest-measurement": {"nara_ingest"},
    "nara-ingest-alarm": {"nara_ingest"},
    "nara-alert-router": {"nara_alerts"},
    "nara-data-broker": {"nara_broker"},
}
# Who has more than the key of its own certificate: the registry signs devices.
MORE = {
    "postgres": {"postgres.password"},
    "nara-device-registry": {"device-ca.key", "mqtt-password.key", "identity.keys"},
    "nara-data-broker": {"cursor.key"},
}


@pytest.fixture(scope="module", name="compose")
def _compose():
    return (FOLDER / "compose.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module", name="seen")
def _seen(compose, laid_out):
    """Per service, name and content of each secret file that its container sees."""
    return {
        name: {path.name: path.read_text() for mounted in mounts(service, laid_out) for path in files_in(mounted)}
        for name, service in yaml.safe_load(compose)["services"].items()
    }


def mounts(service, secrets):
    """What a service mounts out of ./secrets, with those of this test in its place."""
    sources = (volume.split(":")[0] for volume in service.get("volumes", []))
    return [secrets.parent / source for source in sources if source.startswith("./secrets")]


def files_in(path):
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def passwords_and_keys(files):
    return {name for name in files if name.endswith((".key", ".keys", ".password"))}


def test_a_container_sees_its_own_key_and_nobody_elses(seen):
    holders = {name for name, files in seen.items() if files}
    assert holders == {"postgres", "nara-mqtt", "nara-gateway", *ROLES}
    for name in holders:
        identity = IDENTITIES.get(name, name)
        own = set() if name == "postgres" else {f"{identity}.key"}
        assert passwords_and_keys(seen[name]) == own | MORE.get(name, set()), name


def test_the_key_of_the_services_authority_is_in_no_container(seen, laid_out):
    key = (laid_out / "authority" / "ca.key").read_text()
    assert "PRIVATE KEY" in key
    for name, files in seen.items():
        assert key not in files.values(), name


def test_the_key_of_the_devices_authority_is_seen_by_the_registry_alone(seen, laid_out):
    key = (laid_out / "authority" / "device-ca.key").read_text()
    assert [name for name, files in seen.items() if key in files.values()] == ["nara-device-registry"]


def test_a_container_has_the_password_of_its_own_role_alone(seen):
    for name, files in seen.items():
        roles = {line.split(":")[3] for line in files.get("pgpass", "").splitlines()}
        assert roles == ROLES.get(name, set()), name


def test_sockets_are_where_somebody_needs_them(compose):
    services = yaml.safe_load(compose)["services"]
    on_redis = {name for name, service in services.items() if "redis-socket:/run/nara/redis" in service["volumes"]}
    assert on_redis == set(ROLES) - {"postgres", "nara-device-registry"} | {"redis"}
    on_postgres = {n for n, service in services.items() if "postgres-socket:/run/nara/postgres" in service["volumes"]}
    assert on_postgres == set(ROLES)


def test_every_secret_is_for_its_owner_alone(laid_out):
    for path in laid_out.rglob("*"):
        if path.is_dir() or path.suffix != ".crt":
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_nobody_of_the_demo_has_a_certificate(laid_out):
    subjects = {path.stem for path in (laid_out / "authority").glob("*.crt")}
    assert {name for name in subjects if not name.startswith("nara-")} == {"ca", "device-ca"}
    assert "nara-fleet" not in subjects


def lay_out(folder):
    command = [sys.executable, FOLDER / "lay_out.py", folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_laid_out_again_nothing_changes_until_a_certificate_is_taken_away(laid_out):
    gateway, mqtt = laid_out / "nara-gateway", laid_out / "nara-mqtt"
    before = {path: path.read_text() for path in files_in(laid_out)}
    assert lay_out(laid_out).returncode == 0
    assert {path: path.read_text() for path in files_in(laid_out)} == before
    (laid_out / "authority" / "nara-gateway.crt").unlink()
    assert lay_out(laid_out).returncode == 0
    for name in ("nara-gateway.crt", "nara-gateway.key"):
        assert (gateway / name).read_text() == (laid_out / "authority" / name).read_text() != before[gateway / name]
    assert (mqtt / "nara-mqtt.key").read_text() == before[mqtt / "nara-mqtt.key"]


def test_without_its_authority_no_new_one_is_made(laid_out):
    away = (laid_out / "authority").rename(laid_out.parent / "elsewhere")
    try:
        refused = lay_out(laid_out)
        assert refused.returncode == 1 and "bring it back" in refused.stderr
        assert not (laid_out / "authority").exists()
    finally:
        away.rename(laid_out / "authority")


def prepare(folder, **identity):
    """In a copy, since it writes beside itself."""
    for part in ("compose", "local"):
        shutil.copytree(ROOT / "deploy" / part, folder / part, ignore=shutil.ignore_patterns("secrets", "data", ".env"))
    if identity:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, *identity.values())
    command = [folder / "compose" / "prepare"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **identity)


def test_prepare_makes_every_folder_that_is_mounted_and_no_container_is_root(compose):
    identity = {"user": 12345, "group": 12345} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        done = prepare(folder, **identity)
        assert done.returncode == 0, done.stderr
        settings = dict(line.split("=") for line in (folder / "compose" / ".env").read_text().splitlines())
        assert settings["NARA_USER"] == f"{os.geteuid() or 12345}:{os.getegid() or 12345}"
        for volume in yaml.safe_load(compose)["volumes"].values():
            device = re.sub(r"\$\{NARA_DATA[^}]*\}", settings["NARA_DATA"], volume["driver_opts"]["device"])
            assert pathlib.Path(device).is_dir(), device
        for service in yaml.safe_load(compose)["services"].values():
            assert all(path.is_dir() for path in mounts(service, folder / "compose" / "secrets"))


def test_it_refuses_to_start_unprepared(compose):
    assert "${NARA_USER:?" in compose and "${NARA_DATA:?" in compose


def test_it_holds_no_password(compose):
    assert not re.search(r"(?im)^[^#]*password:\s*\S|POSTGRES_PASSWORD:|POSTGRES_HOST_AUTH_METHOD", compose)


def test_only_tls_is_published(compose):
    assert re.findall(r'ports: \["\$\{\w+:-\d+\}:(\d+)"\]', compose) == ["8883", "8443"]
    assert compose.count("ports:") == 2


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_knows_every_key_of_its_file(name, tmp_path):
    """Paths of the container do not exist here, and that is all that may be wrong."""
    assert (FOLDER / "config" / f"{name}.yaml").exists()
    command = [ROOT / "build" / PRESET / "bin" / PROGRAMS[name], "--config", FOLDER / "config" / f"{name}.yaml"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=tmp_path, check=False)
    assert result.returncode != 0
    problems = (result.stdout + result.stderr).splitlines()
    assert not [line for line in problems if "unknown key" in line.lower()], problems
    assert [line for line in problems if "/etc/nara/pki" in line], problems
