"""Add up the JUnit reports of all phases and decide whether the whole run passed.

A run does not pass when a phase ran no test, ended with an error although no test failed, or
skipped a test without a written reason (pytest-odoo skips every browser test silently when
something is missing on the machine). A written reason begins with ``allowed:``, or with
``foreign origin:`` where the environment names a simulator that may be somebody else's.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

ALLOWED = "allowed:"
#: What a simulator that is not ours need not be able to do.
FOREIGN = "foreign origin:"
#: Phases of tests that are Odoo's own: they skip themselves where something else is installed.
OF_ODOO = frozenset({"core"})


def written_reasons(environ: Mapping[str, str]) -> tuple[str, ...]:
    """How the reason of a skip may begin in a run with this environment."""
    is_foreign = environ.get("CLOVER_ORIGIN") or environ.get("WEX_ORIGIN")
    return (ALLOWED, FOREIGN) if is_foreign else (ALLOWED,)


@dataclass
class Totals:
    """Counts over all phases; ``problems`` are sentences for the person who reads the output."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)

    def fail(self, problem: str) -> None:
        """Count one failure that is not a test of its own."""
        self.failed += 1
        self.problems.append(problem)

    def line(self) -> str:
        """Return the closing line."""
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def add_phase(totals: Totals, name: str, report: Path, exit_status: int) -> None:
    """Add one phase's report to the totals."""
    if not report.exists():
        totals.fail(f"{name}: wrote no report (exit status {exit_status})")
        return
    cases = list(ET.parse(report).getroot().iter("testcase"))
    before = totals.failed
    for case in cases:
        _add_case(totals, name, case)
    if not cases:
        totals.fail(f"{name}: no test ran")
    elif exit_status and totals.failed == before:
        totals.fail(f"{name}: ended with exit status {exit_status} although no test failed")


def _add_case(totals: Totals, phase: str, case: ET.Element) -> None:
    title = f"{phase}: {case.get('classname', '')}::{case.get('name', '')}"
    skip = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        totals.fail(title)
    elif skip is None:
        totals.passed += 1
    elif phase in OF_ODOO or (skip.get("message") or "").startswith(
        written_reasons(os.environ)
    ):
        totals.skipped += 1
    else:
        totals.fail(f"{title}: skipped without a written reason: {skip.get('message')!r}")


def main(argv: list[str]) -> int:
    """``test_summary NAME=EXIT_STATUS=JUNIT...``: print problems and the closing line."""
    totals = Totals()
    for argument in argv:
        name, status, report = argument.split("=", 2)
        add_phase(totals, name, Path(report), int(status))
    if not argv:
        totals.fail("no phase ran")
    for problem in totals.problems:
        print(f"FAILED {problem}")
    print(totals.line())
    return int(totals.failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
