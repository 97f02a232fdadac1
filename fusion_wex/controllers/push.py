"""Receives pushes of WEX about authorizations: each only causes the card to be read again."""

import json

from odoo import http

from odoo.addons.fusion_payment_common.controllers.webhook import (
    InboundEvent,
    receive,
    webhook_route,
)
from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ..client.push import acknowledgement, parse_push
from ..models.inbound.wex_push import SOURCE

PUSH_PATH = "/wex/push/<string:token>/CreateDetailedAuthorization"
#: Bytes; a push is a few hundred.
MAX_BODY = 32 * 1024


class WexPushController(http.Controller):
    @webhook_route(PUSH_PATH, max_body=MAX_BODY)
    def wex_push(self, token):
        """Store the hint; 200 once it is committed, 401 for an address of no account."""
        answer = receive(
            SOURCE,
            authenticate=lambda inbound: inbound.env["wex.push"]._account_of(token),
            parse=_parse,
            max_body=MAX_BODY,
        )
        answer.data = json.dumps(acknowledgement(accepted=answer.status_code == 200))
        answer.content_type = "application/json"
        return answer


def _parse(inbound, account):
    """Return the event of a push: which card to read again, and nothing else of its body."""
    try:
        hint = parse_push(json.loads(inbound.body))
    except GatewayError as error:
        raise ValueError(str(error)) from error
    return [
        InboundEvent(
            event_key=f"{account.id}:{hint.event_key}",
            event_type=hint.event_type,
            object_ref=hint.card_id or "",
            payload=json.dumps(
                {
                    "account": account.id,
                    "card": hint.card_id,
                    "references": list(hint.references),
                }
            ),
            company=account.company_id,
        )
    ]
