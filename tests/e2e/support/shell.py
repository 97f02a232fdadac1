"""Odoo processes without a web server: each has its own registry and runs a script of the test."""

import json
import os
import signal
import subprocess
from typing import Any

from .settings import LOGS, Settings

_PROLOGUE = """
import json, os, sys
def tell(**facts):
    print("TOLD " + json.dumps(facts), flush=True)
def wait_for_go():
    tell(ready=True)
    os.read({go}, 1)
"""


class Go:
    """A starting signal for many processes: whoever waits is released when the block ends it."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    def give(self) -> None:
        """Release all at once: their reads see the end of the pipe."""
        os.close(self._writer)
        os.close(self.reader)


class OdooShell:
    """An Odoo process that runs a script; the script has ``env``, ``tell`` and ``wait_for_go``."""

    def __init__(
        self, settings: Settings, database: str, script: str, go: Go, *options: str
    ) -> None:
        command = [
            str(settings.odoo_bin), "shell", "-c", str(settings.odoo_conf), "-d", database,
            "--log-level=warn", *options,
        ]  # fmt: skip
        LOGS.mkdir(parents=True, exist_ok=True)
        with (LOGS / f"{database}_shell.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[go.reader],
                start_new_session=True,
                text=True,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(_PROLOGUE.format(go=go.reader) + script)
        self._process.stdin.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def told(self) -> dict[str, Any]:
        """The next thing the script tells.

        :raises AssertionError: it ended without telling anything more.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "TOLD " in line:
                return json.loads(line.partition("TOLD ")[2])
        raise AssertionError("the script ended early; see the log of the shell")

    def kill(self) -> None:
        """SIGKILL: it gets to do nothing more."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """Wait until it is over."""
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()
