"""Processes of an outbox run: the receiver, and Odoo servers that deliver."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.e2e.support.settings import LOGS, ROOT, Settings

START_TIMEOUT = 90.0


class Receiver:
    """The receiver's process, asked over HTTP."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def stats(self) -> dict[str, int]:
        """``arrivals``, ``effects`` (distinct ids) and ``acknowledged``."""
        return self._get("/stats")

    def attempts(self) -> dict[str, list[int]]:
        """The attempt numbers that arrived, by delivery id."""
        return self._get("/ids")

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.origin + path, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def receiving(*options: str) -> Iterator[Receiver]:
    """Run a receiver while the block lasts.

    :raises RuntimeError: it did not start.
    """
    command = [sys.executable, "-m", "tests.outbox.receiver", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        readable, _, _ = select.select([process.stdout], [], [], 30)
        line = process.stdout.readline() if readable else ""
        if "ready on " not in line:
            raise RuntimeError(f"the receiver did not start: {line!r}")
        yield Receiver(line.split()[-1])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Worker:
    """One Odoo host: a scheduler and, when it has a port, pages. Killed and started at will."""

    def __init__(
        self,
        settings: Settings,
        database: str,
        name: str,
        *,
        pages: bool = False,
        prefork: bool = False,
    ) -> None:
        self._settings = settings
        self._is_prefork = prefork
        self._database = database
        self.port = free_port() if pages else 0
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log_path = LOGS / f"{database}-{name}.log"
        self.log_path.write_text("")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; see :meth:`wait_until_ready`."""
        command = [
            str(self._settings.odoo_bin), "server", "-c", str(self._settings.odoo_conf),
            "-d", self._database, f"--db-filter=^{self._database}$",
            f"--workers={int(self._is_prefork)}", "--max-cron-threads=1",
            "--db_maxconn=20", "--log-level=warn",
        ]  # fmt: skip
        if self.port:
            command += ["--http-interface=127.0.0.1", f"--http-port={self.port}"]
        else:
            command += ["--no-http"]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """SIGKILL: nothing gets to say bye."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self, timeout: float = 30.0) -> int:
        """End it in an orderly way; return its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self.process = None

    def log(self) -> str:
        """Everything it has logged at level warning and above."""
        return self.log_path.read_text(errors="replace")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def run_in_odoo(settings: Settings, database: str, script: str, **values: Any) -> Any:
    """Run ``script`` in ``odoo shell``; its variables are ``values``, its result ``result``.

    :raises RuntimeError: it failed, with what it printed.
    """
    marker = "fusion-result:"
    program = (
        f"import json as _json\nglobals().update(_json.loads({json.dumps(values)!r}))\n{script}\n"
        f"env.cr.commit()\nprint('{marker}' + _json.dumps(result))\n"
    )
    command = [
        str(settings.odoo_bin), "shell", "-c", str(settings.odoo_conf), "-d", database,
        "--no-http", "--log-level=error",
    ]  # fmt: skip
    done = subprocess.run(
        command, input=program, capture_output=True, text=True, timeout=570, check=False
    )
    for line in done.stdout.splitlines():
        if line.startswith(marker):
            return json.loads(line.removeprefix(marker))
    raise RuntimeError(f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def until(condition: Any, timeout: float, pause: float = 0.2) -> bool:
    """Whether ``condition()`` became true within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(pause)  # between two looks, not instead of one
    return bool(condition())
