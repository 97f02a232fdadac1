"""What vendors and approvers do, by ``POST /_sim/cards/<id>``: never called by the product.

``<id>`` is a payment's id or our reference. Body: ``{"action": ..., "amount": "10.00", ...}``.

=============  ==================================================================================
``authorize``  a vendor tries to charge ``amount`` (default: all that is left); declined by rule
``reverse``    the last approved authorisation is given free
``post``       ``amount`` (default: what is held, else left) is charged; no rule stops it, so that
               over-charges can be made
``credit``     the vendor gives ``amount`` back
``expire``     the validity ends now
``approve``    a payment that waits gets its card; ``reject`` closes it without one
``close``      as if somebody had cancelled it on WEX's own screen
=============  ==================================================================================

``GET /_sim/cards`` lists the payments without card data.
"""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core.ids import digits
from . import fields
from .errors import WexError, invalid, not_found
from .render import authorization_json, log_json, posting_json
from .state import OPEN, WAITING, Authorization, MerchantLog, Posting

if TYPE_CHECKING:
    from .simulator import WexSimulator


class ActivityRoutes:
    """The control interface of cards."""

    def __init__(self, simulator: "WexSimulator") -> None:
        self._sim = simulator
        self._actions = {
            "authorize": self._authorize,
            "reverse": self._reverse,
            "post": self._post,
            "credit": self._credit,
            "expire": self._expire,
            "approve": self._approve,
            "reject": self._reject,
            "close": self._close,
        }

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/_sim/cards", self.list)
        app.router.add_post("/_sim/cards/{id}", self.act)

    async def list(self, request: web.Request) -> web.Response:
        """All payments, oldest first, numbers masked."""
        return web.json_response([self._shown(log) for log in self._sim.state.logs.values()])

    async def act(self, request: web.Request) -> web.Response:
        """Do one of the actions; answers with the payment and what came of it."""
        try:
            body = await fields.json_object(request)
            slot = self._sim.switches.reference_slot
            log = self._sim.state.find(request.match_info["id"], slot)
            if log is None:
                raise not_found()
            action = self._actions.get(str(body.get("action")))
            if action is None:
                raise invalid(f"action is one of {', '.join(self._actions)}")
            result = action(log, body)
        except WexError as error:
            return error.answer("detailed")
        return web.json_response({"card": self._shown(log), "result": result})

    def _shown(self, log: MerchantLog) -> dict[str, Any]:
        return log_json(log, self._sim.status(log), reveal=False)

    def _authorize(self, log: MerchantLog, body: dict[str, Any]) -> dict[str, Any]:
        amount = _amount(body, log.available)
        reason = self._decline_reason(log, amount)
        one = Authorization(
            amount=amount,
            response="Decline" if reason else "Approval",
            at=self._sim.clock.iso(),
            merchant_name=str(body.get("merchant_name", "Simulated Vendor")),
            category=str(body.get("category", "5999")),
            decline_code=reason and reason[0],
            decline_reason=reason and reason[1],
            approval_code=None if reason else digits(6),
            open=0 if reason else amount,
        )
        log.authorizations.append(one)
        kind = "card_decline" if reason else "card_authorization"
        self._sim.record(kind, log, 0, authorized=amount, authorization_id=one.id)
        return authorization_json(one, log.currency)

    def _decline_reason(self, log: MerchantLog, amount: int) -> tuple[str, str] | None:
        status, today = self._sim.status(log), self._sim.today()
        approved = sum(one.response == "Approval" for one in log.authorizations)
        reasons = (
            (status == "expired", "54", "Expired card"),
            (status != OPEN, "14", "Card not active"),
            (bool(log.min_auth_date) and today < (log.min_auth_date or ""), "62", "Not yet valid"),
            (bool(log.max_auth_count) and approved >= (log.max_auth_count or 0), "65", "Use count"),
            (log.is_exact_match and amount != log.amount, "57", "Not the exact amount"),
            (amount > log.available, "51", "Over the limit"),
        )
        return next(((code, text) for is_so, code, text in reasons if is_so), None)

    def _reverse(self, log: MerchantLog, body: dict[str, Any]) -> dict[str, Any]:
        held = [one for one in log.authorizations if one.open]
        if not held:
            raise invalid("nothing is held")
        freed, held[-1].open = held[-1].open, 0
        one = Authorization(
            freed, "Reversal", self._sim.clock.iso(), held[-1].merchant_name, held[-1].category
        )
        log.authorizations.append(one)
        self._sim.record("card_reversal", log, 0, released=freed)
        return authorization_json(one, log.currency)

    def _post(self, log: MerchantLog, body: dict[str, Any]) -> dict[str, Any]:
        if log.number is None:
            raise invalid("there is no card yet")
        amount = _amount(body, log.held or log.available)
        rest = amount
        for one in log.authorizations:
            used = min(one.open, rest)
            one.open -= used
            rest -= used
        return self._move(log, body, amount, is_credit=False)

    def _credit(self, log: MerchantLog, body: dict[str, Any]) -> dict[str, Any]:
        return self._move(log, body, _amount(body, log.posted), is_credit=True)

    def _move(
        self, log: MerchantLog, body: dict[str, Any], amount: int, *, is_credit: bool
    ) -> dict[str, Any]:
        name = str(body.get("merchant_name", "Simulated Vendor"))
        one = Posting(amount, self._sim.clock.iso(), is_credit, name)
        log.postings.append(one)
        kind = "card_credit" if is_credit else "card_transaction"
        self._sim.record(kind, log, amount, transaction_id=one.id)
        return posting_json(one, log.currency)

    def _expire(self, log: MerchantLog, body: dict[str, Any]) -> None:
        self._sim.expire(log)

    def _approve(self, log: MerchantLog, body: dict[str, Any]) -> None:
        _require_waiting(log)
        self._sim.creating.issue(log)

    def _reject(self, log: MerchantLog, body: dict[str, Any]) -> None:
        _require_waiting(log)
        self._sim.close(log)

    def _close(self, log: MerchantLog, body: dict[str, Any]) -> None:
        self._sim.close(log)


def _require_waiting(log: MerchantLog) -> None:
    if log.status != WAITING:
        raise invalid("the payment does not wait for approval")


def _amount(body: dict[str, Any], default: int) -> int:
    """``amount`` as text or number in currency units; minor units."""
    value = body.get("amount")
    if value is None:
        if default <= 0:
            raise invalid("an amount is needed")
        return default
    try:
        return fields.minor(Decimal(str(value)), "amount")
    except InvalidOperation as error:
        raise invalid("amount is not a number") from error
