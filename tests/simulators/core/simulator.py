"""The base of every simulator: its parts, its reset and its application."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from .clock import Clock
from .control import Control
from .faults import FaultDial
from .held import HeldRequests
from .journal import Journal, journal_middleware
from .ledger import Ledger
from .misbehaviour import Misbehaviour
from .stranger import contract_only
from .switches import changed

_MAX_BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class NoSwitches:
    """A simulator with nothing to switch."""


class Simulator:
    """Subclasses give ``name``, ``Switches``, routes, state and the wording of errors.

    ``STRANGER`` is what a simulator is like that somebody else wrote; see :meth:`be_a_stranger`.
    """

    name = ""
    Switches: type[Any] = NoSwitches
    STRANGER: Mapping[str, Any] = {}

    def __init__(self, seed: int = 0) -> None:
        self.clock = Clock()
        self.ledger = Ledger(self.clock)
        self.journal = Journal(self.clock)
        self.dial = FaultDial(seed)
        self.held = HeldRequests()
        self.switches = self.Switches()
        self.is_stranger = False
        self.clear_state()

    def clear_state(self, *, keep: frozenset[str] = frozenset()) -> None:
        """Forget what the provider knows, except the parts named in ``keep``."""

    def add_routes(self, app: web.Application) -> None:
        """Add the provider's routes, and control routes of its own if any."""

    def middlewares(self) -> list[Any]:
        """Middlewares of the provider, run inside the journal and the fault dial."""
        return []

    def error_answer(self, status: int) -> web.Response:
        """An error as the provider words it."""
        return web.json_response({"message": str(status)}, status=status)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Set switches.

        :raises SwitchError: nothing was changed.
        """
        self.switches = changed(self.switches, changes)

    def be_a_stranger(self) -> None:
        """Go by other names and offer nothing beyond the contract, until the process ends."""
        self.is_stranger = True
        self.configure(self.STRANGER)

    def reset(
        self, changes: Mapping[str, Any], *, seed: int = 0, keep: frozenset[str] = frozenset()
    ) -> None:
        """Back to the beginning, then set switches; withheld calls end without an answer.

        :raises SwitchError: nothing was changed.
        """
        beginning = self.STRANGER if self.is_stranger else {}
        self.switches = changed(self.Switches(), {**beginning, **changes})
        self.held.drop()
        self.dial.clear()
        self.dial.seed(seed)
        self.journal.clear()
        self.ledger.clear()
        self.clock.offset_s = 0.0
        self.clear_state(keep=keep)

    def application(self) -> web.Application:
        """The aiohttp application that serves the provider and the control interface."""
        misbehaviour = Misbehaviour(self.dial, self.held, self.error_answer)
        app = web.Application(
            client_max_size=_MAX_BODY_BYTES,
            middlewares=[
                *([contract_only] if self.is_stranger else []),
                journal_middleware(self.journal),
                misbehaviour.middleware(),
                *self.middlewares(),
            ],
        )
        Control(self).add_routes(app)
        self.add_routes(app)
        return app
