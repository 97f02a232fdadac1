"""`make stop` ends what `make demo` started, and nothing else."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def stranger():
    """A process that the demo did not start."""
    process = subprocess.Popen(["/bin/sleep", "600"])
    yield process
    process.kill()
    process.wait()


def start_time(pid: int) -> str:
    """Return the kernel's start time of a process (field 22 of /proc/PID/stat)."""
    return _stat(pid)[19]


def has_ended(pid: int) -> bool:
    """Return whether a process is gone, or waits only for its parent to notice that it ended."""
    try:
        return _stat(pid)[0] == "Z"
    except FileNotFoundError:
        return True


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def test_stop_ends_a_service_that_the_demo_started(shell):
    started = shell.functions('start_service napper 4711 /bin/sleep 600; cat "$RUN_DIR/napper.pid"')
    pid, when, port = started.stdout.split()
    assert (when, port) == (start_time(int(pid)), "4711")
    stopped = shell.run("dev/stop.sh")
    assert stopped.stdout == "  stopped napper\n"
    assert stopped.returncode == 0
    assert has_ended(int(pid))
    assert list((shell.home / "run").iterdir()) == []


def test_stop_leaves_a_process_alone_that_got_the_same_number_later(shell, stranger):
    (shell.home / "run").mkdir()
    file = shell.home / "run" / "odoo.pid"
    file.write_text(f"{stranger.pid} {int(start_time(stranger.pid)) - 1} 8069\n")
    stopped = shell.run("dev/stop.sh")
    assert (stopped.returncode, stopped.stdout) == (0, "")
    assert stranger.poll() is None
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "4194304 1 8069\n", "{pid}\n"])
def test_stop_survives_a_file_that_says_nothing_useful(shell, stranger, content):
    (shell.home / "run").mkdir()
    (shell.home / "run" / "odoo.pid").write_text(content.format(pid=stranger.pid))
    assert shell.run("dev/stop.sh").returncode == 0
    assert stranger.poll() is None


def test_stop_twice_is_no_error(shell):
    assert shell.run("dev/stop.sh").returncode == 0
    assert shell.run("dev/stop.sh").returncode == 0


def test_a_service_that_ends_by_itself_is_reported_with_its_last_words(shell):
    # a finished bootstrap's interpreter polls the URL: any command that fails stands for it
    (shell.home / "venv" / "bin").mkdir(parents=True)
    (shell.home / "venv" / "bin" / "python").symlink_to("/bin/false")
    result = shell.functions(
        "start_service brief 4712 /bin/sh -c 'echo cannot listen; exit 3'\n"
        "wait_for brief http://127.0.0.1:4712/ 30"
    )
    assert result.returncode == 1
    assert "cannot listen" in result.stderr
    assert "brief ended by itself" in result.stderr
