"""What the alert router learns of a page: that somebody follows, that an offer is on a screen, and that the page has gone."""

import ctypes
import json
import os
import signal
import socket
import struct

import pytest
from demo_stack import pid_of
from outside import Lines, eventually, uplink

CENTRE = "centre-1480-web"
UNIT = "care-1480-web"
# The first step waits for an hour: what moves an alert on is the page.
CHAIN = (f"{CENTRE}=3600", "care-1480-1=3600")
SO_ATTACH_FILTER = 26
POST = ("-X", "POST", "-H", "Content-Type: application/json", "-d")


class MortalPage(Lines):
    """A page on a machine that may lose its power: from then on nothing that comes in is answered, not even by TCP."""

    def __init__(self, outside, centre):
        self._socket = socket.create_connection(outside.demo["http"].removeprefix("http://").split(":"))
        request = f"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {centre.token}\r\n\r\n"
        self._socket.sendall(request.encode())
        super().__init__(["cat"], stdin=self._socket)

    def __exit__(self, *how):
        super().__exit__(*how)
        self._socket.close()

    def die(self):
        drop = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0))  # BPF: keep 0 bytes of each packet
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(drop)))


@pytest.fixture(scope="module", name="centre")
def _centre(outside, grpc_client):
    """An alarm centre that nobody but these tests attends at, first on the chain of a unit."""
    client = outside.new_client(grpc_client, CENTRE, "alarm_centre", "1480", [])
    outside.ask("unit", "put", UNIT, "--name", UNIT, "--provider", "hemsjukvard-1480")
    outside.ask("chain", "put", UNIT, *CHAIN)
    eventually(lambda: outside.curl("/api/v1/session", client.token)[0] == 200, "the gateway knows the centre")
    return client


@pytest.fixture(name="next_step")
def _next_step(outside, grpc_client):
    """Somebody at the second step, so that there is one to go to."""
    with grpc_client.attend(outside.persona("care_unit"), "care-1480-1", "bo") as screen:
        screen.wait_for(lambda response: "bo" in response.heartbeat.operators, "bo attends")
        yield screen


@pytest.fixture(name="dispenser")
def _dispenser(outside):
    return outside.provision("dosell-service", unit=UNIT)[0]


def follow(outside, centre):
    """A page's stream that flows, and that the router knows of."""
    page = outside.live_events(centre.token)
    page.wait_for(lambda line: line.startswith("event:"), "live events flow")
    return page


def miss_a_dose(outside, dispenser, page):
    record = {"kind": "dose_missed", "episode": "dose-1", "values": {}}
    outside.send(dispenser, uplink(record), "alarm/json")
    line = page.wait_for(
        lambda line: line.startswith("data:") and dispenser["id"] in line and '"offered"' in line,
        "the offer comes live",
    )
    alert = json.loads(line.removeprefix("data:"))
    assert alert["receiver"] == CENTRE
    return alert


@pytest.fixture(name="happened")
def _happened(outside, grpc_client):
    """What happened to an alert, as the router tells it."""

    def ask(alert):
        answer = grpc_client.call(outside.persona("operator"), "alerts", "GetAlert", alert=alert["id"])
        return [(entry.action, entry.receiver) for entry in answer.history]

    return ask


def test_only_the_page_says_that_an_offer_is_on_its_screen(outside, centre, next_step, dispenser, happened):
    with follow(outside, centre) as page:
        alert = miss_a_dose(outside, dispenser, page)
        path = f"/api/v1/alerts/{alert['id']}/delivered"
        assert happened(alert) == [("raised", ""), ("offered", CENTRE)]
        for wrong in ("{}", '{"version":0}', '{"version":"1"}'):
            assert outside.curl(path, centre.token, *POST, wrong)[0] == 400
        assert outside.curl(path, outside.persona("operator").token, *POST, '{"version":2}')[0] == 409
        body = json.dumps({"version": alert["version"]})
        assert outside.curl(path, centre.token, *POST, body)[0] == 202
        eventually(lambda: ("delivered", CENTRE) in happened(alert), "the router has recorded it")
        assert outside.curl(path, centre.token, *POST, body)[0] == 202
        accept = f"/api/v1/alerts/{alert['id']}/accept"
        assert outside.curl(accept, centre.token, *POST, "{}")[1]["state"] == "accepted"
        assert [action for action, _ in happened(alert)] == ["raised", "offered", "delivered", "accepted"]


def test_when_the_last_page_goes_its_alerts_go_to_the_next_step(outside, centre, next_step, dispenser, happened):
    with follow(outside, centre) as first:
        with follow(outside, centre):
            alert = miss_a_dose(outside, dispenser, first)
        assert happened(alert) == [("raised", ""), ("offered", CENTRE)], "one page is enough"
    moved = [("link_broken", CENTRE), ("offered", "care-1480-1")]
    eventually(lambda: happened(alert)[2:4] == moved, "the next step has it", seconds=8)
    refused = outside.curl(f"/api/v1/alerts/{alert['id']}/delivered", centre.token, *POST, '{"version":2}')
    assert refused[0] == 409 and refused[1]["reason"] == "NOT_ATTENDING"
    outside.ask("alert", "accept", alert["id"], persona="care_unit")


def test_a_page_that_is_loaded_again_keeps_its_alerts(outside, centre, next_step, dispenser, happened):
    with follow(outside, centre) as page:
        alert = miss_a_dose(outside, dispenser, page)
    with follow(outside, centre) as page:
        two_beats = lambda: page.seen.count("event: heartbeat") >= 2
        eventually(two_beats, "more time than it takes to notice a page that has gone", seconds=20)
        assert happened(alert) == [("raised", ""), ("offered", CENTRE)]
        accept = f"/api/v1/alerts/{alert['id']}/accept"
        assert outside.curl(accept, centre.token, *POST, "{}")[1]["state"] == "accepted"


def test_a_page_whose_machine_is_gone_is_noticed(outside, centre, next_step, dispenser, happened):
    with MortalPage(outside, centre) as page:
        page.wait_for(lambda line: line.startswith("event:"), "live events flow")
        alert = miss_a_dose(outside, dispenser, page)
        page.die()
        eventually(lambda: ("link_broken", CENTRE) in happened(alert), "the router was told", seconds=15)
    outside.ask("alert", "accept", alert["id"], persona="care_unit")


def test_a_gateway_that_stands_still_attends_for_nobody(outside, centre, next_step, dispenser, happened):
    gateway = pid_of(outside.stack.state / "config" / "gateway.yaml")
    with follow(outside, centre) as page:
        alert = miss_a_dose(outside, dispenser, page)
        os.kill(gateway, signal.SIGSTOP)
        try:
            eventually(lambda: ("link_broken", CENTRE) in happened(alert), "the router noticed", seconds=25)
        finally:
            os.kill(gateway, signal.SIGCONT)
    outside.ask("alert", "accept", alert["id"], persona="care_unit")


def put(outside, grpc_client, client, **more):
    grpc_client.call(outside.admin(), "registry", "PutClient", client={"id": client.id, "principal": "1480", **more})


def test_a_live_feed_and_a_session_end_with_the_token(outside, grpc_client):
    role = {"role": "alarm_centre"}
    client = outside.new_client(grpc_client, "centre-1480-passing", "alarm_centre", "1480", [])
    eventually(lambda: outside.curl("/api/v1/session", client.token)[0] == 200, "the gateway knows the client")
    jar = str(outside.stack.state / "cookies")
    body = json.dumps({"token": client.token})
    assert outside.curl("/api/v1/session", "", *POST, body, "-c", jar)[0] == 200
    assert outside.curl("/api/v1/session", "", "-b", jar)[0] == 200
    url = f"{outside.demo['http']}/api/v1/stream"
    with outside.live_events(client.token) as bearer, Lines(["curl", "-s", "-N", "-b", jar, url]) as cookie:
        for page in (bearer, cookie):
            page.wait_for(lambda line: line.startswith("event:"), "live events flow")
        put(outside, grpc_client, client, **role, token_sha256="0" * 64)
        assert (bearer.exit_code(), cookie.exit_code()) == (0, 0), "both streams are ended in order"
    assert outside.curl("/api/v1/session", "", "-b", jar)[0] == 401
    assert outside.curl("/api/v1/session", client.token)[0] == 401
