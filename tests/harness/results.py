"""Counts test results in JUnit files, the one form that all our runners write."""

import pathlib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field


@dataclass
class Counts:
    passed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)

    def fail(self, name, why=""):
        self.failures.append(f"{name}: {why}" if why else name)

    def add_junit(self, path):
        """Adds a file; one that is missing or broken is a failure, since a runner that crashed writes none."""
        try:
            cases = list(ElementTree.parse(path).getroot().iter("testcase"))
        except (OSError, ElementTree.ParseError) as error:
            self.fail(pathlib.Path(path).name, f"no results ({error})")
            return
        if not cases:
            self.fail(pathlib.Path(path).name, "ran no test")
        for case in cases:
            self._add_case(case)

    def _add_case(self, case):
        failure = next((child for child in case if child.tag in ("failure", "error")), None)
        if failure is not None:
            self.fail(f"{case.get('classname', '')}.{case.get('name', '')}", _first_line(failure))
        elif case.get("status") == "notrun" or any(child.tag == "skipped" for child in case):
            self.skipped += 1
        else:
            self.passed += 1

    def line(self):
        return f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped"


def _first_line(element):
    text = (element.get("message") or element.text or "").strip()
    return text.splitlines()[0][:200] if text else ""
