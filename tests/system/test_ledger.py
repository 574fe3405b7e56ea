"""The comparison of the fault runs finds what it is there to find."""

import pytest
from ledger import Ledger, Promise, Row, compare, compare_alerts


def promise(number, epoch="00000000000000e1", lane="m"):
    return Promise(
        accepted=2000 + number, made=1000 + number, device="dev-1", lane=lane, epoch=epoch,
        key=number if epoch else 1000 + number, number=number,
    )  # fmt: skip


def row(number, position, numbered=True, lane="m"):
    id_ = f"dev-1/{lane}/00000000000000e1/{number}" if numbered else f"dev-1/{lane}/00000000000000f{number}/0"
    return Row(id=id_, device="dev-1", lane=lane, position=(position, 0), effective=1000 + number)


def broken(promises, rows):
    return {kind: names for kind, names in compare(promises, rows).items() if names}


@pytest.mark.parametrize("epoch", ["00000000000000e1", None], ids=["receipts", "puback"])
class TestHistory:
    def test_that_holds_each_promise_once_and_in_order_is_whole(self, epoch):
        assert not broken([promise(n, epoch) for n in (1, 2)], [row(1, 10, bool(epoch)), row(2, 11, bool(epoch))])

    def test_without_a_promised_record_is_broken(self, epoch):
        found = broken([promise(n, epoch) for n in (1, 2)], [row(1, 10, bool(epoch))])
        assert found == {"promised, and not in history": [promise(2, epoch).name]}

    def test_with_a_record_of_nobody_is_broken(self, epoch):
        found = broken([promise(1, epoch)], [row(1, 10, bool(epoch)), row(2, 11, bool(epoch))])
        assert found == {"in history, and promised to nobody": [promise(2, epoch).name]}

    def test_in_which_a_later_record_stands_first_is_broken(self, epoch):
        found = broken([promise(n, epoch) for n in (1, 2)], [row(2, 10, bool(epoch)), row(1, 11, bool(epoch))])
        assert found == {"in history, and out of order": [promise(1, epoch).name]}


def test_two_ids_for_one_record_without_a_sequence_are_found():
    twice = [row(1, 10, False), Row("dev-1/m/00000000000000ff/0", "dev-1", "m", (11, 0), 1001)]
    assert "in history more than once" in broken([promise(1, None)], twice)


def test_alerts_are_one_for_each_accepted_alarm_and_offered():
    accepted = [promise(1, lane="a"), promise(2, lane="a"), promise(3, lane="m")]
    whole = [("dev-1", "dose_missed", "dev-1:1", True), ("dev-1", "dose_missed", "dev-1:2", True)]
    assert not any(compare_alerts(accepted, whole).values())
    wrong = [whole[0], whole[0], ("dev-1", "dose_missed", "dev-1:9", False), ("dev-1", "ingest_quarantined", "x", True)]
    assert all(compare_alerts(accepted, wrong).values())


def test_a_line_that_is_not_whole_yet_is_read_later(tmp_path):
    path = tmp_path / "ledger"
    path.write_text("2001 1001 dev-1 m 00000000000000e1 1 1\n2002 1002 dev-1 m - 1002")
    ledger = Ledger([path])
    assert [promise.name for promise in ledger.read_on()] == ["dev-1/m/00000000000000e1/1"]
    with open(path, "a", encoding="ascii") as file:
        file.write(" 2\n")
    assert [promise.name for promise in ledger.read_on()] == ["dev-1/m/at 1002"]
