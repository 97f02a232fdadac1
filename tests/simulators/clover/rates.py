"""Rate limits (docs page "api-usage-rate-limits"), off unless switched on."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from ..core.clock import Clock
from ..core.journal import CONTROL_PREFIX
from .errors import bare
from .switches import CloverSwitches

_LIMITED = ("/v1/", "/v3/", "/pakms/", "/connect/")
_WINDOW_S = 1.0


class RateLimiter:
    """Counts calls per second and at once, for the app and for each token.

    A call that comes too early counts too, so calling on and on lengthens the wait.
    """

    def __init__(self, clock: Clock, switches: Callable[[], CloverSwitches]) -> None:
        self._clock = clock
        self._switches = switches
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._running: dict[str, int] = defaultdict(int)

    def middleware(self) -> Any:
        """The aiohttp middleware; it also spends ``latency_s``."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL_PREFIX) or not request.path.startswith(_LIMITED):
                return await handler(request)
            token = request.headers.get("Authorization") or request.headers.get("apikey") or ""
            if self._switches().rate_limits:
                self._check(token)
            if _is_long_poll(request) and not self._switches().count_long_polls:
                return await handler(request)
            return await self._counted(token, request, handler)

        return middleware

    async def _counted(
        self, token: str, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        self._running[token] += 1
        try:
            latency_s = self._switches().latency_s
            if latency_s:
                await asyncio.sleep(latency_s)
            return await handler(request)
        finally:
            self._running[token] -= 1
            if not self._running[token]:
                del self._running[token]

    def _check(self, token: str) -> None:
        """
        :raises CloverError: 429 with the header that names the limit.
        """
        switches = self._switches()
        if sum(self._running.values()) >= switches.app_concurrent_limit:
            raise _refusal("crossTokenConcurrentLimit", switches.app_concurrent_limit, True)
        if self._running.get(token, 0) >= switches.token_concurrent_limit:
            raise _refusal("tokenConcurrentLimit", switches.token_concurrent_limit, True)
        if self._calls_in_window("app") > switches.app_rate_limit:
            raise _refusal("crossTokenLimit", switches.app_rate_limit, False)
        if self._calls_in_window(f"token {token}") > switches.token_rate_limit:
            raise _refusal("tokenLimit", switches.token_rate_limit, False)

    def _calls_in_window(self, name: str) -> int:
        now = self._clock.now()
        recent = self._recent[name]
        recent.append(now)
        while recent[0] <= now - _WINDOW_S:
            recent.popleft()
        return len(recent)


def _is_long_poll(request: web.Request) -> bool:
    return request.method == "POST" and request.path.startswith(
        ("/connect/v1/payments", "/connect/v1/credits")
    )


def _refusal(name: str, limit: int, retry_after: bool) -> Exception:
    headers = {f"X_RateLimit_{name}": str(limit)}
    if retry_after:
        headers["Retry_After"] = "1"
    return bare(429, **headers)
