"""Where a database takes in what Clover has to say, directly or through a dispatcher.

Nothing that a relay did is trusted: the proof is compared again, merchants are looked up again.
"""

import logging

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from odoo.addons.fusion_payment_common.controllers.webhook import (
    InboundEvent,
    receive,
    webhook_route,
)

from .. import const, const_dispatcher
from ..client import webhooks

_logger = logging.getLogger(__name__)


class CloverWebhookController(http.Controller):
    @http.route(
        const_dispatcher.TENANT_WEBHOOK_PATH,
        type="http",
        auth="none",
        methods=["GET"],
        save_session=False,
        readonly=True,
    )
    def clover_webhook_alive(self):
        """Answer Clover's look at the address."""
        return plain(200)

    @webhook_route(const_dispatcher.TENANT_WEBHOOK_PATH, max_body=const_dispatcher.MAX_BODY)
    def clover_webhook(self):
        """Store every notice about a merchant of ours; 200 once they are committed.

        A verification code comes without proof and is shown to the administrator. 503 while no
        secret is set, 401 for what is not proven to come from Clover.
        """
        # Elevated: Clover is no user.
        env = request.env(user=SUPERUSER_ID, su=True)
        if code := challenge_of(request.httprequest):
            env["clover.verification"]._keep(code)
            return plain(200)
        if not env["clover.webhook"]._is_open():
            return closed("Clover")
        return receive(
            const.PROVIDER_CODE,
            authenticate=lambda inbound: inbound.env["clover.webhook"]._authentic_listeners(
                inbound
            ),
            parse=_parse,
            max_body=const_dispatcher.MAX_BODY,
        )


def _parse(inbound, listeners):
    """Return an event for each notice about a merchant of ours, and one for the rest of it."""
    notices = webhooks.notices(inbound.body)
    if const_dispatcher.SIGNATURE_HEADER in inbound.headers and not notices:
        checkout = webhooks.checkout_notice(inbound.body)
        notices = [checkout] if checkout else []
    companies = {
        listener.merchant_id: inbound.env["res.company"].browse(listener.company_id)
        for listener in listeners
        if listener.merchant_id
    }
    events = [
        InboundEvent(
            event_key=notice.key,
            event_type=f"{notice.kind}.{notice.action}",
            object_ref=notice.object_ref,
            occurred_at=notice.occurred_at,
            payload=webhooks.stored(notice),
            company=companies[notice.merchant_id],
        )
        for notice in notices
        if notice.merchant_id in companies
    ]
    if not notices or len(events) < len(notices):
        # Of other tenants, or of a shape that we do not know: kept as it came, and ignored.
        events.append(InboundEvent(event_key="", event_type="unknown", payload=inbound.body))
    return events


def challenge_of(httprequest):
    """Return the code if this is Clover's verification of the address, else None.

    Only a body of a few bytes without any proof is looked at.
    """
    length = httprequest.content_length
    if not length or length > const_dispatcher.MAX_CHALLENGE:
        return None
    if any(name in httprequest.headers for name in const_dispatcher.PROOF_HEADERS):
        return None
    return webhooks.verification_code(httprequest.get_data(cache=True, parse_form_data=False))


def closed(whose):
    """Return the answer of a route that has no secret to compare with: 503, come back later."""
    _logger.warning("The webhook of %s is closed: no Auth Code is set", whose)
    return plain(503)


def plain(status, text=""):
    """Return an answer for programs."""
    return Response(text, status=status, content_type="text/plain; charset=utf-8")
