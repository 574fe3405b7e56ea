"""The escalation engine lives through very many seeded lives: `./nara fault simulation --n 1000000`."""

import os
import subprocess

from fault_rig import seed
from private_servers import PRESET, ROOT

SCHEDULES = 1_000_000


def test_every_seeded_life_of_an_alert_keeps_the_invariants(rounds):
    program = ROOT / "build" / PRESET / "bin" / "alert_engine_test"
    wishes = {"NARA_SIMULATIONS": str(rounds or SCHEDULES), "NARA_SEED": str(seed())}
    result = subprocess.run([program, "--gtest_filter=Simulation.*"], env={**os.environ, **wishes}, check=False)
    assert result.returncode == 0, "an invariant of the engine is broken: the seed that shows it stands above"
