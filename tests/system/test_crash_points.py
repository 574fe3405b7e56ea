"""Ingest ends by SIGKILL at each edge between inbox, log and receipt, again and again: what was accepted is there, once."""

import time

import pytest
from fault_rig import COMES_BACK_SECONDS, FaultRig, Load

SMALL = Load(measurements=100, alarms=20, meters=20, dispensers=5, meter_processes=1)
DEATHS = 2


def let_it_die(rig):
    deadline = time.monotonic() + COMES_BACK_SECONDS
    while rig.stack.says().count("ingest-measurement was ended by SIGKILL") < DEATHS:
        assert time.monotonic() < deadline, "it lives"
        rig.run_for(0.2)


@pytest.mark.parametrize("place", ["after_inbox:70", "after_append:40", "before_release:25"])
def test_a_crash_there_loses_and_doubles_nothing(place):
    with FaultRig(place.replace(":", "-"), SMALL, {"NARA_CRASH_AT": place}) as rig:
        let_it_die(rig)
        rig.finish()
