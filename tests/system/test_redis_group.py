"""The Redis that holds the logs is lost for good: its replica goes on, and nothing that has a receipt is missing."""

import pytest
from outside import Outside
from primary_lost import lose_the_primary
from redis_group import GroupStack

# Records a second; the bar at 2,000 is a row of `./nara bench ingest`.
RATE = 200
RECEIPTS_AGAIN_SECONDS = 15.0


@pytest.fixture(scope="module", name="stack")
def _stack():
    with GroupStack() as stack:
        yield stack


def metric(stack, name, **labels):
    return Outside.metric(None, stack.ports.ingest_metrics, name, lane="measurement", **labels)


def test_nothing_with_a_receipt_is_lost_with_the_primary(stack):
    assert metric(stack, "nara_ingest_replicas_required_count") == 1
    outcome = lose_the_primary(stack, RATE, seconds=5)
    assert outcome.again_seconds <= RECEIPTS_AGAIN_SECONDS
    assert outcome.receipts > RATE and not outcome.missing
    assert not outcome.twice
    assert metric(stack, "nara_ingest_repeats_total", result="known") > 0, "what was kept was appended again"
    assert metric(stack, "nara_ingest_replicas_required_count") == 0, "there is none left"
