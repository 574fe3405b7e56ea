#!/usr/bin/python3
"""The whole way, measured: what `nara-fleet check` finds beside its load, several times on one running demo.

A row is one way (measurement or alarm, to the receipt or to the receiver) of one run. Never fails on a number.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "harness"), str(ROOT / "deploy" / "local")]

from demo_stack import DemoStack

WAYS = (
    ("measurement", "publish_to_receipt_ms"),
    ("measurement", "publish_to_subscriber_ms"),
    ("alarm", "publish_to_receipt_ms"),
    ("alarm", "publish_to_centre_ms"),
)


def check(stack):
    demo = stack.state / "demo.json"
    ran = subprocess.run(
        [stack.binary("nara-fleet"), "check", "--demo", str(demo)], stdout=subprocess.PIPE, check=False, timeout=300
    )
    return json.loads(ran.stdout.decode().strip().splitlines()[-1])


def rows(run, result):
    for what, way in WAYS:
        times = result[what][way]
        yield {
            "path": f"{what} {way}",
            "run": run,
            "n": result[what]["n"],
            "p50_ms": times["p50"],
            "p99_ms": times["p99"],
        }


def main():
    parser = argparse.ArgumentParser(prog="nara bench whole_path")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--devices", type=int, default=1956, help="size of the fleet beside the load")
    arguments = parser.parse_args()
    found = []
    with DemoStack(devices=arguments.devices) as stack:
        for run in range(1, arguments.runs + 1):
            found += rows(run, check(stack))
    print(f"{'path':<40} {'run':>3} {'p50 ms':>8} {'p99 ms':>8}", file=sys.stderr)
    for row in found:
        print(f"{row['path']:<40} {row['run']:>3} {row['p50_ms']:>8.2f} {row['p99_ms']:>8.2f}", file=sys.stderr)
    print(json.dumps({"bench": "whole_path", "cores": os.cpu_count(), "rows": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
