"""Run phases beside each other on the cores that are there, and watch that they get on.

A phase is a command. It starts when what it needs has passed and cores are free, in the order of
the list; its output goes to a log, which is shown when it fails. It is cut off when nothing
happened in it for a while: a slow or busy machine takes longer and fails nothing.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.pytest_progress import FILE, running_test

MINUTE = 60.0
#: Seconds between two looks at the processes.
LOOK_EVERY = 0.2
#: Seconds that a phase has to write its report once it was told to end.
LAST_WORDS = 30.0
#: Lines of the log of a failed phase that are shown.
SHOWN_LINES = 300
CUT_OFF = 124
NOT_RUN = 125


@dataclass(frozen=True)
class Phase:
    """A command, and how it goes together with others.

    :param needs: names of phases that must have passed; those that are not in the run are no need.
    :param cores: how many it keeps busy on average; 2 leaves no room for others on two cores.
    :param tests: whether it runs pytest or writes a JUnit report in another way.
    :param silence: seconds without a test that begins or ends after which it counts as hanging.
    :param limit: seconds in all; generous, for what goes on for ever or has no tests.
    """

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    cores: float = 1.0
    tests: bool = False
    silence: float = 15 * MINUTE
    limit: float = 90 * MINUTE
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Result:
    """How a phase ended. ``note`` says why it was cut off or never ran.

    ``seconds`` are those of a clock, ``cpu`` those of processors, of the phase's own processes:
    not of PostgreSQL, nor of servers that were killed.
    """

    name: str
    status: int
    report: Path | None = None
    note: str = ""
    began: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0


class _Running:
    """A phase at work."""

    def __init__(self, phase: Phase, folder: Path, *, live: bool) -> None:
        self.phase = phase
        self.log = folder / f"{phase.name}.log"
        self.report = folder / f"{phase.name}.xml" if phase.tests else None
        self.note = ""
        self._progress = folder / f"{phase.name}.progress"
        self._told_at: float | None = None
        self.began = time.monotonic()
        self._began_at = time.time()
        environment = {**os.environ, **phase.environment, FILE: str(self._progress)}
        if self.report:
            environment["FUSION_JUNIT"] = str(self.report)
        # A person who looks on may type (a debugger); everything else has a group of its own,
        # which can be ended as a whole.
        self.live = live and phase.tests
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                phase.command,
                env=environment,
                stdin=None if self.live else subprocess.DEVNULL,
                stdout=None if self.live else log,
                stderr=None if self.live else subprocess.STDOUT,
                process_group=None if self.live else 0,
            )

    def ended(self) -> Result | None:
        """Return how it ended, ``None`` as long as it runs."""
        pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
        if not pid:
            return None
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Result(
            self.phase.name,
            CUT_OFF if self.note else self._process.returncode,
            self.report,
            self.note,
            seconds=time.monotonic() - self.began,
            cpu=usage.ru_utime + usage.ru_stime,
        )

    def watch(self) -> None:
        """Cut it off when it hangs; insist when it does not end then."""
        now = time.monotonic()
        if self._told_at is not None:
            if now - self._told_at > LAST_WORDS:
                self._kill()
            return
        silent, total = self._silent_for(), now - self.began
        if silent > self.phase.silence:
            self._cut_off(f"after {total:.0f} s, {silent:.0f} s without progress")
        elif total > self.phase.limit:
            self._cut_off(f"after {total:.0f} s, the limit of this phase")

    def end(self) -> None:
        """Have it end because everything ends; Ctrl-C at the terminal has told a live one."""
        if self._told_at is None:
            self._told_at = time.monotonic()
            if not self.live:
                self._ask()

    def _ask(self) -> None:
        """Ask it to end, as Ctrl-C does; pytest alone, which then ends its servers and browsers."""
        # not Popen's own methods: they might take the exit status that ended() waits for
        if self.live or self.phase.tests:
            os.kill(self._process.pid, signal.SIGINT)
        else:
            os.killpg(self._process.pid, signal.SIGINT)

    def _kill(self) -> None:
        if self.live:
            os.kill(self._process.pid, signal.SIGKILL)
        else:
            os.killpg(self._process.pid, signal.SIGKILL)

    def _cut_off(self, why: str) -> None:
        test = running_test(self._progress)
        self.note = f"cut off {why}{f', in test {test}' if test else ''}"
        self._told_at = time.monotonic()
        self._ask()

    def _silent_for(self) -> float:
        if not self.phase.tests:
            return 0.0
        exists = self._progress.exists()
        return time.time() - (self._progress.stat().st_mtime if exists else self._began_at)


class Run:
    """Phases that are run together.

    :param folder: for logs and reports; what another run left there is overwritten.
    :param cores: how many phases may keep busy together.
    :param live: whether phases with tests speak to the terminal, not to a log.
    :param ended: called with each result as it comes.
    """

    def __init__(
        self,
        phases: Sequence[Phase],
        folder: Path,
        *,
        cores: float,
        live: bool = False,
        ended: Callable[[Result], None] = lambda result: None,
    ) -> None:
        self._waiting = list(phases)
        self._folder = folder
        self._cores = cores
        self._live = live
        self._ended = ended
        self._names = {phase.name for phase in phases}
        self._running: list[_Running] = []
        self.results: list[Result] = []
        self._began = time.monotonic()

    def go(self) -> list[Result]:
        """Run everything; whatever interrupts this ends the phases first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            while self._waiting or self._running:
                self._drop_hopeless()
                self._start_what_fits()
                self._look()
                time.sleep(LOOK_EVERY)
        finally:
            self._end_all()
        return self.results

    def _drop_hopeless(self) -> None:
        failed = {result.name for result in self.results if result.status}
        for phase in list(self._waiting):
            missing = failed.intersection(phase.needs)
            if missing:
                self._waiting.remove(phase)
                report = self._folder / f"{phase.name}.xml" if phase.tests else None
                note = f"did not run: {', '.join(sorted(missing))} failed"
                self._keep(Result(phase.name, NOT_RUN, report, note))

    def _start_what_fits(self) -> None:
        passed = {result.name for result in self.results if not result.status}
        for phase in list(self._waiting):
            free = self._cores - sum(other.phase.cores for other in self._running)
            ready = passed.issuperset(self._names.intersection(phase.needs))
            if ready and (phase.cores <= free or not self._running):
                self._waiting.remove(phase)
                self._running.append(_Running(phase, self._folder, live=self._live))

    def _look(self) -> None:
        for running in list(self._running):
            running.watch()
            result = running.ended()
            if result:
                self._running.remove(running)
                result.began = running.began - self._began
                self._keep(result)
                if result.status and not running.live:
                    show(running.log)

    def _keep(self, result: Result) -> None:
        self.results.append(result)
        self._ended(result)

    def _end_all(self) -> None:
        for running in self._running:
            running.end()
        while self._running:
            for running in list(self._running):
                running.watch()
                if running.ended():
                    self._running.remove(running)
            time.sleep(LOOK_EVERY)


def show(log: Path) -> None:
    """Print the end of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if len(lines) > SHOWN_LINES:
        print(f"    ... {len(lines) - SHOWN_LINES} lines before in {log}")
    for line in lines[-SHOWN_LINES:]:
        print(f"    | {line}")
