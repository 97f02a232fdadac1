"""Calls whose answer is being withheld by a timeout fault."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class _Held:
    request: web.Request
    fault: str
    outcome: asyncio.Future[bool] = field(repr=False)

    def connected(self) -> bool:
        transport = self.request.transport
        return transport is not None and not transport.is_closing()


class HeldRequests:
    """Registry of withheld calls; a caller that hung up is no longer counted."""

    def __init__(self) -> None:
        self._held: list[_Held] = []

    async def hold(self, request: web.Request, fault: str, delay_s: float) -> bool:
        """Withhold the answer for up to ``delay_s`` seconds.

        :return: True when it was released while the caller was still there, so that it is to be
            answered; False when the time ran out, the caller is gone or all were dropped.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        entry = _Held(request, fault, future)
        self._held.append(entry)
        try:
            return await asyncio.wait_for(future, delay_s) and entry.connected()
        except TimeoutError:
            return False
        finally:
            self._held.remove(entry)

    def release(self) -> int:
        """Let every withheld call be answered; returns how many callers were still there."""
        return self._finish(answer=True)

    def drop(self) -> int:
        """Close every withheld call without an answer; returns how many callers were there."""
        return self._finish(answer=False)

    def _finish(self, *, answer: bool) -> int:
        count = 0
        for entry in self._held:
            if not entry.outcome.done():
                count += entry.connected()
                entry.outcome.set_result(answer)
        return count

    def as_json(self) -> dict[str, Any]:
        """How many callers are waiting, and for what."""
        waiting = [
            {"method": e.request.method, "path": e.request.path, "fault": e.fault}
            for e in self._held
            if e.connected() and not e.outcome.done()
        ]
        return {"held": len(waiting), "requests": waiting}
