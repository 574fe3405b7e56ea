"""The fault runs in short: few devices, a small rate, each part once. `./nara fault` does it for real."""

from fault_rig import FaultRig, Load

SMALL = Load(measurements=100, alarms=5, meters=20, dispensers=5, meter_processes=1)
PARTS = ("ingest-measurement", "ingest-alarm", "alert-router", "data-broker", "redis", "postgres")


def test_what_was_accepted_survives_kill_9_of_each_part():
    with FaultRig("short", SMALL) as rig:
        rig.run_for(1)
        for part in PARTS:
            rig.strike([part], "short", "ma")
            rig.run_for(0.3)
        rig.finish()
