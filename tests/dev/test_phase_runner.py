"""Phases beside each other: their order, their limits, and what is told of them."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from dev.phase_runner import CUT_OFF, NOT_RUN, Phase, Run

from .conftest import ROOT


def run(folder, *phases, cores=2.0):
    return {result.name: result for result in Run(phases, folder, cores=cores).go()}


def shell(name, script, **options):
    return Phase(name, ("bash", "-c", script), **options)


def test_what_fits_runs_beside_each_other_and_what_does_not_waits(tmp_path):
    # the first two can only end when both have begun
    meet = "touch {mine}; until [ -e {other} ]; do sleep 0.02; done"
    found = run(
        tmp_path,
        shell("one", meet.format(mine=tmp_path / "1", other=tmp_path / "2"), limit=30),
        shell("two", meet.format(mine=tmp_path / "2", other=tmp_path / "1"), limit=30),
        shell("three", "true"),
    )
    assert [result.status for result in found.values()] == [0, 0, 0]
    assert found["three"].began >= min(found["one"].seconds, found["two"].seconds)


def test_a_phase_waits_for_what_it_needs_and_is_not_run_when_that_failed(tmp_path):
    found = run(
        tmp_path,
        shell("late", "true", needs=("early",)),
        shell("never", "touch ran", needs=("broken",), tests=True),
        shell("nor", "touch ran", needs=("never",)),
        shell("early", "sleep 0.3"),
        shell("broken", "exit 3"),
        shell("alone", "true", needs=("not in this run",)),
    )
    assert found["late"].began >= found["early"].began + 0.3
    assert (found["never"].status, found["never"].note) == (
        NOT_RUN, "did not run: broken failed"
    )  # fmt: skip
    assert found["nor"].note == "did not run: never failed"
    assert found["alone"].status == 0
    assert not (ROOT / "ran").exists()


def test_a_phase_larger_than_the_machine_runs_alone(tmp_path):
    found = run(tmp_path, shell("huge", "sleep 0.3", cores=9.0), shell("small", "true"))
    assert found["small"].began >= 0.3


def test_a_failed_phase_shows_its_output_and_a_good_one_does_not(tmp_path, capsys):
    run(tmp_path, shell("good", "echo silver"), shell("bad", "echo gold >&2; exit 1"))
    output = capsys.readouterr().out
    assert "| gold" in output
    assert "silver" not in output
    assert (tmp_path / "good.log").read_text() == "silver\n"


def test_a_test_that_hangs_is_cut_off_and_named_and_the_others_are_counted(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import time\ndef test_good(): pass\ndef test_hangs(): time.sleep(60)\n"
    )
    command = (
        sys.executable, "-m", "pytest", "-q", "-p", "no:odoo", "-p", "dev.pytest_progress",
        "-p", "no:cacheprovider", f"--junitxml={tmp_path}/slow.xml", f"{tmp_path}/test_it.py",
    )  # fmt: skip
    found = run(tmp_path, Phase("slow", command, tests=True, silence=5))["slow"]
    assert found.status == CUT_OFF
    assert "without progress, in test " in found.note
    assert found.note.endswith("test_it.py::test_hangs")
    assert found.seconds < 40
    assert 'name="test_good"' in found.report.read_text()


def test_a_phase_that_goes_on_and_on_is_never_too_long_for_its_machine(tmp_path):
    script = 'for i in 1 2 3 4 5 6 7; do echo "begins $i" >>"$FUSION_PROGRESS"; sleep 0.5; done'
    found = run(tmp_path, shell("slow", script, tests=True, silence=2))
    assert found["slow"].status == 0
    assert found["slow"].seconds > 3


def test_a_phase_that_never_ends_is_cut_off_at_its_limit(tmp_path):
    found = run(tmp_path, shell("endless", "while true; do echo x; sleep 0.1; done", limit=1))
    assert found["endless"].status == CUT_OFF
    assert "the limit of this phase" in found["endless"].note


def test_processor_time_is_measured(tmp_path):
    script = "import time\nwhile time.process_time() < 0.5: pass"
    found = run(tmp_path, Phase("busy", (sys.executable, "-c", script)), shell("idle", "sleep 0.5"))
    assert found["busy"].cpu >= 0.5
    assert found["idle"].cpu < 0.3


def test_an_interrupted_run_leaves_nothing_behind(tmp_path):
    pid = tmp_path / "pid"

    def interrupt():
        while not pid.exists() or not pid.read_text().strip():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, shell("left", f"echo $$ > {pid}; exec sleep 60"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_busy_loops_go_when_the_command_has_ended(tmp_path):
    command = [sys.executable, "-m", "dev.busy", "bash", "-c", "pgrep -P $PPID -f while; exit 7"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "LOAD": "2"}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 7
    loops = done.stdout.split()
    assert len(loops) >= 2
    for loop in loops:
        with pytest.raises(ProcessLookupError):
            os.kill(int(loop), 0)
