"""Authorization pushes, sent on demand by ``POST /_sim/webhook``.

Body: ``{"card": <id or reference>, "url": <registered URL>}``. The last attempt to charge the card
is posted to ``<url>/CreateDetailedAuthorization``, as often as ``times`` says (default 1), without
any signature: none is known. Answers with what the receiver said.
"""

from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from . import fields
from .errors import WexError, invalid, not_found
from .state import Authorization, MerchantLog

if TYPE_CHECKING:
    from .simulator import WexSimulator

SUFFIX = "/CreateDetailedAuthorization"
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_MOST_TIMES = 100


class PushRoutes:
    """The control route that sends pushes."""

    def __init__(self, simulator: "WexSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_post("/_sim/webhook", self.push)

    async def push(self, request: web.Request) -> web.Response:
        """Send the last authorisation of a card; a receiver that cannot be reached has status 0."""
        try:
            body = await fields.json_object(request)
            url = fields.text(body, "url", required=True) or ""
            times = body.get("times", 1)
            if type(times) is not int or not 1 <= times <= _MOST_TIMES:
                raise invalid(f"times must be from 1 to {_MOST_TIMES}")
            message = push_json(*self._last(fields.text(body, "card", required=True) or ""))
        except WexError as error:
            return error.answer("detailed")
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            target = url.rstrip("/") + SUFFIX
            statuses = [await _send(session, target, message) for _ in range(times)]
        return web.json_response({"statuses": statuses, "push": message})

    def _last(self, name: str) -> tuple[MerchantLog, Authorization]:
        log = self._sim.state.find(name, self._sim.switches.reference_slot)
        if log is None:
            raise not_found()
        if not log.authorizations:
            raise invalid("nobody has tried to charge the card")
        return log, log.authorizations[-1]


def push_json(log: MerchantLog, one: Authorization) -> dict[str, Any]:
    """The push of one attempt; reversals come as message type 0420."""
    is_reversal = one.response == "Reversal"
    return {
        "AuthorizationId": one.id,
        "UniqueId": log.id,
        "CardNumber": f"XXXXXXXXXXXX{(log.number or '')[-4:]}",
        "AuthorizationDateTime": one.at,
        "Amount": one.amount / 100,
        "ApprovalCode": one.approval_code,
        "Response": "Approval" if is_reversal else one.response,
        "TypeCode": "0420" if is_reversal else "0100",
        "DeclineReasonCode": one.decline_code,
        "DeclineReasonMessage": one.decline_reason,
        "AvailableCredit": log.available / 100,
        "CategoryCode": one.category,
        "MerchantName": one.merchant_name,
        "BillingCurrencyCode": log.currency,
        "UserDefinedFields": log.udf,
    }


async def _send(session: aiohttp.ClientSession, url: str, message: dict[str, Any]) -> int:
    try:
        async with session.post(url, json=message) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0
