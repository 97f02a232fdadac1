"""Stay within Clover's rate limits: "API usage and rate limits", docs.clover.com."""

from __future__ import annotations

import re
import time

from odoo.addons.fusion_payment_common.lib.api_client import retry_after_of
from odoo.addons.fusion_payment_common.lib.rate_limit import Limit, SharedLimiter
from odoo.addons.fusion_payment_common.lib.transport import Request, Response, Transport

#: Calls per second and calls at once, of an app with all its merchants and of one token; "API usage
#: and rate limits", docs.clover.com.
APP_LIMITS = (50, 10)
TOKEN_LIMITS = (16, 5)
#: The same for calls that wait for a customer at a terminal, which would otherwise occupy the
#: places of all other calls for minutes. Whether Clover counts them as calls at once is not
#: documented; if it does, it answers 429, and the payment is looked up and repeated under its key.
TERMINAL_LIMITS = (16, 64)
_WAITS_FOR_CUSTOMER = re.compile(r"/connect/v1/(?:payments(?:/[^/]+/refunds)?|credits)$")
#: How often a read is repeated after "too many requests".
READ_REPEATS = 3


class LimitedTransport:
    """A transport that waits for its turn, and pauses when Clover asks it to.

    A read that Clover rejected with "too many requests" is repeated; the caller repeats everything
    else, with its idempotency key.

    :param app: names the app in its environment.
    :param merchant: names the merchant; all its tokens count together, so that a renewed token
        does not start a new count. Empty for the app's own calls about tokens.
    :param max_wait: most seconds that a call waits for its turn before it fails unsent.
    :param read_max_wait: the same for reads, which no payment waits for.
    """

    def __init__(
        self,
        transport: Transport,
        limiter: SharedLimiter,
        *,
        app: str,
        merchant: str,
        max_wait: float,
        read_max_wait: float,
    ) -> None:
        self._transport = transport
        self._limiter = limiter
        self._app = Limit(f"app {app}", *APP_LIMITS)
        self._token = Limit(f"token {app} {merchant}", *TOKEN_LIMITS) if merchant else self._app
        self._terminals = Limit(f"terminals {app} {merchant}", *TERMINAL_LIMITS)
        self._max_wait = max_wait
        self._read_max_wait = read_max_wait

    def send(self, request: Request) -> Response:
        """See :class:`~odoo.addons.fusion_payment_common.lib.transport.Transport`.

        :raises ThrottledError: no turn in time; nothing was sent.
        """
        is_read = request.method in ("GET", "HEAD")
        deadline = time.monotonic() + (self._read_max_wait if is_read else self._max_wait)
        repeats = READ_REPEATS if is_read else 0
        for left in range(repeats, -1, -1):
            wait = max(0.0, deadline - time.monotonic())
            with self._limiter.place(self._limits_of(request), max_wait=wait):
                response = self._transport.send(request)
            if response.status != 429:
                return response
            pause = self._limiter.pause(self._limit_of(response), retry_after_of(response))
            if not left or time.monotonic() + pause > deadline:
                break
        return response

    def _limits_of(self, request: Request) -> tuple[Limit, ...]:
        if request.method == "POST" and _WAITS_FOR_CUSTOMER.search(request.url):
            return (self._terminals,)
        if self._token == self._app:
            return (self._app,)
        # The merchant's place first: a call waiting for it must not hold a place of the app.
        return (self._token, self._app)

    def _limit_of(self, response: Response) -> Limit:
        cross = ("X-RateLimit-crossTokenLimit", "X-RateLimit-crossTokenConcurrentLimit")
        return self._app if any(name in response.headers for name in cross) else self._token
