"""Clover's webhooks, received directly or through a dispatcher.

The dispatcher's checks are not trusted: proof and merchants are verified again.
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
        """Answer Clover's check of the webhook address."""
        return plain(200)

    @webhook_route(const_dispatcher.TENANT_WEBHOOK_PATH, max_body=const_dispatcher.MAX_BODY)
    def clover_webhook(self):
        """Store every notice about this database's merchants; 200 means that they are committed.

        A verification code carries no proof and is shown to the administrator. Return 503 while no
        secret is set, 401 if the request does not prove that it comes from Clover.
        """
        # Elevated: requests of Clover have no user.
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
    """Return one event per notice about this database's merchants, and one for all others."""
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
        # Notices of other tenants or of unknown format: store the body unchanged, ignore it.
        events.append(InboundEvent(event_key="", event_type="unknown", payload=inbound.body))
    return events


def challenge_of(httprequest):
    """Return the verification code if this is Clover's check of the address, else None.

    Only small bodies without proof headers are read.
    """
    length = httprequest.content_length
    if not length or length > const_dispatcher.MAX_CHALLENGE:
        return None
    if any(name in httprequest.headers for name in const_dispatcher.PROOF_HEADERS):
        return None
    return webhooks.verification_code(httprequest.get_data(cache=True, parse_form_data=False))


def closed(whose):
    """Return 503, so that the sender retries: the route has no secret to compare with."""
    _logger.warning("The webhook of %s is closed: no Auth Code is set", whose)
    return plain(503)


def plain(status, text=""):
    """Return a plain-text response."""
    return Response(text, status=status, content_type="text/plain; charset=utf-8")
