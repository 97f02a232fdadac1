"""Control: what a merchant does without the application, in the dashboard or on a device."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core.ids import vendor_id
from .cards import make_card
from .errors import CloverError, not_found
from .fields import boolean, integer, json_object, text
from .state import Charge, SourceToken

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_VISA = "4242424242424242"
_DAY_MS = 24 * 3600 * 1000


class DashboardRoutes:
    """``POST /_sim/dashboard/payment``, ``/refund``, ``/capture`` and ``/date``."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_post("/_sim/dashboard/payment", self.pay)
        app.router.add_post("/_sim/dashboard/refund", self.refund)
        app.router.add_post("/_sim/dashboard/capture", self.capture)
        app.router.add_post("/_sim/dashboard/date", self.date)

    async def pay(self, request: web.Request) -> web.Response:
        """Take ``amount`` (minor units) from a card of ``cardholder``, or in ``cash``.

        On ``device`` if there is one; ``note``, ``tip_amount``.
        """
        try:
            asked = await json_object(request)
            merchant = self._sim.merchant(
                text(asked, "merchant_id") or self._sim.switches.merchant_id
            )
            token = SourceToken(
                id=f"clv_1{vendor_id()}",
                merchant_id=merchant.id,
                card=make_card(
                    text(asked, "number") or _VISA,
                    12,
                    2034,
                    address_zip=None,
                    name=text(asked, "cardholder"),
                ),
                created_ms=self._sim.clock.now_ms(),
            )
            self._sim.state.tokens[token.id] = token
            body = {
                "amount": integer(asked, "amount", minimum=1),
                "currency": merchant.currency,
                "source": token.id,
                "ecomind": "retail",
                "capture": boolean(asked, "capture", True),
                "tip_amount": integer(asked, "tip_amount"),
                "external_reference_id": text(asked, "external_reference_id"),
                "description": text(asked, "note"),
            }
            filled = {name: value for name, value in body.items() if value is not None}
            charge = self._sim.charging.create(merchant, filled, None)
            charge.is_cash = bool(boolean(asked, "cash", False))
            charge.device_id = text(asked, "device")
        except CloverError as error:
            return error.answer(self._sim.switches.merchant_locale)
        return web.json_response(_shown(charge))

    async def refund(self, request: web.Request) -> web.Response:
        """Give back ``amount`` (minor units; all of it without one) of ``payment``.

        With a ``status`` other than ``SUCCESS``, the refund is listed, but no money goes back.
        """
        try:
            asked = await json_object(request)
            charge = self._charge(asked)
            status = text(asked, "status") or "SUCCESS"
            if status != "SUCCESS":
                amount = integer(asked, "amount", minimum=1) or charge.refundable
                refund = self._sim.refunding.record_unfinished(charge, amount, status)
                return web.json_response(_shown(charge) | {"refund": refund.id, "voided": False})
            body = {"charge": charge.id, "amount": integer(asked, "amount", minimum=1)}
            filled = {name: value for name, value in body.items() if value is not None}
            merchant = self._sim.merchant(charge.merchant_id)
            refund = self._sim.refunding.create(merchant, filled, None)
        except CloverError as error:
            return error.answer(self._sim.switches.merchant_locale)
        return web.json_response(_shown(charge) | {"refund": refund.id, "voided": refund.voided})

    async def capture(self, request: web.Request) -> web.Response:
        """Take what ``payment`` holds, or ``amount`` of it (minor units)."""
        try:
            asked = await json_object(request)
            charge = self._charge(asked)
            self._sim.charging.capture(charge, {"amount": asked.get("amount")}, None)
        except CloverError as error:
            return error.answer(self._sim.switches.merchant_locale)
        return web.json_response(_shown(charge))

    async def date(self, request: web.Request) -> web.Response:
        """Have made ``payment`` that many ``days`` earlier."""
        try:
            asked = await json_object(request)
            charge = self._charge(asked)
            earlier = (integer(asked, "days", minimum=1) or 0) * _DAY_MS
        except CloverError as error:
            return error.answer(self._sim.switches.merchant_locale)
        charge.created_ms -= earlier
        charge.modified_ms -= earlier
        return web.json_response(_shown(charge))

    def _charge(self, asked: dict[str, Any]) -> Charge:
        charge = self._sim.state.charges.get(text(asked, "payment") or "")
        if charge is None:
            raise not_found("charge")
        return charge


def _shown(charge: Charge) -> dict[str, Any]:
    return {"id": charge.id, "order": charge.order_id, "amount": charge.amount}
