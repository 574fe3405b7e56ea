"""The local stack as a person meets it: it comes up, mends itself, says what is wrong, and leaves nothing behind."""

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import pytest
from demo_stack import DemoStack
from postgres import Identity, choose_identity
from private_servers import PRESET, ROOT, free_ports, paths_in, shard_of
from supervisor import Supervisor

import postgres as postgres_module

SERVICES = ("device-registry", "ingest-measurement", "ingest-alarm", "alert-router", "data-broker", "gateway")


@pytest.fixture(scope="module", name="stack")
def _stack():
    with DemoStack(devices=20) as stack:
        yield stack


def children_of(pid):
    """All descendants, by /proc, with their names."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)
                found[int(entry.name)] = (int(fields[1].split()[1]), fields[0].split("(", 1)[1])
            except OSError:
                continue
    below, new = {}, {pid}
    while new:
        new = {child for child, (parent, _) in found.items() if parent in new}
        below.update({child: found[child][1] for child in new})
    return below


def alive(pids):
    """Those that still run; a zombie does not."""
    running = []
    for pid in pids:
        try:
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                running.append(pid)
        except OSError:
            continue
    return running


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def test_demo_json_holds_what_others_build_on(stack):
    demo = stack.demo
    assert demo["version"] == 1
    assert set(demo["grpc"]) == {"registry", "ingest", "ingest_alarm", "alerts", "broker"}
    assert set(demo["mqtt"]) == {"tls", "plain"}
    assert {"operator", "supplier", "alarm_centre", "care_unit", "principal_admin"} <= set(demo["personas"])
    for persona in demo["personas"].values():
        assert {"cert", "key", "token", "principal", "unit"} <= set(persona)
    assert demo["personas"]["care_unit"]["unit"] == "care-1480-1"
    for device in demo["devices"]:
        assert device["shard"] == shard_of(device["id"])
        assert device["up"] == f"nara/v1/{device['shard']}/{device['id']}/up"
        assert {"product", "alarm", "receipt", "cert", "key", "password", "principal", "unit"} <= set(device)


def test_secrets_are_readable_by_their_owner_alone(stack):
    secrets = [stack.state / "demo.json", *stack.state.glob("pki/*.key*"), stack.state / "pki" / "personas.json"]
    secrets += [pathlib.Path(device["key"]) for device in stack.demo["devices"]]
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_postgresql_reads_nothing_in_the_checkout(stack):
    """Whoever it runs as may not be let in there."""
    files = stack.query("SELECT sourcefile FROM pg_settings UNION SELECT setting FROM pg_settings WHERE name = 'hba_file'")
    assert any(path.endswith("/nara.pg_hba.conf") for path in files), files
    assert not [path for path in files if path.startswith(str(ROOT))]


def test_nothing_listens_beyond_loopback(stack):
    addresses = set()
    for pid in children_of(stack.pid):
        listing = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
        addresses |= {line.split()[3].rsplit(":", 1)[0] for line in listing.splitlines() if f"pid={pid}," in line}
    assert "127.0.0.1" in addresses
    assert addresses <= {"127.0.0.1", "[::ffff:127.0.0.1]"}


def test_a_second_demo_in_the_same_folder_is_refused_by_name(stack):
    second = run_demo(stack.state, stack.ports.gateway)
    assert second.returncode == 1
    assert f"a demo already runs in this checkout (pid {stack.pid})" in second.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_what_dies_is_started_again_and_said_so(stack, service):
    before = stack.says().count(f"{service} was ended by SIGKILL")
    victims = [pid for pid in children_of(stack.pid) if f"/{service}.yaml" in command_line(pid)]
    assert len(victims) == 1
    os.kill(victims[0], signal.SIGKILL)
    wait_until(lambda: stack.says().count(f"{service} was ended by SIGKILL") > before, f"{service} is missed")
    wait_until(lambda: is_ready(stack, service), f"{service} is ready again")


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except OSError:
        return ""


def is_ready(stack, service):
    ports = {
        "device-registry": stack.ports.registry_metrics,
        "ingest-measurement": stack.ports.ingest_metrics,
        "ingest-alarm": stack.ports.ingest_alarm_metrics,
        "alert-router": stack.ports.alerts_metrics,
        "data-broker": stack.ports.broker_metrics,
        "gateway": stack.ports.gateway_metrics,
    }
    from services import answers

    return answers(f"http://127.0.0.1:{ports[service]}/readyz")


def run_demo(state, base):
    command = [sys.executable, str(ROOT / "deploy" / "local" / "demo.py"), "--root", str(ROOT), "--preset", PRESET]
    command += ["--state", str(state), "--port-base", str(base), "--devices", "0"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_ctrl_c_leaves_no_process_and_no_demo_json():
    stack = DemoStack()
    below = children_of(stack.pid)
    assert {"postgres", "redis-server", "mosquitto", "nara-fleet"} <= set(below.values())
    assert stack.interrupt() == 0
    assert not alive(below)
    assert not (stack.state / "demo.json").exists()
    stack.stop()


def test_the_death_of_the_script_leaves_no_process():
    stack = DemoStack()
    below = children_of(stack.pid)
    stack.kill()
    wait_until(lambda: not alive(below), f"all processes end: {below}")
    stack.stop()


def test_a_taken_port_is_named_with_its_owner():
    ports = free_ports()
    with socket.socket() as squatter, tempfile.TemporaryDirectory() as state:
        squatter.bind(("127.0.0.1", ports.registry))
        squatter.listen()
        refused = run_demo(state, ports.gateway)
    assert refused.returncode == 1
    assert f"port {ports.registry} (registry) is taken by" in refused.stderr
    assert f"(pid {os.getpid()})" in refused.stderr
    assert "--port-base" in refused.stderr


@pytest.mark.parametrize("namespaces", [True, False], ids=["in a user namespace", "where the kernel allows none"])
def test_root_gets_postgresql_also_where_no_other_user_may_enter(monkeypatch, namespaces):
    if os.geteuid() != 0:
        assert choose_identity("/nowhere", "/nowhere/data") == Identity()
        return
    if not namespaces:
        monkeypatch.setattr(postgres_module, "NAMESPACE", ["false"])
    with tempfile.TemporaryDirectory() as closed:  # mode 0700
        paths = paths_in(os.path.join(closed, "state"))
        supervisor = Supervisor()
        server = postgres_module.Postgres(paths, supervisor)
        os.makedirs(paths.pki, mode=0o700, exist_ok=True)
        server.prepare()
        try:
            supervisor.start([server.process()])
            server.set_up()
        finally:
            supervisor.stop()


def test_the_check_measures_the_whole_way(stack):
    command = [stack.binary("nara-fleet"), "check", "--demo", str(stack.state / "demo.json")]
    command += ["--fleet-state", str(stack.state / "state" / "fleet")]
    command += ["--measurements", "40", "--alarms", "10", "--load-measurements", "50", "--load-alarms", "2"]
    check = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert check.returncode == 0, check.stderr
    result = json.loads(check.stdout.splitlines()[-1])
    assert result["ok"] is True
    assert result["measurement"]["n"] == 40 and result["alarm"]["n"] == 10
    for lane, way in (("measurement", "publish_to_subscriber_ms"), ("alarm", "publish_to_centre_ms")):
        for times in (result[lane]["publish_to_receipt_ms"], result[lane][way]):
            assert 0 < times["p50"] <= times["p99"]
