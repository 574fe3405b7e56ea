"""What can be said of the compose file without running it: it starts nothing without `prepare`, and its services read their own files."""

import re
import subprocess

import pytest
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


@pytest.fixture(scope="module", name="compose")
def _compose():
    return (FOLDER / "compose.yaml").read_text(encoding="utf-8")


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
