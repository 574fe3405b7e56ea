#!/usr/bin/python3
"""The whole demo: servers, services, the simulated county. Called by `./nara demo`, which has built everything before."""

import argparse
import fcntl
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from fleet import Fleet
from paths import Paths, remove
from pki import Pki
from ports import Ports, PortTaken
from postgres import Postgres
from servers import Mosquitto, Redis
from services import Stack
from supervisor import StackError, Stopped, Supervisor, open_log, say

# How long processes of a demo that was just killed may still hold their ports.
LEFTOVER_SECONDS = 5.0
CHECK_SECONDS = 300.0


class Demo:
    """Starts everything in order; the supervisor keeps it up until stop()."""

    def __init__(self, paths, ports, devices):
        self.paths = paths
        self.ports = ports
        self.supervisor = Supervisor()
        self.fleet = None
        self._devices = devices
        self._pki = Pki(paths.pki)

    def start(self):
        began = time.monotonic()
        remove(self.paths.demo)
        wait_for_ports(self.ports)
        self._pki.make()
        stack = self._start_servers()
        for stage in stack.stages():
            say("starting " + ", ".join(process.name for process in stage))
            self.supervisor.start(stage)
        self.fleet = Fleet(stack, self.supervisor, self._devices)
        self.fleet.set_up()
        self.supervisor.start([self.fleet.process()], seconds=60)
        self._publish(self.fleet.devices())
        say(f"up after {time.monotonic() - began:.1f} s")

    def stop(self):
        remove(self.paths.demo)
        # Before its receivers: their going would move every open alert along its chain.
        self.supervisor.end("alert-router")
        self.supervisor.stop()

    def _start_servers(self):
        postgres = Postgres(self.paths, self.supervisor)
        postgres.prepare()
        redis = self._redis()
        mosquitto = Mosquitto(self.paths, self.ports, self._pki)
        say("starting PostgreSQL, Redis and mosquitto")
        self.supervisor.start([postgres.process(), *redis.processes(), mosquitto.process()])
        postgres.set_up()
        return Stack(self.paths, self.ports, self._pki, postgres, redis)

    def _redis(self):
        return Redis(self.paths)

    def _publish(self, devices):
        """The contract file, by rename: whoever sees it sees all of it."""
        partial = self.paths.demo + ".new"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(describe(self.ports, self._pki, devices), file, indent=1)
        os.rename(partial, self.paths.demo)


def describe(ports, pki, devices):
    def at(port):
        return f"127.0.0.1:{port}"

    personas = {
        entry["name"]: {
            "id": entry["id"],
            "cert": entry["cert"],
            "key": entry["key"],
            "token": entry["token"],
            "principal": entry["principal"],
            "unit": (entry["units"] or [""])[0],
        }
        for entry in pki.personas()
    }
    return {
        "version": 1,
        "ca": pki.cert("ca"),
        "http": f"http://{at(ports.gateway)}",
        "mqtt": {"tls": at(ports.mqtt_devices), "plain": at(ports.mqtt_plain)},
        "grpc": {
            "registry": at(ports.registry),
            "ingest": at(ports.ingest),
            "ingest_alarm": at(ports.ingest_alarm),
            "alerts": at(ports.alerts),
            "broker": at(ports.broker),
        },
        "personas": personas,
        "devices": devices,
    }


def wait_for_ports(ports):
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while True:
        try:
            ports.check_free()
            return
        except PortTaken:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def only_one(paths):
    """Holds the lock of this checkout's state until the process ends."""
    lock = open(os.path.join(paths.state, "lock"), "a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise StackError(f"a demo already runs in this checkout (pid {lock.read().strip()}): stop it first") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def run_check(demo):
    """Runs `nara-fleet check` beside the stack; prints its result as the last line and returns its verdict."""
    with open_log(demo.paths.log("check")) as log, subprocess.Popen(
        demo.fleet.check(), stdout=subprocess.PIPE, stderr=log
    ) as check:
        deadline = time.monotonic() + CHECK_SECONDS
        try:
            while check.poll() is None and time.monotonic() < deadline:
                demo.supervisor.tick()
        finally:
            check.kill()
        lines = check.stdout.read().decode("utf-8", "replace").strip().splitlines()
    if not lines:
        raise StackError(f"the check gave no result (log: {demo.paths.log('check')})")
    print(lines[-1], flush=True)
    return check.returncode


def tell_how_to_go_on(demo):
    say(
        f"the county is at http://127.0.0.1:{demo.ports.gateway}/ ; everything about this run is in {os.path.relpath(demo.paths.demo)}"
    )
    say("Ctrl-C stops all of it")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="nara demo", description="Runs all of Nära with a simulated county.")
    parser.add_argument("--root", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--preset", default="release", help=argparse.SUPPRESS)
    parser.add_argument("--state", help=argparse.SUPPRESS)
    parser.add_argument("--devices", type=int, help="size of the fleet; 0 for none")
    parser.add_argument("--port-base", type=int, help="use the ports from this number on")
    parser.add_argument("--check", action="store_true", help="measure, print one JSON object and stop")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    os.umask(0o022)  # PostgreSQL's own user reads here; what is secret is written as such
    demo = None
    code = 0
    try:
        paths = Paths(arguments.root, arguments.preset)
        if arguments.state:
            paths.use_state(arguments.state)
        paths.make()
        lock = only_one(paths)
        demo = Demo(paths, Ports.plan(arguments.port_base), arguments.devices)
        demo.supervisor.handle_signals()
        demo.start()
        if arguments.check:
            code = run_check(demo)
        else:
            tell_how_to_go_on(demo)
            while True:
                demo.supervisor.tick()
    except Stopped:
        code = 1 if arguments.check else 0
    except (StackError, PortTaken, ValueError, RuntimeError, OSError) as error:
        say(str(error))
        code = 1
    finally:
        if demo:
            demo.stop()
    lock.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
