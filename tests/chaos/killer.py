"""Kills a whole Odoo server at random moments and starts it again."""

import random
import threading

from tests.e2e.support.server import OdooServer

#: Seconds from the beginning to the first kill: shortest and longest.
FIRST = (0.5, 2.0)


class Killer:
    """While the block lasts: SIGKILL of every process of the server, a restart, a pause, again.

    :param pauses: shortest and longest time between a restart and the next kill, in seconds; the
        first kill comes within ``FIRST`` seconds, so that a short run has one, too.
    """

    def __init__(self, server: OdooServer, seed: int, pauses: tuple[float, float]) -> None:
        self.kills = 0
        self._server = server
        self._dice = random.Random(seed)
        self._pauses = pauses
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._enough.set()
        self._thread.join()

    def _run(self) -> None:
        pauses = FIRST
        while not self._enough.wait(self._dice.uniform(*pauses)):
            self._server.kill()
            self._server.start()
            self.kills += 1
            pauses = self._pauses
