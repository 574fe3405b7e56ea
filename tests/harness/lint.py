#!/usr/bin/python3
"""Everything that a reviewer should not have to look for; called by `./nara lint`."""

import argparse
import pathlib
import re
import subprocess
import sys

MOST_TOP_ENTRIES = 24
LONGEST_SOURCE = 500


def tracked(root, *patterns):
    listing = subprocess.run(["git", "ls-files", "--", *patterns], cwd=root, capture_output=True, text=True, check=True)
    return listing.stdout.split()


def shell_scripts(root):
    return [path for path in tracked(root) if re.match(r"#!.*\b(ba)?sh\b", _first_line(root / path))]


def _first_line(path):
    with open(path, "rb") as file:
        return file.readline(80).decode("utf-8", "replace")


def tools(root):
    """Name and command of each tool."""
    sources = tracked(root, "*.h", "*.cc")
    scripts = tracked(root, "*.py")
    buf = next((root / "deploy" / "node" / "node_modules" / "@bufbuild").glob("buf-linux-*/bin/buf"))
    return [
        ("clang-format", ["clang-format-19", "--dry-run", "--Werror", *sources]),
        ("black", ["black", "-q", "--check", "-l", "120", "-t", "py311", *scripts]),
        ("pyflakes", ["pyflakes3", *scripts]),
        ("shellcheck", ["shellcheck", *shell_scripts(root)]),
        ("buf lint", [str(buf), "lint"]),
        ("buf format", [str(buf), "format", "--diff", "--exit-code"]),
        ("the web app's types", ["npm", "--prefix", "gateway/web", "run", "--silent", "check"]),
    ]


def tidy(root, everything):
    """clang-tidy with the checks of .clang-tidy, on all sources or on what changed since the commit before last."""
    sources = tracked(root, "*.cc")
    if not everything:
        diff = ["git", "diff", "--name-only", "--diff-filter=d", "HEAD~1", "--", "*.cc"]
        changed = subprocess.run(diff, cwd=root, capture_output=True, text=True, check=False).stdout.split()
        sources = [path for path in sources if path in changed]
    if not sources:
        return []
    patterns = [f"^{re.escape(str(root / path))}$" for path in sources]
    return [("clang-tidy", ["run-clang-tidy-19", "-quiet", "-p", "build/dev", *patterns])]


def own_checks(root):
    """Rules of the house that no tool knows."""
    top = {path.split("/")[0] for path in tracked(root)}
    if len(top) > MOST_TOP_ENTRIES:
        yield f"{len(top)} tracked entries at the top; {MOST_TOP_ENTRIES} at most"
    for path in tracked(root, "*.h", "*.cc"):
        lines = len((root / path).read_text(encoding="utf-8").splitlines())
        if lines >= LONGEST_SOURCE:
            yield f"{path} has {lines} lines; fewer than {LONGEST_SOURCE}, please"
    for path in tracked(root, "*.h", "*.cc", "*.py", "*.ts", "*.tsx", "*.proto"):
        for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX|NOLINT)\b", line) and path != "tests/harness/lint.py":
                yield f"{path}:{number}: {line.strip()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--all", action="store_true", help="clang-tidy on every source: some 10 minutes")
    arguments = parser.parse_args()
    root = arguments.root
    failed = []
    for name, command in tools(root) + tidy(root, arguments.all):
        print(f"nara: {name}", file=sys.stderr, flush=True)
        if subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            failed.append(name)
    for problem in own_checks(root):
        print(problem)
        failed.append("house rules")
    if failed:
        print(f"nara: lint found something: {', '.join(dict.fromkeys(failed))}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
