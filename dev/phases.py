"""The phases of test runs: what each needs, what runs beside what, and which run has which.

    python -m dev.phases all|pure|odoo|e2e|core|chaos|bench|ci|nightly|flaky [--stop-postgres]

``dev/test.sh`` prepares the machine and starts this. The addons' tests are two phases on two
clones of one template database; the browser tests are two phases by the sites that they work on
(marker ``own_site``). Figures of every run go to ``.odoo/reports/seconds-RUN.json`` and ``.txt``.

``ci`` is what has to hold before a change is taken in, on two cores, in at most 18 minutes. A later
issue may add one minute to it; whatever takes longer goes to ``nightly``.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from dev import busy, seconds, shares, test_summary
from dev.phase_runner import MINUTE, Phase, Result, Run

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("FUSION_HOME", ROOT / ".odoo"))
ADDONS = ("fusion_payment_common", "fusion_clover", "fusion_wex")
CORES = os.cpu_count() or 1
#: On how many clones of the template the addons' tests run.
CLONES = 2
#: Chaos, benchmarks and repetitions: a single test may be silent for long.
LONG = {"silence": 60 * MINUTE, "limit": 8 * 60 * MINUTE}
#: Servers under chaos, and tests that wait for a scheduler, leave half of a core to others.
LEISURELY = 0.5


def step(name: str, *arguments: str) -> tuple[str, ...]:
    """A step of ``dev/steps.sh``."""
    return ("dev/steps.sh", name, *arguments)


LINT = Phase("lint", ("dev/lint.sh",))
PURE = Phase("pure", step("pure"), tests=True)
BASE = Phase("template-base", step("base"))
SUITE = Phase("template-suite", step("suite"), needs=("template-base",))
DEMO = Phase("template-demo", step("demo"), needs=("template-base",))
TEMPLATES = (BASE, SUITE, DEMO)
WITH_SUITE, WITH_DEMO = ("template-suite",), ("template-demo",)
LIFECYCLE = Phase(
    "lifecycle", step("lifecycle"), needs=(*WITH_SUITE, *WITH_DEMO), tests=True,
    silence=60 * MINUTE,  # its results come together
)  # fmt: skip
CORE = Phase("core", step("core"), needs=WITH_SUITE, tests=True)
BROWSER = Phase("e2e", step("site", "e2e"), needs=WITH_DEMO, tests=True)
CHAOS = Phase("chaos", step("site", "chaos"), needs=WITH_DEMO, tests=True, cores=LEISURELY)
BENCH = replace(CHAOS, name="bench", command=step("site", "bench"), cores=float(CORES))


def odoo_phases(clones: int) -> tuple[Phase, ...]:
    """The addons' tests in as many phases as there are clones."""
    database = os.environ.get("DB", "fusion_test")
    parts = shares.split(shares.test_files(ROOT, ADDONS), clones, shares.expected_seconds())
    return tuple(
        Phase(
            "odoo" if clones == 1 else f"odoo-{number}",
            step("odoo", database if number == 1 else f"{database}_{number}", *files),
            needs=WITH_SUITE,
            tests=True,
        )
        for number, files in enumerate(parts, 1)
    )


def browser_phases() -> tuple[Phase, ...]:
    """The browser tests: those that share a site, and those that have sites of their own."""
    return (
        replace(BROWSER, name="e2e-shared", command=step("site", "e2e", "-m", "not own_site")),
        replace(BROWSER, name="e2e-own", command=step("site", "e2e", "-m", "own_site")),
    )


def ci_phases() -> tuple[Phase, ...]:
    """Everything; the longest first, so that the short ones fill what is left of the cores."""
    short_chaos = replace(CHAOS, environment={"RUNS": "6"})
    return (
        BASE, SUITE, DEMO, *odoo_phases(CLONES), *browser_phases(), short_chaos,
        PURE, LINT, LIFECYCLE,
    )  # fmt: skip


def nightly_phases() -> tuple[Phase, ...]:
    """What is too long for ``ci``; one after the other, as most of it measures or kills."""
    alone = {"cores": float(CORES), **LONG}
    phases = [replace(phase, **alone) for phase in (CHAOS, CORE, BENCH)]
    if re.search(r"^compose:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE):
        phases.append(Phase("compose", ("make", "compose"), **alone))
    database = {"DB": "fusion_coverage"}  # the lock of this run is on another
    phases.append(Phase("coverage", ("make", "coverage"), environment=database, **alone))
    return (*TEMPLATES, *phases, *flaky_phases())


def flaky_phases() -> tuple[Phase, ...]:
    """Whole browser runs, and what ever failed again and again, while busy loops take the cores.

    TIMES (5) is the number of browser runs; there are four times as many of the others.
    """
    times = int(os.environ.get("TIMES") or 5)
    alone = {"cores": float(CORES), **LONG}
    (odoo,) = odoo_phases(1)
    once_failed = (
        replace(BROWSER, name="killed", command=step("site", "e2e", "-k", busy.FAILED_IN_BROWSERS)),
        replace(PURE, command=(*PURE.command, "-k", busy.FAILED_IN_PURE)),
        replace(CHAOS, environment={"RUNS": "6"}),
        replace(odoo, name="odoo", command=(*odoo.command, "-k", busy.FAILED_IN_ODOO)),
    )
    repeated = [(BROWSER, times), *((phase, 4 * times) for phase in once_failed)]
    return tuple(
        replace(
            phase,
            name=f"busy-{phase.name}-{number}",
            command=(sys.executable, "-m", "dev.busy", *phase.command),
            **alone,
        )
        for phase, count in repeated
        for number in range(1, count + 1)
    )


def phases_of(run: str) -> tuple[Phase, ...]:
    """Return the phases of a run, in the order in which they are started if there is room."""
    chosen = bool(os.environ.get("ARGS"))
    odoo = odoo_phases(1 if chosen else CLONES)
    # Faults on an origin that is given would meet the tests of both phases.
    is_shared = bool(os.environ.get("CLOVER_ORIGIN") or os.environ.get("WEX_ORIGIN"))
    browsers = (BROWSER,) if chosen or is_shared else browser_phases()
    lifecycle = () if chosen else (LIFECYCLE,)
    runs: dict[str, Callable[[], Sequence[Phase]]] = {
        "pure": lambda: (PURE,),
        "odoo": lambda: (*TEMPLATES, *odoo, *lifecycle),
        "e2e": lambda: (*TEMPLATES, *browsers),
        "all": lambda: (*TEMPLATES, *odoo, *browsers, PURE, *lifecycle),
        "core": lambda: (*TEMPLATES, CORE),
        "chaos": lambda: (*TEMPLATES, replace(CHAOS, **LONG)),
        "bench": lambda: (*TEMPLATES, replace(BENCH, **LONG)),
        "ci": ci_phases,
        "nightly": nightly_phases,
        "flaky": lambda: (*TEMPLATES, *flaky_phases()),
    }
    return tuple(runs[run]())


def capacity() -> float:
    """How many cores may be kept busy together; phases wait for servers now and then."""
    return CORES + LEISURELY


def announce(result: Result) -> None:
    """Print how a phase ended."""
    counts = test_summary.add_up([result]).line() if result.report else ""
    verdict = f"  {result.note or f'exit status {result.status}'}" if result.status else ""
    print(f"  {result.name:<24}{result.seconds:>8.1f} s  {counts}{verdict}", flush=True)


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(argv: list[str]) -> int:
    """Run the phases of a run; return 0 when everything passed."""
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS)
    parser.add_argument("run")
    parser.add_argument("--stop-postgres", action="store_true")
    options = parser.parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    folder = HOME / "phases" / os.environ.get("DB", "fusion_test")
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    run = Run(
        phases_of(options.run), folder, cores=capacity(), live=bool(os.environ.get("ARGS")),
        ended=announce,
    )  # fmt: skip
    try:
        run.go()
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    finally:
        if options.stop_postgres:
            stop_postgres()
    found = seconds.figures(run.results, time.monotonic() - began)
    seconds.write(HOME / "reports", options.run, found)
    totals = test_summary.add_up(run.results)
    print("\n".join(totals.lines()))
    return int(totals.failed > 0)


def stop_postgres() -> None:
    """End the cluster that this run has started, unless somebody works with it by now."""
    script = str(ROOT / "dev" / "postgres.sh")
    tools, socket = (
        subprocess.run([script, *what], check=True, capture_output=True, text=True).stdout.strip()
        for what in (("bin",), ("url", "test"))
    )
    query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    psql = [f"{tools}/psql", "-qAt", "-h", socket, "-U", "odoo", "-d", "postgres", "-c", query]
    # the one that asks counts
    if subprocess.run(psql, check=True, capture_output=True, text=True).stdout.strip() == "1":
        subprocess.run([script, "stop", "test"], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
