"""The fault runs in short: few devices, a small rate, one kill of each sort. `./nara fault` does it for real."""

import pytest
from fault_rig import FaultRig, Load

SMALL = Load(measurements=100, alarms=5, meters=20, dispensers=5, meter_processes=1)


@pytest.mark.parametrize(
    "parts",
    [["ingest-measurement", "ingest-alarm"], ["alert-router", "data-broker", "redis", "postgres"]],
    ids=["ingest", "services"],
)
def test_what_was_accepted_survives_kill_9(parts):
    with FaultRig("short", SMALL) as rig:
        rig.run_for(1)
        for part in parts:
            rig.strike(part, "short", "ma")
            rig.run_for(0.5)
        rig.finish()
