"""The container image: every program starts in it, as an ordinary user, and the MQTT server runs with the guard."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from pki import Pki
from private_servers import PRESET, ROOT

TAG = "localhost/nara:test"
USER = "10001"
PROGRAMS = ("nara-device-registry", "nara-ingest", "nara-alert-router", "nara-data-broker", "nara-gateway", "naractl")

pytestmark = pytest.mark.needs("buildah")


@pytest.fixture(scope="module", name="image")
def _image():
    """A working container of a freshly built image; the base made by debootstrap is kept in the build folder."""
    base = ROOT / "build" / PRESET / "image-base.tar"
    build = ["deploy/image/build.sh", "--preset", PRESET, "--tag", TAG, "--base", str(base)]
    result = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    container = buildah("from", TAG).stdout.strip()
    yield container
    buildah("rm", container)
    buildah("rmi", TAG)


def buildah(*arguments):
    return subprocess.run(["buildah", *arguments], capture_output=True, text=True, timeout=120, check=False)


def inside(container, *command, volumes=()):
    mounts = [part for volume in volumes for part in ("--volume", volume)]
    return buildah("run", "--isolation", "chroot", *mounts, container, "--", *command)


def test_it_runs_as_an_ordinary_user(image):
    assert inside(image, "id", "-u").stdout.strip() == USER
    assert inside(image, "id", "-G").stdout.strip() == USER


def test_nothing_in_it_gains_privileges(image):
    assert inside(image, "find", "/", "-xdev", "-perm", "/6000", "-type", "f").stdout == ""


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_finds_its_libraries(image, program):
    result = inside(image, program, "--help")
    assert result.returncode == 0, result.stderr
    assert "--" in result.stdout


def test_the_catalogue_and_the_web_app_are_in_it(image):
    for path in ("catalogue", "web/index.html", "openapi.json", "LICENSE"):
        assert inside(image, "test", "-e", f"/usr/local/share/nara/{path}").returncode == 0, path


def test_the_mqtt_server_starts_with_the_guard(image):
    """Until its time is up: a server that cannot load the guard or a certificate ends at once."""
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(os.path.join(folder, "pki"))
        pki.make()
        for path in [pathlib.Path(folder), *pathlib.Path(folder).rglob("*")]:
            shutil.chown(path, int(USER), int(USER))
        result = inside(image, "timeout", "3", "run-mosquitto", volumes=[f"{pki.folder}:/etc/nara/pki:ro"])
    assert result.returncode == 124, result.stdout + result.stderr
