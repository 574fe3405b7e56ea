"""Every command of the README but `./nara test` does what it says there, typed as it stands."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from ports import Ports
from private_servers import PRESET, ROOT, free_ports

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh)?\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
BY_HAND = [text for language, text in BLOCKS if language == "sh"]
START_SECONDS = 180


def make_checkout(folder):
    """A checkout of its own: the same files and binaries, another .nara."""
    folder.chmod(0o755)
    for entry in ROOT.iterdir():
        if entry.name not in (".nara", "build", ".git"):
            (folder / entry.name).symlink_to(entry)
    (folder / "build").mkdir()
    for preset in ("dev", "release"):
        (folder / "build" / preset).symlink_to(ROOT / "build" / PRESET)
    return folder


@pytest.fixture(scope="module", name="checkout")
def _checkout(tmp_path_factory):
    """One in which `./nara demo` runs."""
    folder = make_checkout(tmp_path_factory.mktemp("checkout"))
    try:
        Ports.plan().check_free()
        moved = []
    except Exception:  # a demo of the person at this machine: use other ports, and say so in the commands
        moved = ["--port-base", str(free_ports().gateway)]
    with open(folder / "demo.log", "wb") as log:
        command = ["./nara", "demo", "--devices", "0", *moved]
        demo = subprocess.Popen(command, cwd=folder, env={**os.environ, "NARA_PRESET": PRESET}, stdout=log, stderr=log)
    try:
        wait_for_demo(folder, demo)
        yield folder
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)


def wait_for_demo(folder, demo):
    deadline = time.monotonic() + START_SECONDS
    while not (folder / ".nara" / "demo.json").exists():
        assert demo.poll() is None and time.monotonic() < deadline, (folder / "demo.log").read_text(encoding="utf-8")
        time.sleep(0.1)


def typed(checkout, command):
    demo = json.loads((checkout / ".nara" / "demo.json").read_text(encoding="utf-8"))
    command = command.replace("-p 8883", f"-p {demo['mqtt']['tls'].split(':')[1]}")
    result = subprocess.run(
        ["bash", "-c", "set -e\n" + command], cwd=checkout, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def receipt_of(output):
    return next(json.loads(line) for line in output.splitlines() if line.startswith('{"lane"'))


def test_the_readme_shows_two_commands_and_three_things_to_try():
    first = next(text for language, text in BLOCKS if not language)
    assert [line.split("#")[0].split() for line in first.splitlines()] == [["./nara", "demo"], ["./nara", "test"]]
    assert len(BY_HAND) == 3


def test_a_blood_pressure_gets_its_receipt_and_arrives_at_the_care_unit(checkout):
    receipt = receipt_of(typed(checkout, BY_HAND[0]))
    assert receipt["lane"] == "measurement"
    assert "rejected" not in receipt and "held" not in receipt
    history = typed(checkout, BY_HAND[1])
    assert "blood_pressure" in history and "138" in history


def test_a_missed_dose_becomes_an_alert_that_the_centre_accepts(checkout):
    output = typed(checkout, BY_HAND[2])
    assert "rejected" not in receipt_of(output)
    naractl = "build/release/bin/naractl --as alarm_centre --json alert"
    deadline = time.monotonic() + 10
    while True:
        alerts = [alert for alert in listed(checkout, naractl) if alert["kind"] == "dose_missed"]
        if alerts or time.monotonic() > deadline:
            break
    assert alerts, output
    command = re.search(r"`build/release/bin/naractl (--as alarm_centre alert accept) ID`", README).group(1)
    accepted = typed(checkout, f"build/release/bin/naractl {command} {alerts[0]['id']}")
    assert accepted.strip()


def listed(checkout, naractl):
    return json.loads(typed(checkout, f"{naractl} list --open --device sample-evondos-1"))


def test_the_check_says_in_one_line_how_long_the_way_is(tmp_path_factory):
    """Beside a demo that may run: with ports of its own, and without the simulated fleet."""
    assert "`./nara demo --check`" in README
    checkout = make_checkout(tmp_path_factory.mktemp("checked"))
    command = ["./nara", "demo", "--check", "--devices", "0", "--port-base", str(free_ports().gateway)]
    environment = {**os.environ, "NARA_PRESET": PRESET}
    check = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr
    (line,) = check.stdout.splitlines()
    result = json.loads(line)
    assert result["ok"] and result["measurement"]["n"] == 200 and result["alarm"]["n"] == 50
    assert not (checkout / ".nara" / "demo.json").exists()


def test_help_lists_every_wish(checkout):
    wishes = typed(checkout, "./nara help")
    for wish in ("demo", "test", "build", "lint", "format", "bench", "fault", "clean"):
        assert f"./nara {wish}" in wishes


def test_the_map_in_the_readme_is_the_tree():
    first_columns = re.findall(r"^\| (`[^|]*) \|", README, re.MULTILINE)
    named = set(re.findall(r"`([a-z_/]+)/`", " ".join(first_columns)))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {path.split("/")[0] for path in tracked if "/" in path and not path.startswith(".")}
    assert {name.split("/")[0] for name in named} == folders
    assert len({path.split("/")[0] for path in tracked}) <= 24
