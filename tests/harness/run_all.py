#!/usr/bin/python3
"""Runs every test of the tree and counts them; called by `./nara test`, which has built everything before.

Each runner writes JUnit files into build/<preset>/test-results. What a runner prints goes to standard error; the last line of standard output is
the sum.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

from results import Counts


def run(what, command, cwd, **env):
    """Runs one runner with its output on standard error; returns True when it was content."""
    print(f"nara: {what}", file=sys.stderr, flush=True)
    began = time.monotonic()
    code = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=sys.stderr, env={**os.environ, **env}, check=False
    ).returncode
    print(
        f"nara: {what}: {'passed' if code == 0 else 'FAILED'} after {time.monotonic() - began:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    return code == 0


def unit_tests(root, build, results, jobs, counts):
    """One executable for each folder. One that crashed has written no file: ctest's own report tells."""
    report = build / "ctest.xml"
    run(
        "unit tests",
        [
            "ctest",
            "--test-dir",
            str(build),
            "-j",
            str(jobs),
            "--output-on-failure",
            "--progress",
            "--output-junit",
            str(report),
        ],
        root,
    )
    suites = ElementTree.parse(report).getroot().iter("testcase") if report.exists() else []
    names = {suite.get("name"): suite.get("status") for suite in suites}
    if not names:
        counts.fail("unit tests", "ctest ran none")
    for name, status in names.items():
        failed_before = len(counts.failures)
        counts.add_junit(results / f"{name}.xml")
        if status != "run" and len(counts.failures) == failed_before:
            counts.fail(name, "ended badly after its tests")


def python_tests(root, results, preset, counts):
    file = results / "system.xml"
    content = run(
        "system tests",
        [
            sys.executable,
            "-m",
            "pytest",
            "tests/system",
            "-q",
            "-ra",
            "--durations=5",
            "-p",
            "no:cacheprovider",
            f"--junitxml={file}",
        ],
        root,
        NARA_PRESET=preset,
    )
    add(counts, file, content, "system tests")


def web_tests(root, results, counts):
    web = root / "gateway" / "web"
    file = results / "web.xml"
    content = run(
        "web tests",
        ["npm", "test", "--silent", "--", "--reporter=dot", "--reporter=junit", f"--outputFile.junit={file}"],
        web,
    )
    add(counts, file, content, "web tests")


def add(counts, file, content, what):
    failed_before = len(counts.failures)
    counts.add_junit(file)
    if not content and len(counts.failures) == failed_before:
        counts.fail(what, "the runner failed although no test did")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--preset", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    build = arguments.root / "build" / arguments.preset
    results = build / "test-results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    counts = Counts()
    unit_tests(arguments.root, build, results, arguments.jobs, counts)
    web_tests(arguments.root, results, counts)
    python_tests(arguments.root, results, arguments.preset, counts)
    for failure in counts.failures:
        print(f"nara: FAILED {failure}", file=sys.stderr)
    print(counts.line(), flush=True)
    return 1 if counts.failures else 0


if __name__ == "__main__":
    sys.exit(main())
