"""docs/using/hub.md, typed as it stands there: a hub of our library, built as its maker would."""

import re
import subprocess

import pytest
from outside import eventually
from private_servers import PRESET, ROOT
from test_using import environment, typed

PAGE = (ROOT / "docs" / "using" / "hub.md").read_text(encoding="utf-8")
DEVICE, BUILD, SEND = [
    block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]


@pytest.fixture(scope="module", name="folder")
def _folder(county, tmp_path_factory):
    """Where the page is typed: the running demo is in its .nara."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / ".nara").symlink_to(county.state)
    return folder


@pytest.fixture(name="send")
def _send(county):
    """The command that sends, at the county's port."""
    return SEND[0].replace("8883", county.demo["mqtt"]["tls"].rsplit(":", 1)[1])


def test_a_hub_sends_its_first_measurement(folder, send):
    for command in DEVICE:
        typed(folder, command)
    assert (folder / "hub" / "ca.crt").exists()
    assert typed(folder, send) == "kept as 1\nreceipt: all up to 1 is durable\n"
    history = eventually(lambda: readings(folder), "the care unit has it")
    assert len(history) == 1 and "138" in history[0] and "84" in history[0]


def test_what_a_hub_kept_before_it_was_killed_arrives_with_the_next(folder, send):
    nobody = re.sub(r" \d+ 138 84$", " 1 139 85", send)
    with subprocess.Popen(nobody.split(), cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as hub:
        assert hub.stdout.readline() == "kept as 2\n"
        hub.kill()
    told = typed(folder, send.replace("138 84", "140 86"))
    assert told.startswith("kept as 3\n") and "all up to 3 is durable" in told
    eventually(lambda: len(readings(folder)) == 3, "each is there once")


def test_the_page_builds_the_program_as_the_build_does():
    presets = (ROOT / "CMakePresets.json").read_text(encoding="utf-8")
    assert BUILD[0].endswith("--preset release") and '"release"' in presets
    assert BUILD[1].endswith("--target nara-hub") and (ROOT / "build" / PRESET / "bin" / "nara-hub").exists()


def readings(folder):
    return [line for line in typed(folder, SEND[1]).splitlines() if "systolic" in line]
