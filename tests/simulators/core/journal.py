"""The journal: every call that reached the simulator, redacted, with what became of it."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from .clock import Clock
from .redaction import redact, redact_body

CONTROL_PREFIX = "/_sim"
_LIMIT = 50_000


@dataclass
class Entry:
    """One call. ``status`` stays null while it is held, and when no answer was given."""

    seq: int
    received_at: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    processed: bool = False
    replayed: bool = False
    fault: str | None = None
    status: int | None = None
    duration_ms: float | None = None
    started: float = field(default=0.0, repr=False)

    def as_json(self) -> dict[str, Any]:
        """The entry in the form of ``GET /_sim/requests``."""
        return {name: value for name, value in vars(self).items() if name != "started"}


class Journal:
    """Bounded list of calls, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=_LIMIT)
        self._count = 0

    async def open(self, request: web.Request) -> Entry:
        """Write down a call that has just arrived."""
        self._count += 1
        entry = Entry(
            seq=self._count,
            received_at=self._clock.iso(),
            method=request.method,
            path=request.path,
            query=redact(dict(request.query)),
            headers=redact(dict(request.headers)),
            body=redact_body(await request.read(), request.headers.get("Content-Type", "")),
            started=time.perf_counter(),
        )
        self._entries.append(entry)
        return entry

    def as_json(self, method: str | None, path: str | None) -> list[dict[str, Any]]:
        """Calls, oldest first; ``method`` and ``path`` (exact) narrow the list."""
        return [
            entry.as_json()
            for entry in self._entries
            if (not method or entry.method == method.upper()) and (not path or entry.path == path)
        ]

    def clear(self) -> None:
        """Forget everything (reset only)."""
        self._entries.clear()
        self._count = 0


def journal_middleware(journal: Journal) -> Any:
    """Middleware that journals every call except those of the control interface."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        entry = await journal.open(request)
        request["journal"] = entry
        response = await handler(request)
        entry.duration_ms = round((time.perf_counter() - entry.started) * 1000, 3)
        if not request.get("unanswered"):
            entry.status = response.status
        return response

    return middleware
