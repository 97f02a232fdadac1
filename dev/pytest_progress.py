"""A pytest plugin that says which test runs, for whoever watches the process from outside.

Used by the phases of a test run (``-p dev.pytest_progress``); without ``FUSION_PROGRESS`` in the
environment it does nothing. The file gets one line when a test begins and one when it is over, so
that its age is the time since anything happened. It is there when a process that hangs is not
able to write its report any more.
"""

import os
from pathlib import Path

BEGINS, ENDS = "begins", "ends"
FILE = "FUSION_PROGRESS"


def _note(event: str, test: str) -> None:
    path = os.environ.get(FILE)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{event} {test}\n")


def pytest_runtest_logstart(nodeid: str) -> None:
    """Note that a test begins."""
    _note(BEGINS, nodeid)


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Note that a test is over, its fixtures included."""
    _note(ENDS, nodeid)


def running_test(path: Path) -> str | None:
    """Return the test that has begun and is not over; ``None`` between tests and before them."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    event, _, test = lines[-1].partition(" ") if lines else (ENDS, "", "")
    return test if event == BEGINS else None
