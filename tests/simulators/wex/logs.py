"""The collection ``/api/merchant-logs/v1`` and what hangs below it."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core.misbehaviour import processing_point
from . import fields
from .errors import WexError, invalid, not_found
from .render import authorization_json, log_json, posting_json
from .state import CLOSED, OPEN, WAITING, MerchantLog

if TYPE_CHECKING:
    from .simulator import WexSimulator

BASE = "/api/merchant-logs/v1"
_QUERY = frozenset(
    {
        "user_defined_field", "created_from", "created_to", "min_amount", "max_amount",
        "merchant_code", "payment_status", "max_returned",
    }
)  # fmt: skip
_MOST = 1000


class LogRoutes:
    """What a customer's program can do."""

    def __init__(self, simulator: "WexSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.add_routes(
            [
                web.post(BASE, self.create),
                web.get(BASE, self.query),
                web.get(f"{BASE}/{{id}}", self.retrieve),
                web.put(f"{BASE}/{{id}}", self.update),
                web.patch(f"{BASE}/{{id}}", self.patch),
                web.get(f"{BASE}/{{id}}/authorizations", self.authorizations),
                web.get(f"{BASE}/{{id}}/transactions", self.transactions),
                web.post(f"{BASE}/{{id}}/notifications", self.notify),
            ]
        )

    async def create(self, request: web.Request) -> web.Response:
        """A payment with its card. Repeated, it makes a second one, unless switched."""
        await self._enter(request)
        body = await fields.json_object(request)
        await processing_point(request)
        switches, state = self._sim.switches, self._sim.state
        key = request.headers.get("idempotency_key") if switches.idempotency else None
        if key and key in state.by_key:
            log = state.logs[state.by_key[key]]
        else:
            try:
                log = self._sim.creating.create(body, key)
            except WexError as error:
                return error.answer(switches.error_shape)
            if key:
                state.by_key[key] = log.id
        word = "AwaitingApproval" if log.status == WAITING else "Success"
        answer = self._shown(log, reveal=True, has_id=switches.answer_has_id)
        return _done(answer, word)

    async def retrieve(self, request: web.Request) -> web.Response:
        """One payment."""
        await self._enter(request)
        return web.json_response(self._shown(self._log(request)))

    async def query(self, request: web.Request) -> web.Response:
        """Payments that pass all filters, oldest first; full objects or ids."""
        await self._enter(request)
        strangers = sorted(set(request.query) - _QUERY)
        if strangers:
            raise invalid(f"unknown filter {strangers[0]}")
        switches = self._sim.switches
        most = _whole(request.query.get("max_returned", "100"))
        visible_until = self._sim.clock.now() - switches.query_lag_s
        found = [
            log
            for log in self._candidates(request.query)
            if log.created_s <= visible_until
            and (switches.query_ignores_filters or self._passes(log, request.query))
        ][:most]
        if switches.query_shape == "ids":
            return web.json_response({"merchant_logs": [log.id for log in found]})
        return web.json_response({"merchant_logs": [self._shown(log) for log in found]})

    async def update(self, request: web.Request) -> web.Response:
        """``payment_status`` closed or open; ``credit_limit`` and ``total_amount``."""
        log, body = await self._change(request)
        fields.known(body, frozenset({"payment_status", "credit_limit", "total_amount"}), "update")
        status = fields.text(body, "payment_status")
        if status not in (None, OPEN, CLOSED):
            raise invalid("payment_status must be open or closed")
        if status == CLOSED and self._sim.switches.cancel_verb != "put":
            raise invalid("payment_status cannot be changed here")
        log.amount = fields.amount(body, "total_amount") or log.amount
        log.credit_limit = fields.amount(body, "credit_limit") or log.credit_limit
        return self._set_status(log, status)

    async def patch(self, request: web.Request) -> web.Response:
        """``status`` cancelled, where cancelling is switched to this verb."""
        log, body = await self._change(request)
        if self._sim.switches.cancel_verb != "patch":
            raise WexError("Failed", "Method not allowed", status=405)
        if body != {"status": "cancelled"}:
            raise invalid("status must be cancelled")
        return self._set_status(log, CLOSED)

    async def authorizations(self, request: web.Request) -> web.Response:
        """Attempts to charge, oldest first, and what is left."""
        await self._enter(request)
        log = self._log(request)
        rows = [authorization_json(one, log.currency) for one in log.authorizations]
        body = {"authorizations": rows, "available_balance": log.available / 100}
        return web.json_response(body)

    async def transactions(self, request: web.Request) -> web.Response:
        """What was posted, oldest first."""
        await self._enter(request)
        log = self._log(request)
        rows = [posting_json(one, log.currency) for one in log.postings]
        return web.json_response({"transactions": rows})

    async def notify(self, request: web.Request) -> web.Response:
        """Send the card to the vendor once more."""
        await self._enter(request)
        log = self._log(request)
        if self._sim.status(log) != OPEN:
            raise invalid("the card is not open")
        self._sim.record("notification", log, 0)
        return _done({"id": log.id}, "Success")

    # --- parts --------------------------------------------------------------------------------

    async def _enter(self, request: web.Request) -> None:
        """Check the credentials before anything else is looked at."""
        user = _basic_user(request, self._sim.switches.users)
        if user is None:
            raise WexError("InvalidUserCredentials", "The credentials are not valid")
        if user in self._sim.switches.denied_users:
            raise WexError("NoPrivilege", "The user has no privilege")
        if self._sim.switches.latency_s:
            await asyncio.sleep(self._sim.switches.latency_s)

    async def _change(self, request: web.Request) -> tuple[MerchantLog, dict[str, Any]]:
        await self._enter(request)
        log = self._log(request)
        body = await fields.json_object(request)
        await processing_point(request)
        return log, body

    def _log(self, request: web.Request) -> MerchantLog:
        log = self._sim.state.logs.get(request.match_info["id"])
        if log is None:
            raise not_found()
        return log

    def _set_status(self, log: MerchantLog, status: str | None) -> web.Response:
        if status == CLOSED and log.status != CLOSED:
            self._sim.close(log)
        elif status == OPEN and log.status == CLOSED and log.number is not None:
            log.status = OPEN
        return _done(self._shown(log), "Success")

    def _shown(
        self, log: MerchantLog, *, reveal: bool | None = None, has_id: bool = True
    ) -> dict[str, Any]:
        shows = self._sim.switches.reveal_on_retrieve if reveal is None else reveal
        return log_json(log, self._sim.status(log), reveal=shows, has_id=has_id)

    def _candidates(self, query: Any) -> Iterable[MerchantLog]:
        value = query.get("user_defined_field")
        if value is None or self._sim.switches.query_ignores_filters:
            return self._sim.state.logs.values()
        return self._sim.state.with_udf(value)

    def _passes(self, log: MerchantLog, query: Any) -> bool:
        tests = {
            "created_from": lambda value: _moment(log.created_at) >= _moment(value),
            "created_to": lambda value: _moment(log.created_at) <= _moment(value),
            "min_amount": lambda value: log.amount >= _amount(value),
            "max_amount": lambda value: log.amount <= _amount(value),
            "merchant_code": lambda value: log.merchant_code == value,
            "payment_status": lambda value: self._sim.status(log) == value,
        }
        return all(test(query[name]) for name, test in tests.items() if name in query)


def _done(body: dict[str, Any], word: str) -> web.Response:
    return web.json_response({"detailed_response_message": f"{word}: done", **body})


def _basic_user(request: web.Request, users: dict[str, str]) -> str | None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    expected = users.get(user)
    is_right = expected is not None and hmac.compare_digest(expected, password)
    return user if is_right else None


def _whole(value: str) -> int:
    if not value.isdigit() or not 1 <= int(value) <= _MOST:
        raise invalid(f"max_returned must be from 1 to {_MOST}")
    return int(value)


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise invalid("a time is not valid") from error
    if moment.tzinfo is None:
        raise invalid("a time has no offset")
    return moment


def _amount(value: str) -> int:
    try:
        return fields.minor(Decimal(value), "an amount")
    except InvalidOperation as error:
        raise invalid("an amount is not valid") from error
