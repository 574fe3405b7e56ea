"""What docs/using and docs/operating say, typed as it stands there."""

import os
import re
import subprocess

import pytest
from outside import Lines, eventually, reading, run, uplink
from private_servers import PRESET, ROOT

PAGE = (ROOT / "docs" / "using" / "naractl.md").read_text(encoding="utf-8")
DEMO_PAGE = (ROOT / "docs" / "using" / "demo.md").read_text(encoding="utf-8")
INSTALLED, COMMANDS, IDENTITIES = [
    block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]
TABLE = "\n".join(re.split(r"(?<!\\)\|", line)[1] for line in PAGE.splitlines() if line.startswith("| `"))
CALL_SECONDS = 20


@pytest.fixture(scope="module", name="folder")
def _folder(county, tmp_path_factory):
    """A checkout as far as naractl looks: the running demo is in its .nara."""
    folder = tmp_path_factory.mktemp("using")
    (folder / ".nara").symlink_to(county.state)
    return folder


def environment():
    return {**os.environ, "PATH": f"{ROOT / 'build' / PRESET / 'bin'}:{os.environ['PATH']}"}


def typed(folder, command):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def test_from_a_new_device_to_its_first_measurement(outside, folder):
    *commands, tail = COMMANDS
    for command in commands:
        assert typed(folder, command).strip(), command
    assert tail == "naractl observation tail --device bp-kitchen"
    device = outside.ask("device", "provision", "bp-kitchen", "--out", str(folder / ".nara" / "devices"))[0]
    with Lines(["bash", "-c", f"cd {folder} && exec {tail}"], environment()) as seen:
        while not seen.seen:
            outside.send(device, uplink(reading(), ref="kitchen"))
        assert "systolic 138, diastolic 84, pulse 71" in seen.seen[0]


def test_the_administrator_of_an_installation_makes_a_client_and_its_token(county, folder):
    registry, pki = county.demo["grpc"]["registry"], county.state / "pki"
    for command in INSTALLED:
        assert "hmc" in command and "--pki /etc/nara/pki" in command
        here = command.replace("nara-device-registry:7101", registry).replace("/etc/nara/pki", str(pki))
        assert typed(folder, here.replace("hmc", "using-hmc")).strip()


def test_every_command_is_in_the_page_and_only_those(outside):
    naractl = outside.stack.binary("naractl")
    groups = subcommands(run([naractl, "--help"]).stdout)
    there = {f"{group} {name}" for group in groups for name in subcommands(run([naractl, group, "--help"]).stdout)}
    assert there == set(named_commands(groups))


def subcommands(text):
    return re.findall(r"^  ([a-z-]+) ", text.split("Subcommands:")[1], re.MULTILINE)


def named_commands(groups):
    """`alert accept`, `reject` in one cell are two commands of the same group."""
    group = None
    for text in re.findall(r"`([^`]+)`", TABLE):
        words = text.split()
        if words[0] in groups:
            group = words.pop(0)
        yield f"{group} {words[0]}"


@pytest.mark.parametrize(
    "command",
    [
        "naractl principal list",
        "naractl unit list --principal 1480",
        "naractl device list --principal 1480 --product bp-meter",
        "naractl device get sample-bp-meter-1",
        "naractl device provision --count 3 --json",
        "naractl chain get care-1480-1",
        "naractl chain check 1480 | grep 'units looked at'",
        "naractl alert list --open",
        "naractl observation list --kind blood_pressure",
        "naractl quarantine list --reason unreadable",
        "naractl quarantine list --reason topic_denied",
        "naractl --as supplier device list --json",
        "naractl agreement list",
        "naractl provider list --principal 1480",
        "naractl agreement join cooperation --from 2026-01-01 && naractl agreement parties --at 2026-02-17",
    ],
)
def test_what_the_pages_show_runs(folder, command):
    assert typed(folder, command).strip()


def test_a_number_finds_the_resident_that_it_was_given_to(folder):
    register, find = IDENTITIES
    assert typed(folder, register).strip() == "r-ada"
    assert "Ada Test" in typed(folder, find)


def test_the_pages_show_the_command_that_makes_devices():
    assert "naractl device provision --count 3 --json" in DEMO_PAGE


def test_the_query_of_the_fault_runs_finds_a_record(county, outside, meter):
    page = (ROOT / "docs" / "operating" / "faults.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    outside.send(meter, uplink(reading(seq=1), epoch="e1"))
    event = f"{meter['id']}/m/00000000000000e1/1"
    (row,) = eventually(lambda: county.query(query.replace("'...'", f"'{event}'")), "it is in history")
    assert row.startswith(f"{event}|")


def test_exit_codes_are_those_of_the_page(folder, tmp_path):
    def code(command, cwd=folder):
        return subprocess.run(
            ["bash", "-c", command], cwd=cwd, env=environment(), capture_output=True, timeout=CALL_SECONDS, check=False
        ).returncode

    assert code("naractl device get sample-bp-meter-1") == 0
    assert code("naractl device get nobody-has-this") == 1
    assert code("naractl device fetch") == 2
    assert code("naractl device list", cwd=tmp_path) == 3
