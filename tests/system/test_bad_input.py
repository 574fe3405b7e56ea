"""Bad input, sent by mosquitto's own clients: a reason, a counter, a place where it can be looked at, and the next good message passes."""

import base64
import json
from dataclasses import dataclass

import pytest
from outside import CONNECTION_LOST, eventually, reading, uplink
from private_servers import shard_of, topic

REFUSED_BY_NARACTL = 1


@dataclass(frozen=True)
class Bad:
    """A payload and what becomes of it; `whole`: all of it is refused, else the one record in it."""

    reason: str
    payload: str
    channel: str = "up/json"
    fate: str = "rejected"
    whole: bool = False

    @property
    def lane(self):
        return "alarm" if self.channel.startswith("alarm") else "measurement"


def blood_pressure(**values):
    return uplink({"kind": "blood_pressure", "values": {"systolic": 138, "diastolic": 84, **values}})


BAD = {
    "broken JSON": Bad("unreadable", '{"records":[{"kind":', whole=True),
    "JSON in a foreign form": Bad("unreadable", '{"temperature":"37,2"}', whole=True),
    "JSON with a misspelt name": Bad("bad_record", uplink(reading(vlaues={}))),
    "JSON as deep as it gets": Bad("unreadable", "[" * 30_000, whole=True),
    "not UTF-8": Bad("unreadable", '{"ref":"\udcff\udcfe"}', whole=True),
    "an empty uplink": Bad("no_records", "{}", whole=True),
    "70 kB": Bad("too_large", uplink(ref="x" * 70_000), whole=True),
    "70 kB of noise": Bad("too_large", "\udcfe" * 70_000, whole=True),
    "a kind that nobody knows": Bad("unknown_kind", uplink(reading(kind="blood_sugar"))),
    "a kind of another product": Bad("kind_not_of_product", uplink({"kind": "glucose", "values": {"glucose": 5}})),
    "a value above the range": Bad("value_out_of_range", blood_pressure(systolic=301)),
    "a value below the range": Bad("value_out_of_range", blood_pressure(diastolic=-84)),
    "a component that is not there": Bad("unknown_component", blood_pressure(mood=3)),
    "a component too few": Bad("missing_component", uplink({"kind": "blood_pressure", "values": {"systolic": 138}})),
    "more decimals than the kind has": Bad("too_many_decimals", blood_pressure(systolic=138.123456)),
    "a person on somebody's own device": Bad("wrong_person", uplink(reading(person="r-somebody-else"))),
    "the year 2100": Bad("time_in_doubt", uplink(reading(at="2100-01-01T00:00:00Z")), fate="held"),
    "the year 1970": Bad("time_in_doubt", uplink(reading(at="1970-01-01T00:00:00Z")), fate="held"),
    "a measurement on the alarm topic": Bad("wrong_lane", uplink(reading()), channel="alarm/json"),
    "broken JSON on the alarm topic": Bad("unreadable", "?", channel="alarm/json", whole=True),
}


@pytest.fixture(autouse=True)
def _unharmed(county):
    """Whatever comes in, no process ends and no sanitizer has a word to say."""
    before = county.says().count("was ended by")
    yield
    assert county.says().count("was ended by") == before
    for log in (county.state / "log").glob("*.log"):
        text = log.read_text(encoding="utf-8", errors="replace")
        assert "Sanitizer" not in text and "runtime error" not in text, log.name


@pytest.fixture(name="bad", params=BAD.values(), ids=BAD.keys())
def _bad(request):
    return request.param


def test_bad_input_is_named_counted_kept_and_the_next_good_message_passes(outside, meter, bad):
    before = outside.ingest_counter(bad.fate, bad.lane, bad.reason)
    receipt = outside.send(meter, bad.payload, bad.channel)
    assert_the_receipt_says_why(receipt, bad)
    assert outside.ingest_counter(bad.fate, bad.lane, bad.reason) == before + 1
    kept = eventually(lambda: outside.quarantine(meter), "it is in quarantine")
    assert [entry["reason"] for entry in kept] == [bad.reason]
    assert_its_unit_sees_what_it_was(outside, kept[0]["id"], bad)
    assert_a_good_message_passes(outside, meter)


def assert_the_receipt_says_why(receipt, bad):
    if bad.fate == "held":
        assert receipt["held"] == [0] and "rejected" not in receipt
        return
    (rejected,) = receipt["rejected"]
    assert rejected["reason"] == bad.reason
    assert len(rejected["detail"]) > 10
    assert receipt["lane"] == bad.lane


def assert_its_unit_sees_what_it_was(outside, entry, bad):
    shown = outside.ask("quarantine", "show", entry)
    payload = base64.b64decode(shown["payload"])
    if bad.whole and bad.reason != "too_large":
        assert payload == bad.payload.encode(errors="surrogateescape")
    assert payload


def assert_a_good_message_passes(outside, meter):
    assert outside.send(meter, uplink(reading(), ref="good")) == {"lane": "measurement", "ref": "good", "through": 0}
    seen = eventually(lambda: outside.observations(meter), "the good reading is in history")
    assert [observation["kind"] for observation in seen] == ["blood_pressure"]


def test_what_is_in_quarantine_is_seen_by_its_unit_alone(outside, meter):
    outside.send(meter, blood_pressure(systolic=301))
    (kept,) = eventually(lambda: outside.quarantine(meter), "it is in quarantine")
    assert "301" not in json.dumps(kept)
    for persona in ("operator", "supplier", "alarm_centre", "principal_admin"):
        refused = outside.naractl("quarantine", "show", kept["id"], persona=persona)
        assert refused.returncode == REFUSED_BY_NARACTL
        assert refused.stdout == "" and "FORBIDDEN" in refused.stderr


@pytest.mark.parametrize(
    "payload",
    [b"\xff\xff\xff\xff\xff", b"\x12", b"records", b"\x2a\x7f\x01"],
    ids=["noise", "cut off", "text", "too short"],
)
def test_broken_protobuf_is_answered_in_protobuf(outside, grpc_client, meter, payload):
    before = outside.ingest_counter("rejected", "measurement", "unreadable")
    answer = outside.request(meter, "up", payload)
    receipt = grpc_client.telemetry("Receipt").FromString(answer.stdout)
    assert [rejected.reason for rejected in receipt.rejected] == ["unreadable"]
    assert outside.ingest_counter("rejected", "measurement", "unreadable") == before + 1
    kept = eventually(lambda: outside.quarantine(meter), "it is in quarantine")
    assert base64.b64decode(outside.ask("quarantine", "show", kept[0]["id"])["payload"]) == payload
    assert_a_good_message_passes(outside, meter)


def test_a_bad_record_among_good_ones_is_refused_alone(outside, meter):
    values = (138, 999, 139)
    records = [
        {"seq": n + 1, "kind": "blood_pressure", "values": {"systolic": v, "diastolic": 84}}
        for n, v in enumerate(values)
    ]
    receipt = outside.send(meter, json.dumps({"epoch": "b1", "from": 1, "records": records}))
    assert receipt["through"] == 3
    assert [(entry["seq"], entry["reason"]) for entry in receipt["rejected"]] == [(2, "value_out_of_range")]
    eventually(lambda: len(outside.observations(meter)) == 2, "the two good ones are in history")
    (kept,) = eventually(lambda: outside.quarantine(meter), "the bad one is in quarantine")
    assert kept["seq"] == "2"


def test_the_same_number_with_other_content_is_a_conflict(outside, meter):
    first, second = (
        json.dumps({"epoch": "c1", "from": 1, "records": [reading(seq=1, at=f"{today}T00:00:00Z")]})
        for today in ("2100-01-01", "2100-01-02")
    )
    assert outside.send(meter, first)["held"] == [1]
    assert outside.send(meter, first)["through"] == 1
    receipt = outside.send(meter, second)
    assert [entry["reason"] for entry in receipt["rejected"]] == ["conflict"]
    assert_a_good_message_passes(outside, meter)


def test_a_flood_of_bad_input_leaves_the_others_alone(outside, pool):
    noisy, quiet = pool(), pool()
    flood = ["--repeat", "300", "--repeat-delay", "0"]
    to = topic(noisy["id"], "up/json")
    assert outside.publish(noisy, to, *flood, payload='{"records":').returncode == 0
    assert_a_good_message_passes(outside, quiet)
    assert_a_good_message_passes(outside, noisy)


def test_an_alarm_that_cannot_be_read_becomes_a_technical_alert(outside, dispenser):
    outside.send(dispenser, '{"records":[{"kind":"dose_missed"', "alarm/json")
    (alert,) = eventually(lambda: outside.alerts(dispenser), "somebody is told", seconds=10)
    assert alert["kind"] == "ingest_quarantined"
    assert alert.get("resident", "") == ""
    assert alert["unit"] == "care-1480-1"


# What the guard refuses before it reaches ingest.


def assert_refused_counted_and_kept(outside, device, reason, act, payload):
    before = outside.guard_refusals(reason)
    act()
    eventually(lambda: outside.guard_refusals(reason) > before, f"{reason} is counted")
    kept = eventually(lambda: outside.quarantine(device), "it is in quarantine")
    assert {entry["reason"] for entry in kept} == {"topic_denied"}
    assert all(entry["detail"].startswith("the MQTT server refused") for entry in kept)
    assert base64.b64decode(outside.ask("quarantine", "show", kept[0]["id"])["payload"]).decode() == payload
    assert_a_good_message_passes(outside, device)


@pytest.mark.parametrize("channel", ["up/json", "alarm"])
def test_writing_to_another_devices_topic_ends_the_connection(outside, pool, channel):
    device, victim = pool(), pool()
    payload = uplink(reading())

    def act():
        answer = outside.publish(
            device, topic(victim["id"], channel), "--repeat", "2", "--repeat-delay", "1", payload=payload
        )
        assert answer.returncode == CONNECTION_LOST or "connection was lost" in answer.stderr

    assert_refused_counted_and_kept(outside, device, "other_device", act, payload)
    assert outside.observations(victim) == []
    assert outside.quarantine(victim) == []


def next_shard(device):
    return f"{(int(shard_of(device['id'])) + 1) % 16:02d}"


def test_a_wrong_shard_ends_the_connection_and_the_receipt_says_why(outside, meter):
    wrong = topic(meter["id"], "up/json", shard=next_shard(meter))
    payload = uplink(reading())
    listen = ["-c", "-q", "1", "-t", meter["receipt"]]
    outside.subscribe(meter, *listen, "-E")

    def act():
        outside.publish(meter, wrong, "-c", "--repeat", "2", "--repeat-delay", "1", payload=payload)
        (rejected,) = json.loads(outside.subscribe(meter, *listen, "-C", "1", "-W", "5").stdout)["rejected"]
        assert rejected["reason"] == "topic_denied"
        assert "wrong_shard" in rejected["detail"]

    assert_refused_counted_and_kept(outside, meter, "wrong_shard", act, payload)


def test_a_retained_message_is_refused(outside, meter):
    payload = uplink(reading())

    def act():
        outside.publish(meter, topic(meter["id"], "up/json"), "-r", payload=payload)

    assert_refused_counted_and_kept(outside, meter, "retained", act, payload)


@pytest.mark.parametrize("pattern", ["nara/v1/#", "#", "nara/v1/+/+/receipt", "$SYS/#"])
def test_a_wildcard_subscription_of_a_device_is_denied(outside, meter, pattern):
    def act():
        answer = outside.subscribe(meter, "-t", pattern, "-C", "1", "-W", "2")
        assert "All subscription requests were denied" in answer.stderr
        assert answer.stdout == ""

    assert_refused_counted_and_kept(outside, meter, "wildcard", act, pattern)


def test_a_will_for_somebody_else_is_denied(outside, pool):
    device, victim = pool(), pool()
    will = topic(victim["id"], "status")

    def act():
        outside.die_with_will(device, will)

    assert_refused_counted_and_kept(outside, device, "will", act, '{"online":false}')


def test_an_alarm_that_the_guard_refused_becomes_a_technical_alert(outside, dispenser):
    missed = json.dumps({"records": [{"kind": "dose_missed", "episode": "dose-1", "values": {}}]})
    outside.publish(dispenser, topic(dispenser["id"], "alarm/json", shard=next_shard(dispenser)), payload=missed)
    (alert,) = eventually(lambda: outside.alerts(dispenser), "somebody is told", seconds=10)
    assert (alert["kind"], alert["unit"]) == ("ingest_quarantined", "care-1480-1")
    assert outside.send(dispenser, missed, "alarm/json") == {"lane": "alarm", "through": 0}
