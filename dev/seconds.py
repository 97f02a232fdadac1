"""Where the time of a run went: ``seconds-RUN.json`` for programs, ``.txt`` for people."""

import json
import os
import platform
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from dev.phase_runner import Result
from dev.shares import key

#: So many of the slowest tests are named.
SLOWEST = 30


def figures(results: Iterable[Result], total: float) -> dict[str, Any]:
    """Return the seconds of all phases, of the slowest tests and of the addons' files.

    :param total: seconds of the whole run.
    """
    results = sorted(results, key=lambda result: result.began)
    tests: list[dict[str, Any]] = []
    files: Counter[str] = Counter()
    for result in results:
        for case in _cases(result):
            spent = float(case.get("time") or 0)
            title = f"{case.get('classname', '')}::{case.get('name', '')}"
            tests.append({"seconds": round(spent, 1), "phase": result.name, "test": title})
            if result.name.startswith("odoo") and case.get("file"):
                files[key(case.get("file", ""))] += spent
    return {
        "ended_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{os.cpu_count()} CPUs, {platform.machine()}",
        "load": [round(load, 1) for load in os.getloadavg()],
        "seconds": round(total, 1),
        "phases": [_phase(result) for result in results],
        "slowest": sorted(tests, key=lambda test: -test["seconds"])[:SLOWEST],
        "files": {name: round(spent, 1) for name, spent in sorted(files.items())},
    }


def write(folder: Path, run: str, found: dict[str, Any]) -> None:
    """Write both reports of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (folder / f"seconds-{run}.json").write_text(text, encoding="utf-8")
    (folder / f"seconds-{run}.txt").write_text(_text(run, found), encoding="utf-8")


def _cases(result: Result) -> list[ET.Element]:
    if not result.report or not result.report.exists():
        return []
    return list(ET.parse(result.report).getroot().iter("testcase"))


def _phase(result: Result) -> dict[str, Any]:
    return {
        "phase": result.name,
        "began": round(result.began, 1),
        "seconds": round(result.seconds, 1),
        "cpu_seconds": round(result.cpu, 1),
        "tests": len(_cases(result)),
        "status": result.status,
    }


def _text(run: str, found: dict[str, Any]) -> str:
    lines = [
        f"{run}: {found['seconds']:.0f} s, {found['machine']}, load {found['load']}, "
        f"{found['ended_at']}",
        "",
        f"{'phase':<24}{'began':>8}{'seconds':>9}{'CPU':>8}{'tests':>7}  exit",
    ]
    lines += [
        f"{phase['phase']:<24}{phase['began']:>8.0f}{phase['seconds']:>9.1f}"
        f"{phase['cpu_seconds']:>8.1f}{phase['tests']:>7}  {phase['status']}"
        for phase in found["phases"]
    ]
    lines += ["", f"slowest {len(found['slowest'])} tests"]
    lines += [
        f"{test['seconds']:>8.1f}  {test['phase']:<12} {test['test']}" for test in found["slowest"]
    ]
    return "\n".join(lines) + "\n"
