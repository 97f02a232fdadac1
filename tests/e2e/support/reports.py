"""What chaos and benchmarks leave behind: one report of each run, and one of each test."""

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from .settings import HOME

DIRECTORY = Path(os.environ.get("FUSION_REPORTS", HOME / "reports"))


def goal(figure: float, *, at_least: float) -> dict[str, Any]:
    """A figure beside its goal. A goal that is missed is marked, and no test fails for it: how
    fast a machine is says nothing about whether the program is right."""
    return {"figure": round(figure, 2), "goal": at_least, "missed": figure < at_least}


class RunReport:
    """``KIND.json``: everything that one run of ``make KIND`` found out, test by test."""

    def __init__(self, kind: str, seed: int) -> None:
        self._kind = kind
        self._run: dict[str, Any] = {
            "began_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seed": seed,
            "machine": f"{os.cpu_count()} CPUs, {platform.machine()}, Python "
            f"{platform.python_version()}",
            "tests": {},
        }

    def add(self, test: str, figures: dict[str, Any]) -> str:
        """Keep what a test found out, however it ended; returns the same to be printed."""
        self._run["tests"][test] = figures
        DIRECTORY.mkdir(parents=True, exist_ok=True)
        self._write(f"{self._kind}-{test}.json", figures)
        self._write(f"{self._kind}.json", self._run)
        missed = [
            f"GOAL MISSED: {name}: {figure['figure']}, goal {figure['goal']}"
            for name, figure in figures.get("goals", {}).items()
            if figure["missed"]
        ]
        return "\n".join(["", f"{test}: {json.dumps(figures, indent=2)}", *missed])

    def _write(self, name: str, content: dict[str, Any]) -> None:
        (DIRECTORY / name).write_text(json.dumps(content, indent=2) + "\n")
