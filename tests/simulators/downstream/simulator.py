"""The receiver: any POST is a delivery; the ledger holds each ``_delivery_id`` once."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from ..core.ids import vendor_id
from ..core.misbehaviour import processing_point
from ..core.simulator import Simulator


@dataclass(frozen=True)
class DownstreamSwitches:
    """``answer_status``: HTTP status given to every delivery; only 2xx accepts it."""

    answer_status: int = 200


class DownstreamSimulator(Simulator):
    """Accepts deliveries by POST to any path."""

    name = "downstream"
    Switches = DownstreamSwitches

    def clear_state(self, *, keep: frozenset[str] = frozenset()) -> None:
        """Forget which delivery ids were seen."""
        self._seen: set[str] = set()

    def add_routes(self, app: web.Application) -> None:
        """Every path takes deliveries."""
        app.router.add_post("/{path:.*}", self.receive)

    async def receive(self, request: web.Request) -> web.Response:
        """Store one delivery; a repeated id is acknowledged and changes nothing."""
        try:
            body = json.loads(await request.read())
        except ValueError:
            return web.json_response({"status": "error", "error": "not JSON"}, status=400)
        if not isinstance(body, dict):
            return web.json_response({"status": "error", "error": "not an object"}, status=400)
        await processing_point(request)
        status = self.switches.answer_status
        if not 200 <= status < 300:
            return web.json_response({"status": "error"}, status=status)
        duplicate = self._accept(request, body)
        return web.json_response({"status": "ok", "duplicate": duplicate}, status=status)

    def _accept(self, request: web.Request, body: dict[str, Any]) -> bool:
        """Record the delivery unless its id is known; returns whether it was known."""
        delivery_id = str(body.get("_delivery_id") or request.headers.get("webhook-id") or "")
        if delivery_id in self._seen:
            return True
        if delivery_id:
            self._seen.add(delivery_id)
        self.ledger.record(
            id=delivery_id or vendor_id(),
            kind="delivery",
            amount=_minor_units(body.get("amount")),
            currency=str(body.get("currency") or ""),
            idempotency_key=delivery_id or None,
            reference=_text(body.get("payment_id") or body.get("x_name")),
            source_id=_text(body.get("_id")),
            path=request.path,
            attempt=body.get("_delivery_attempt"),
        )
        return False


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _minor_units(value: Any) -> int:
    """The wire's amount (a text such as "150.00") in minor units; 0 when there is none."""
    whole, _, cents = str(value or "0").partition(".")
    if not (whole + cents).isdigit():
        return 0
    return int(whole) * 100 + int((cents + "00")[:2])
