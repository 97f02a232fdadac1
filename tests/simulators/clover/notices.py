"""Webhooks that the simulator sends: app webhooks and Hosted Checkout ("webhooks").

An app webhook says what happened to which objects; it goes to ``webhook_url`` with the static
``X-Clover-Auth``. A Hosted Checkout webhook is signed: ``Clover-Signature: t=<s>,v1=<hex>``.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from .errors import CloverError, invalid
from .fields import json_object, text

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_MOST_TIMES = 100


class Notices:
    """Sends messages in the background, each once unless the fault dial says otherwise."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[tuple[str, bytes, dict[str, str]]] = []
        self._hand = asyncio.Lock()
        self.sent: list[dict[str, Any]] = []

    def clear(self) -> None:
        """Forget what was sent, and what waits to be overtaken."""
        self.sent, self._held = [], []

    def tell(self, merchant_id: str, *changes: tuple[str, str]) -> None:
        """Send one message about ``(object id with its letter, type)`` changes, later."""
        if self._sim.switches.webhook_url:
            body = json.dumps(self.message({merchant_id: list(changes)})).encode()
            self._later(self._sim.switches.webhook_url, body, self.proof())

    def message(self, changes: Mapping[str, list[tuple[str, str]]]) -> dict[str, Any]:
        """The document about changes by merchant."""
        switches = self._sim.switches
        now = self._sim.clock.now_ms()

        def spelled(merchant_id: str, object_id: str) -> str:
            kind, _colon, identifier = object_id.partition(":")
            return f"{kind}:{merchant_id}/{identifier}" if switches.webhook_long_ids else object_id

        return {
            "appId": next(iter(switches.apps), ""),
            "merchants": {
                merchant_id: [
                    {"objectId": spelled(merchant_id, object_id), "type": kind, "ts": now}
                    for object_id, kind in list_
                ]
                for merchant_id, list_ in changes.items()
            },
        }

    def proof(self) -> dict[str, str]:
        """The static header of app webhooks."""
        return {"X-Clover-Auth": self._sim.switches.webhook_auth_code}

    def _later(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        fault = self._sim.dial.pick_webhook(urlsplit(url).path)
        if fault == "drop_webhook":
            self.sent.append({"url": url, "body": json.loads(body), "status": None, "fault": fault})
            return
        if fault == "reorder_webhook":
            self._held.append((url, body, headers))
            self._spawn(self._release_late())
            return
        overtaken, self._held = self._held, []
        copies = 2 if fault == "duplicate_webhook" else 1
        self._spawn(self._send_all([(url, body, headers)] * copies + overtaken))

    async def _release_late(self) -> None:
        """Whatever was to be overtaken does not wait for ever."""
        await asyncio.sleep(self._sim.switches.webhook_reorder_s)
        overtaken, self._held = self._held, []
        await self._send_all(overtaken)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, messages: list[tuple[str, bytes, dict[str, str]]]) -> None:
        if self._sim.switches.webhook_delay_s:
            await asyncio.sleep(self._sim.switches.webhook_delay_s)
        # One after the other: the order is what the dial decides, not chance.
        async with self._hand:
            for message in messages:
                await self.send(*message)

    async def send(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Post one message; the receiver's status, 0 when nobody answers."""
        complete = {"Content-Type": "application/json", **headers}
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(url, data=body, headers=complete) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.sent.append({"url": url, "body": json.loads(body), "status": status, "fault": None})
        return status


class NoticeRoutes:
    """Control: ``POST /_sim/webhook`` sends a message at once, ``GET /_sim/webhooks`` lists all."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def add_routes(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_post("/_sim/webhook", self.send)
        app.router.add_get("/_sim/webhooks", self.list_sent)

    async def list_sent(self, request: web.Request) -> web.Response:
        """Messages, oldest first; ``status`` null: dropped, 0: nobody answered."""
        return web.json_response(self._sim.notices.sent)

    async def send(self, request: web.Request) -> web.Response:
        """Send and say how the receiver answered.

        Body: ``object_id`` ("P:<id>") with ``type``, or ``events`` (``{merchant: [[object_id,
        type], ...]}``), or ``verification_code``, or ``checkout`` (a payment's id), or ``body``;
        ``url``, ``auth_code``, ``times``, ``merchant_id`` override the switches.
        """
        try:
            asked = await json_object(request)
            url = text(asked, "url") or self._sim.switches.webhook_url
            times = asked.get("times", 1)
            if not url or type(times) is not int or not 1 <= times <= _MOST_TIMES:
                raise invalid("url is missing, or times is not a small number")
            body, headers = self._message(asked)
        except CloverError as error:
            return error.answer(self._sim.switches.merchant_locale)
        statuses = [await self._sim.notices.send(url, body, headers) for _ in range(times)]
        return web.json_response({"statuses": statuses, "body": json.loads(body)})

    def _message(self, asked: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        notices = self._sim.notices
        headers = notices.proof()
        if asked.get("auth_code") is not None:
            headers = {"X-Clover-Auth": str(asked["auth_code"])}
        if asked.get("verification_code"):
            return _encoded({"verificationCode": asked["verification_code"]}), {}
        if asked.get("checkout"):
            body = _encoded(self._checkout(str(asked["checkout"])))
            return body, {"Clover-Signature": self._signature(body)}
        if "body" in asked:
            return _encoded(asked["body"]), headers
        merchant_id = text(asked, "merchant_id") or self._sim.switches.merchant_id
        events = asked.get("events")
        if events is None:
            events = {merchant_id: [(text(asked, "object_id") or "", asked.get("type", "UPDATE"))]}
        return _encoded(notices.message(events)), headers

    def _checkout(self, payment_id: str) -> dict[str, Any]:
        charge = self._sim.state.charges.get(payment_id)
        approved = charge is not None and charge.paid
        amount = (charge.amount if charge else 0) / 100
        return {
            "createdTime": self._sim.clock.iso(),
            "message": f"{'Approved' if approved else 'Declined'} for {amount:g}",
            "status": "APPROVED" if approved else "DECLINED",
            "type": "PAYMENT",
            "id": payment_id,
            "merchantId": charge.merchant_id if charge else self._sim.switches.merchant_id,
            "data": "11111111-2222-4333-8444-555555555555",
        }

    def _signature(self, body: bytes) -> str:
        stamp = int(self._sim.clock.now())
        secret = self._sim.switches.checkout_signing_secret.encode()
        digest = hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={stamp},v1={digest}"


def _encoded(document: Any) -> bytes:
    return json.dumps(document).encode()
