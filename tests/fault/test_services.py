"""kill -9 of everything else in turn: no alert is lost or raised twice, history is complete, all of it comes back by itself."""

import random

from fault_rig import FaultRig, Load, seed

PARTS = ("alert-router", "data-broker", "device-registry", "gateway", "redis", "postgres", "mosquitto")


def test_nothing_is_lost_when_each_part_is_killed_in_turn(rounds):
    chance = random.Random(seed())
    with FaultRig("services", Load()) as rig:
        rig.run_for(5)
        for number in range(1, (rounds or 1) + 1):
            for part in chance.sample(PARTS, len(PARTS)):
                rig.run_for(chance.uniform(2, 6))
                rig.strike(part, f"round {number}", "ma")
        rig.run_for(3)
        rig.finish(puback_may_be_lost=True)
