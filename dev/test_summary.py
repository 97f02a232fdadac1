"""Add up the JUnit reports of all phases and decide whether the whole run passed.

A run does not pass when a phase with tests ran none, was cut off, ended with an error although no
test failed, or skipped a test without a written reason (pytest-odoo skips every browser test
silently when something is missing on the machine). A written reason begins with ``allowed:``, or
with ``foreign origin:`` where the environment names a simulator that may be somebody else's.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from dev.phase_runner import Result

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
    #: How many tests were skipped for each written reason.
    reasons: Counter[str] = field(default_factory=Counter)

    def fail(self, problem: str) -> None:
        """Count one failure that is not a test of its own."""
        self.failed += 1
        self.problems.append(problem)

    def lines(self) -> list[str]:
        """Return what a person reads: why tests were skipped, what failed, the closing line."""
        skips = [f"skipped {count}: {reason}" for reason, count in sorted(self.reasons.items())]
        return [*skips, *(f"FAILED {problem}" for problem in self.problems), self.line()]

    def line(self) -> str:
        """Return the closing line."""
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def add_phase(totals: Totals, result: Result) -> None:
    """Add one phase to the totals: its tests, and whatever else went wrong."""
    before = totals.failed
    report, status = result.report, result.status
    cases = list(ET.parse(report).getroot().iter("testcase")) if report and report.exists() else []
    for case in cases:
        _add_case(totals, result.name, case)
    if result.note:
        totals.fail(f"{result.name}: {result.note}")
    elif report and not report.exists():
        totals.fail(f"{result.name}: wrote no report (exit status {status})")
    elif report and not cases:
        totals.fail(f"{result.name}: no test ran")
    elif status and totals.failed == before:
        why = " although no test failed" if cases else ""
        totals.fail(f"{result.name}: ended with exit status {status}{why}")


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
        totals.reasons[skip.get("message") or "Odoo gives no reason"] += 1
    else:
        totals.fail(f"{title}: skipped without a written reason: {skip.get('message')!r}")


def add_up(results: Iterable[Result]) -> Totals:
    """Return the verdict over a whole run; a run without tests has not passed."""
    totals = Totals()
    for result in results:
        add_phase(totals, result)
    if not totals.passed and not totals.failed:
        totals.fail("no test ran")
    return totals
