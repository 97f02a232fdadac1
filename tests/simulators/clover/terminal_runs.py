"""Requests that wait for a customer: one on a device at a time, one effect per key."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import connect_errors as errors
from .devices import Activity, Device, Script
from .errors import CloverError

if TYPE_CHECKING:
    from .simulator import CloverSimulator

#: Seconds; "Make a sale", docs.clover.com: the device waits 300 at the most.
LONGEST_WAIT_S = 300


@dataclass(frozen=True)
class Wanted:
    """What is to be shown, and what to do with the customer's decision."""

    kind: str
    amount: int
    reference: str | None
    carry_out: Callable[[Script], dict[str, Any]]


@dataclass
class _Run:
    fingerprint: str
    task: asyncio.Task[dict[str, Any]]


class TerminalRuns:
    """Keeps what runs on devices apart from the connections of those who asked for it.

    A caller who hangs up, or whose device loses its link, does not end what is on the screen.
    """

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator
        self._runs: dict[tuple[str, str], _Run] = {}

    async def run(
        self,
        request: web.Request,
        merchant_id: str,
        device: Device,
        body: dict[str, Any],
        wanted: Wanted,
    ) -> dict[str, Any]:
        """Show it on the device, wait for the customer, answer; the same key replays.

        :raises CloverError: 209, 400, 409, 503 or 504.
        """
        key = request.headers.get("Idempotency-Key")
        if not key:
            raise errors.bad_request(
                "Request missing required header: Idempotency-Key", wanted.kind
            )
        slot = (merchant_id, key)
        fingerprint = _fingerprint(request, body)
        run = self._runs.get(slot)
        if run is not None and run.fingerprint != fingerprint:
            raise errors.ConnectError(409, "Idempotency key was used for another request")
        if run is not None and run.task.done():
            request["journal"].replayed = True
            return run.task.result()
        await self.reach(device)
        if run is not None or device.activity is not None:
            raise errors.conflict(self._sim.switches.resource_conflict_status)
        task = asyncio.create_task(self._show(request, device, wanted))
        self._runs[slot] = _Run(fingerprint, task)
        task.add_done_callback(lambda done: self._forget_unless_kept(slot, done))
        return await self._answer_of(task, device)

    async def reach(self, device: Device) -> None:
        """Fail as the cloud does when the device cannot be talked to.

        :raises CloverError: 501, 503 or 504.
        """
        if not device.runs_cloud_display:
            raise errors.ConnectError(501, "The device does not support this operation")
        action = device.script.action
        if action == "offline":
            raise errors.no_link(device.serial)
        if action == "asleep":
            await asyncio.sleep(self._sim.switches.asleep_answer_s)
            raise errors.no_answer()
        if action == "busy" or (device.needs_finish and self._sim.switches.strict_finish):
            raise errors.busy()

    def forget(self) -> None:
        """End everything (reset only)."""
        for run in self._runs.values():
            run.task.cancel()
        self._runs.clear()

    async def _answer_of(self, task: asyncio.Task[Any], device: Device) -> dict[str, Any]:
        lost = asyncio.ensure_future(device.link_lost.wait())
        try:
            await asyncio.wait({task, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
        if not task.done():
            raise errors.no_answer()
        return task.result()

    async def _show(self, request: web.Request, device: Device, wanted: Wanted) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        activity = Activity(
            wanted.kind, wanted.amount, self._sim.clock.now_ms(), wanted.reference,
            loop.create_future(),
        )  # fmt: skip
        device.activity = activity
        device.act_on(activity)
        try:
            script = await asyncio.wait_for(
                self._last_decision(activity, wanted), _longest_wait(request)
            )
        except TimeoutError:
            raise errors.no_answer() from None
        finally:
            device.activity = None
        if script.action == "cancel":
            raise errors.cancelled(wanted.kind, self._sim.switches.replay_cancels)
        device.needs_finish, device.screen = True, "spinner"
        return wanted.carry_out(script)

    async def _last_decision(self, activity: Activity, wanted: Wanted) -> Script:
        """What the customer ends it with; a declined card may be followed by another one."""
        while True:
            script = await activity.decision
            if script.action != "decline" or not script.retry:
                return script
            wanted.carry_out(script)
            activity.decision = asyncio.get_running_loop().create_future()

    def _forget_unless_kept(self, slot: tuple[str, str], task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            self._runs.pop(slot, None)
            return
        error = task.exception()
        if error is not None and not (isinstance(error, CloverError) and error.keeps_key):
            self._runs.pop(slot, None)


def _longest_wait(request: web.Request) -> float:
    text = request.headers.get("X-Clover-Timeout", "")
    if text and (not text.isdigit() or int(text) > LONGEST_WAIT_S):
        raise errors.bad_request("X-Clover-Timeout must be between 0 and 300")
    return float(text or 0) or LONGEST_WAIT_S


def _fingerprint(request: web.Request, body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{request.path} {canonical}".encode()).hexdigest()
