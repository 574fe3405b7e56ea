"""kill -9 of everything in turn, of two parts at once, and of all: no alert is lost or raised twice, history is complete, all comes back by itself."""

import random

from fault_rig import PARTS, FaultRig, Load, seed

IN_TURN = ("alert-router", "data-broker", "device-registry", "gateway", "redis", "postgres", "mosquitto")
PAIRS = 8


def test_nothing_is_lost_when_each_part_is_killed_in_turn(rounds):
    chance = random.Random(seed())
    with FaultRig("services", Load()) as rig:
        rig.run_for(5)
        for number in range(1, (rounds or 1) + 1):
            for part in chance.sample(IN_TURN, len(IN_TURN)):
                rig.run_for(chance.uniform(2, 6))
                rig.strike([part], f"round {number}", "ma")
        rig.run_for(3)
        rig.finish(puback_may_be_lost=True)


def test_nothing_is_lost_when_two_parts_or_all_are_killed_at_once(rounds):
    chance = random.Random(seed())
    with FaultRig("services-pairs", Load()) as rig:
        rig.run_for(5)
        for number in range(1, (rounds or PAIRS) + 1):
            rig.run_for(chance.uniform(0.05, 4))
            rig.strike(chance.sample(list(PARTS), 2), f"pair {number}", "ma")
        rig.run_for(chance.uniform(0.05, 4))
        rig.strike(list(PARTS), "all", "ma")
        rig.run_for(3)
        rig.finish(puback_may_be_lost=True)
