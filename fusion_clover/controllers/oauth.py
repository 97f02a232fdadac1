from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

from .. import const


class CloverOAuthController(http.Controller):
    @http.route(const.OAUTH_CALLBACK_PATH, type="http", auth="user", methods=["GET"])
    def clover_oauth_callback(self, state="", code="", merchant_id="", **_kwargs):
        """Complete the connection that the administrator started, and show the provider."""
        if not request.env.user.has_group("base.group_system"):
            raise AccessError(request.env._("Only an administrator can connect Clover."))
        provider = request.env["payment.provider"]._clover_return_from_oauth(
            state=state, code=code, merchant_id=merchant_id
        )
        address = f"payment.provider/{provider.id}" if provider else "payment-providers"
        return request.redirect(f"/odoo/{address}")
