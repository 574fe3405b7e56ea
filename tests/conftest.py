"""Paths and marks for all tests that are written in Python."""

import pathlib
import re
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "harness"), str(ROOT / "deploy" / "local")]


def _read_needs():
    """Three columns, two or more spaces between them."""
    lines = (ROOT / "tests" / "skips.txt").read_text(encoding="utf-8").splitlines()
    rows = [re.split(r" {2,}", line) for line in lines if line and not line.startswith("#")]
    return {name: (command, what) for name, command, what in rows}


def pytest_addoption(parser):
    parser.addoption("--rounds", type=int, default=None, help="rounds of a fault test instead of its usual number")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "needs(name): skipped where the machine lacks what tests/skips.txt lists under that name"
    )


def pytest_collection_modifyitems(items):
    needs = _read_needs()
    for item in items:
        for mark in item.iter_markers("needs"):
            command, what = needs[mark.args[0]]
            if subprocess.run(["bash", "-c", command], capture_output=True, check=False).returncode != 0:
                item.add_marker(pytest.mark.skip(reason=f"{mark.args[0]} is not here: {what}"))
