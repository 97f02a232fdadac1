"""A real Odoo server process: prefork, two workers and a scheduler, as in production."""

import base64
import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import requests

from .settings import LOGS, Settings

#: Seconds for a start on a busy machine.
START_TIMEOUT = 90.0
#: The signal that ends a server with us is sent when the *thread* that started it ends: all are
#: started by one that lives as long as this process.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="server-starter")


class OdooServer:
    """Started, killed and restarted on the same ports; its log grows over all its lives."""

    def __init__(self, settings: Settings, database: str) -> None:
        self._settings = settings
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None
        #: Further options, from the next start on.
        self.options: list[str] = []
        #: Of all its lives: what one encrypted, the next one opens.
        self._vault_key = base64.urlsafe_b64encode(os.urandom(32)).decode()
        self.http_port, self.websocket_port = free_ports(2)
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log_path: Path = LOGS / f"{database}.log"
        self.log_path.write_text("")

    def start(self) -> None:
        """Start and wait until it serves.

        :raises RuntimeError: it ended by itself or does not answer, with the end of its log.
        """
        command = [
            # It must not outlive the tests, however they end.
            "setpriv", "--pdeathsig", "TERM",
            str(self._settings.odoo_bin), "server", "-c", str(self._settings.odoo_conf),
            # Without a filter, which would have each request without a session list all databases.
            "-d", self._database,
            "--workers=2", "--max-cron-threads=1", "--http-interface=127.0.0.1",
            f"--http-port={self.http_port}", f"--gevent-port={self.websocket_port}",
            "--log-level=info",
            *self.options,
        ]  # fmt: skip
        with self.log_path.open("ab") as log:
            # A session of its own: the whole process group can be killed at once.
            self._process = _STARTER.submit(
                subprocess.Popen, command,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={"FUSION_VAULT_KEYS": self._vault_key, **os.environ},
            ).result()  # fmt: skip
        self._wait_until_it_serves()

    @property
    def pid(self) -> int:
        """The process that the workers are children of; it has to run."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL the whole process group: master, workers, scheduler, nothing gets to say bye."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def kill_workers(self, kind: str) -> None:
        """SIGKILL some processes; the master starts others in their place, unless it is killed.

        :param kind: ``web``, ``cron`` (the scheduler, which makes the long calls), or ``all``.
        """
        if kind == "all" or self._process is None:
            self.kill()
            return
        master = psutil.Process(self._process.pid)
        # Odoo makes its scheduler nicer than the others; the websockets' process has a command
        # line of its own.
        for worker in master.children():
            if "gevent" in worker.cmdline():
                continue
            if (worker.nice() > master.nice()) == (kind == "cron"):
                worker.kill()

    def cpu_seconds(self) -> float:
        """Processor time that its processes have used so far, whatever else the machine does."""
        assert self._process is not None, "it does not run"
        master = psutil.Process(self._process.pid)
        times = [process.cpu_times() for process in (master, *master.children())]
        return sum(time.user + time.system for time in times)

    def stop(self, timeout: float = 20.0) -> None:
        """End it in an orderly way if it runs; insist after ``timeout`` seconds."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def log(self) -> str:
        """Everything it has logged so far."""
        return self.log_path.read_text(errors="replace")

    def _wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        url = f"http://127.0.0.1:{self.http_port}/web/health"
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline and self._process.poll() is None:
                try:
                    if session.get(url, timeout=10).status_code == 200:
                        return
                except requests.RequestException:
                    time.sleep(0.1)  # not listening yet: ask again shortly
        raise RuntimeError(f"Odoo did not start:\n{self.log()[-3000:]}")


def free_ports(count: int) -> list[int]:
    """Ports that nobody has at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for opened in sockets:
        opened.bind(("127.0.0.1", 0))
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
