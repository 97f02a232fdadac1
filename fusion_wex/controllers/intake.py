"""Receives cards that another Odoo delivers: stored before they are acknowledged, each once."""

import json
import time

from odoo import http
from odoo.http import request

from odoo.addons.fusion_payment_common.controllers.webhook import (
    InboundEvent,
    receive,
    webhook_route,
)

from ..client import proxy_wire
from ..client.issuing import sealed_text
from ..models.inbound.wex_intake import SOURCE

MAX_BODY = 64 * 1024


class WexIntake(http.Controller):
    @webhook_route("/wex/intake", max_body=MAX_BODY)
    def take_in(self):
        """Store a delivery: 200 once it is committed, 401 unless one of the senders signed it.

        503 when it has card data and there is no key to encrypt them: it should be sent again.
        """
        return receive(SOURCE, authenticate=_sender, parse=_parse, max_body=MAX_BODY)


def _sender(inbound):
    return inbound.env["wex.intake"]._wex_signed_by(
        dict(request.httprequest.headers), inbound.body, int(time.time())
    )


def _parse(inbound, intake):
    received = proxy_wire.read_delivery(inbound.body)
    sealed = None
    if received.secret:
        # Number and code are never stored in clear, not even until the event is processed.
        sealed = inbound.env["fusion.vault"]._vault().encrypt(sealed_text(received.secret))
    content = {"intake_id": intake.id, "body": received.body, "sealed": sealed}
    return [
        InboundEvent(
            event_key=f"{intake.id}:{received.delivery_id}",
            event_type="card",
            object_ref=str(received.body.get("payment_id") or ""),
            payload=json.dumps(content, default=float),
            company=intake.company_id,
        )
    ]
