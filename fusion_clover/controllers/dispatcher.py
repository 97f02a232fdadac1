"""The public routes of a Clover app that many databases share.

They return 404 unless this database is the dispatcher. Requests of strangers must stay cheap: no
session, no query, no row. See also :mod:`.webhook`.
"""

from dataclasses import dataclass

import werkzeug.utils

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from odoo.addons.fusion_payment_common.controllers.webhook import (
    InboundEvent,
    receive,
    webhook_route,
)
from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.signed_state import StateError
from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal

from .. import const_dispatcher
from ..client import webhooks
from .webhook import challenge_of, closed, plain

_CHEAP = {
    "type": "http",
    "auth": "none",
    "methods": ["GET"],
    "save_session": False,
    "readonly": True,
}


#: Answer for apps that Clover still connects by its retired (legacy) OAuth flow.
_LEGACY = (
    "Clover sent a legacy code, because the app has no Alternate Launch Path. Enter /clover/launch "
    "there in Clover's developer dashboard, then open the app again."
)


@dataclass(frozen=True)
class ForwardedBody(InboundEvent):
    """A webhook body for tenants, with the headers that prove its origin."""

    clover_headers: dict | None = None


class CloverDispatcherController(http.Controller):
    @http.route(const_dispatcher.HEALTH_PATH, **_CHEAP)
    def clover_health(self):
        """Return that this server is up."""
        return Response('{"status": "ok"}', content_type="application/json")

    # Not read-only: a genuine state is marked as used.
    @http.route(const_dispatcher.CALLBACK_PATH, **{**_CHEAP, "readonly": False})
    def clover_dispatcher_callback(self, state="", code="", merchant_id="", **_kwargs):
        """Redirect a browser that comes from Clover to the tenant, with its whole query string.

        Return 403 unless the tenant signed the state within the last hour and it is unused.
        """
        dispatcher = _dispatcher()
        if not dispatcher._is_enabled():
            return plain(404)
        if not state and not code and merchant_id:
            # Clover launches an app without Alternate Launch Path at its Site URL.
            return self._launch(dispatcher, merchant_id)
        if not state and code:
            return plain(400, _LEGACY)
        try:
            callback = dispatcher._relay(state)
        except StateError as error:
            dispatcher._note_refusal(state, error, merchant_id)
            return plain(403, "This link is not valid, or not any more. Click Connect again.")
        # Forward the query string unchanged: the tenant verifies what Clover sent.
        return _redirect(f"{callback}?{request.httprequest.query_string.decode('latin-1')}")

    @http.route(const_dispatcher.LAUNCH_PATH, **_CHEAP)
    def clover_dispatcher_launch(self, merchant_id="", **_kwargs):
        """Start the connection of a merchant who opened the app in Clover."""
        dispatcher = _dispatcher()
        if not dispatcher._is_enabled():
            return plain(404)
        return self._launch(dispatcher, merchant_id)

    @staticmethod
    def _launch(dispatcher, merchant_id):
        try:
            address = dispatcher._launch(merchant_id)
        except ConfigurationError as error:
            return plain(503, f"The dispatcher is not set up: {error}.")
        if not address:
            return plain(404, "This merchant is not known here. Ask whoever gave you the app.")
        return _redirect(address)

    @http.route(const_dispatcher.WEBHOOK_PATH, **_CHEAP)
    def clover_dispatcher_alive(self):
        """Answer Clover's check of the webhook address."""
        return plain(200 if _dispatcher()._is_enabled() else 404)

    @webhook_route(const_dispatcher.WEBHOOK_PATH, max_body=const_dispatcher.MAX_BODY)
    def clover_dispatcher_webhook(self):
        """Store a webhook body for one or more merchants; 200 means that it is committed.

        A verification code carries no proof; it is shown to the administrator and forwarded.
        Return 503 while no Auth Code is set, 401 for a wrong one, 413 for a body that is too large.
        """
        dispatcher = _dispatcher()
        if not dispatcher._is_enabled():
            return plain(404)
        if code := challenge_of(request.httprequest):
            if dispatcher.env["clover.verification"]._keep(code):
                content = request.httprequest.get_data(parse_form_data=False)
                dispatcher.env["clover.tenant"]._forward_challenge(content)
            return plain(200)
        expected = dispatcher._auth_code()
        if not expected:
            return closed("the dispatcher")
        return receive(
            const_dispatcher.EVENT_SOURCE,
            authenticate=lambda inbound: constant_time_equal(
                inbound.headers.get(const_dispatcher.AUTH_HEADER) or "", expected
            ),
            parse=_parse,
            max_body=const_dispatcher.MAX_BODY,
        )


def _parse(inbound, _genuine):
    merchants = webhooks.merchant_ids(inbound.body)
    headers = {
        name: inbound.headers[name]
        for name in const_dispatcher.BODY_PROOF_HEADERS
        if name in inbound.headers
    }
    return [
        ForwardedBody(
            event_key="",
            event_type="clover.webhook",
            object_ref=merchants[0] if len(merchants) == 1 else f"{len(merchants)} merchants",
            payload=inbound.body,
            clover_headers=headers or None,
        )
    ]


def _dispatcher():
    # Elevated: requests of browsers and Clover have no user.
    return request.env(user=SUPERUSER_ID, su=True)["clover.dispatcher"]


def _redirect(address):
    answer = werkzeug.utils.redirect(address, 302, Response=Response)
    answer.headers["Cache-Control"] = "no-store"
    # The address contains a code, which must not leak to the next site.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
