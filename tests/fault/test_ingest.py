"""kill -9 of either ingest lane at any moment: what was accepted is in history exactly once, in order per device."""

import random

from fault_rig import FaultRig, Load, seed

ROUNDS = 20
LANES = {"ingest-measurement": "m", "ingest-alarm": "a"}


def test_nothing_accepted_is_lost_or_doubled_when_ingest_is_killed(rounds):
    chance = random.Random(seed())
    with FaultRig("ingest", Load()) as rig:
        rig.run_for(5)
        for number in range(1, (rounds or ROUNDS) + 1):
            part = chance.choice(list(LANES))
            rig.run_for(chance.uniform(0.05, 5))
            rig.strike([part], f"round {number}", [LANES[part]])
        rig.run_for(3)
        rig.finish()
