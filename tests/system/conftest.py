"""One small county for all tests that only use it; those that break things start their own."""

import subprocess
import sys
import tempfile

import pytest
from command_lines import CommandLines
from demo_stack import DemoStack
from grpc_client import GrpcClient
from outside import Outside, make_root
from private_servers import ROOT

# Few enough for a start of seconds; the simulated devices and staff work beside the tests.
DEVICES = 40


@pytest.fixture(scope="session", name="command_lines")
def _command_lines():
    """Those that were to be seen while the county was set up."""
    return CommandLines()


@pytest.fixture(scope="session", name="county")
def _county(command_lines):
    """Its catalogue holds a product more, which nothing but tests/data/catalogue knows."""
    with tempfile.TemporaryDirectory(prefix="nara-root-") as folder:
        root = make_root(folder, ROOT, ROOT / "tests" / "data" / "catalogue")
        with command_lines:
            stack = DemoStack(devices=DEVICES, root=root)
        with stack:
            yield stack


@pytest.fixture(scope="session", name="laid_out")
def _laid_out(tmp_path_factory):
    """The secrets of a deployment, as deploy/compose/prepare lays them out."""
    folder = tmp_path_factory.mktemp("prepared") / "secrets"
    subprocess.run([sys.executable, ROOT / "deploy" / "compose" / "lay_out.py", folder], check=True, timeout=60)
    return folder


@pytest.fixture(scope="session", name="outside")
def _outside(county):
    return Outside(county)


@pytest.fixture(scope="session", name="grpc_client")
def _grpc_client(county, tmp_path_factory):
    return GrpcClient(county.demo, ROOT / "proto", tmp_path_factory.mktemp("stubs"))


@pytest.fixture(scope="session", name="pool")
def _pool(outside):
    """Devices by product, made some at a time."""
    waiting = {}

    def take(product="bp-meter"):
        if not waiting.get(product):
            waiting[product] = outside.provision(product, count=10)
        return waiting[product].pop()

    return take


@pytest.fixture(name="meter")
def _meter(pool):
    """A blood pressure meter that no other test uses."""
    return pool("bp-meter")


@pytest.fixture(name="dispenser")
def _dispenser(pool):
    return pool("dosell-service")
