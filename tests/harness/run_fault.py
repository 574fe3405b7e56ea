#!/usr/bin/python3
"""Runs the tests that break things, all or one, against a release build; called by `./nara fault`.

NARA_PRESET names another build, and NARA_SEED repeats a run's choices.
"""

import argparse
import os
import pathlib
import subprocess
import sys

from results import Counts


def main():
    parser = argparse.ArgumentParser(prog="nara fault")
    parser.add_argument("--root", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="?", help="a file of tests/fault, without test_ and .py")
    parser.add_argument("--n", type=int, help="how many rounds or schedules")
    arguments = parser.parse_args()
    folder = arguments.root / "tests" / "fault"
    names = sorted(path.stem.removeprefix("test_") for path in folder.glob("test_*.py"))
    if arguments.name and arguments.name not in names:
        parser.error(f"there is no {arguments.name}; name one of: {' '.join(names)}")
    target = folder / f"test_{arguments.name}.py" if arguments.name else folder
    preset = os.environ.get("NARA_PRESET", "release")
    file = arguments.root / "build" / preset / "fault.xml"
    file.unlink(missing_ok=True)
    rounds = [f"--rounds={arguments.n}"] if arguments.n else []
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(target),
        "-q",
        "-ra",
        "-s",
        "-p",
        "no:cacheprovider",
        f"--junitxml={file}",
        *rounds,
    ]
    subprocess.run(
        command,
        cwd=arguments.root,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={**os.environ, "NARA_PRESET": preset},
        check=False,
    )
    counts = Counts()
    counts.add_junit(file)
    print(counts.line(), flush=True)
    return 1 if counts.failures else 0


if __name__ == "__main__":
    sys.exit(main())
