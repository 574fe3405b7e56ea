"""The Redis that holds the logs is lost for good: its replica goes on, nothing that has a receipt is missing, and no reader skips anything."""

import collections

import pytest
from ledger import Row, compare
from outside import Outside, eventually
from primary_lost import Load, lose_the_primary, lose_the_primary_without_its_replica
from redis_group import GroupStack

# Records a second; the bar at 2,000 is a row of `./nara bench ingest`.
LOADS = [Load("bp-meter", "m", devices=20, rate=200), Load("dosell-service", "a", devices=5, rate=5)]
RECEIPTS_AGAIN_SECONDS = 15.0
CATCHES_UP_SECONDS = 60


@pytest.fixture(scope="module", name="stack")
def _stack():
    with GroupStack(readers=("alert-router", "data-broker")) as stack:
        yield stack


@pytest.fixture(scope="module", name="outcome")
def _outcome(stack):
    assert metric(stack, "nara_ingest_replicas_required_count") == 1
    return lose_the_primary(stack, LOADS, seconds=5)


def metric(stack, name, **labels):
    return Outside.metric(None, stack.ports.ingest_metrics, name, lane="measurement", **labels)


def test_receipts_come_again_soon(outcome):
    assert outcome.again_seconds <= RECEIPTS_AGAIN_SECONDS


def test_nothing_with_a_receipt_is_missing_in_the_logs_that_go_on(outcome):
    assert len(outcome.promises) > 1000 and not outcome.missing
    assert not outcome.twice


def test_what_was_kept_was_appended_again(stack, outcome):
    assert outcome
    assert metric(stack, "nara_ingest_repeats_total", result="known") > 0
    assert metric(stack, "nara_ingest_replicas_required_count") == 0, "there is none left"


def test_history_has_each_record_once_and_in_order(stack, outcome):
    count = "select count(*) from broker.observations"
    care = len(outcome.promises)
    eventually(lambda: int(stack.query(count)[0]) >= care, "all is in history", CATCHES_UP_SECONDS)
    columns = "id, device, position_ms, position_seq, (extract(epoch from effective_at) * 1000000)::bigint"
    rows = [
        Row(id_, device, id_[len(device) + 1], (int(ms), int(seq)), int(effective))
        for id_, device, ms, seq, effective in (
            line.split("|") for line in stack.query(f"select {columns} from broker.observations")
        )
    ]
    assert not any(compare(outcome.promises, rows).values())


def test_each_alarm_is_one_alert(stack, outcome):
    alarms = collections.Counter(
        (promise.device, promise.episode) for promise in outcome.promises if promise.lane == "a"
    )
    raised = "select device, episode from alerts.alerts where kind = 'dose_missed'"
    eventually(lambda: len(stack.query(raised)) >= len(alarms), "all are alerts", CATCHES_UP_SECONDS)
    assert collections.Counter(tuple(line.split("|")) for line in stack.query(raised)) == alarms


def test_what_was_receipted_while_the_replica_was_away_is_appended_again():
    with GroupStack() as stack:
        outcome = lose_the_primary_without_its_replica(stack, LOADS, seconds=3)
        assert metric(stack, "nara_ingest_repeats_total", result="missing") > 0
    assert not outcome.missing and not outcome.twice
