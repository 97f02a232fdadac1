import logging

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from .. import const
from ..models.connection.payment_provider_connection import CONNECT_PURPOSE

_logger = logging.getLogger(__name__)


class CloverOAuthController(http.Controller):
    @http.route(const.OAUTH_CALLBACK_PATH, type="http", auth="user", methods=["GET"])
    def clover_oauth_callback(self, state="", code="", merchant_id="", **_kwargs):
        """Finish the connection that the administrator began, and show the provider again.

        Nothing in the address is trusted: the state is verified and used up, the merchant is read
        from Clover with the new token.
        """
        if not request.env.user.has_group("base.group_system"):
            raise AccessError(request.env._("Only an administrator can connect Clover."))
        if not state:
            # Launched from Clover's dashboard or App Market: there is nothing to finish yet.
            provider = self._any_provider()
            if code and provider:
                provider.check_access("write")
                # Not exchanged: nobody here has asked for it, it may be anybody's.
                provider.clover_connection_message = provider._clover_legacy_launch()
            return request.redirect(_address_of(provider))
        # Elevated: the row that makes the state valid only once is nobody's to read.
        states = request.env["fusion.signed.state"].sudo()
        # Any provider: the key that signs states belongs to the database.
        any_provider = request.env["payment.provider"]
        provider = states._redeem(
            CONNECT_PURPOSE,
            state,
            secret=any_provider._clover_state_secret(),
            allowed_hosts=any_provider._clover_allowed_state_hosts(),
        ).with_user(request.env.user)
        provider.check_access("write")
        provider.clover_connect_started_at = False
        try:
            if not code or not merchant_id:
                raise UserError(
                    request.env._("Clover did not allow the connection. Try again and press Allow.")
                )
            provider._clover_complete_connection(code=code, merchant_id=merchant_id)
        except UserError as error:
            provider.clover_connection_message = str(error)
        return request.redirect(_address_of(provider))

    def _any_provider(self):
        """Return the company's Clover provider, on whose form the next step is written."""
        return request.env["payment.provider"].search(
            [("code", "=", const.PROVIDER_CODE), ("company_id", "=", request.env.company.id)],
            limit=1,
        )


def _address_of(provider):
    return f"/odoo/payment.provider/{provider.id}" if provider else "/odoo/payment-providers"
