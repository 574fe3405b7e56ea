"""The county page as a person sees it, in Debian's Chromium; browser.mjs says what is looked at."""

import itertools
import subprocess
import threading
from contextlib import contextmanager

import pytest
from outside import reading, uplink
from private_servers import NODE_TOOLS, ROOT

LOOK_SECONDS = 240


@contextmanager
def sending(outside, meter, dispenser):
    """A reading each second, and a missed dose each fifth: this county is too small to have one of the unit at any moment."""
    done = threading.Event()

    def send():
        for second in itertools.count():
            if done.wait(1):
                return
            outside.send(meter, uplink(reading(), ref="live"))
            if second % 5 == 0:
                missed = {"kind": "dose_missed", "episode": f"dose-{second}", "values": {}}
                outside.send(dispenser, uplink(missed), "alarm/json")

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        done.set()
        sender.join()


@pytest.mark.needs("chromium")
def test_the_county_is_seen_live_in_both_languages_and_themes(county, outside, meter, dispenser, tmp_path):
    script = ROOT / "tests" / "system" / "browser.mjs"
    node = next(NODE_TOOLS.glob("node-linux-*/bin/node"))
    command = [str(node), str(script), str(county.state / "demo.json")]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "NARA_SMALL_FLEET": "1"}
    with sending(outside, meter, dispenser):
        look = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment,
            timeout=LOOK_SECONDS,
            check=False,
        )
    assert look.returncode == 0, look.stdout + look.stderr
    for what in (
        "the page is live",
        "50 tiles",
        "English and Swedish",
        "no accessibility fault, dark",
        "an offer, and the router knows that it is on this screen",
        "an alert that was accepted",
        "a measurement",
    ):
        assert f"seen: {what}" in look.stdout
