from odoo import api, models

from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal

from .. import const


class CloverWebhook(models.AbstractModel):
    """Notices of Clover about merchants of this database: who may bring them, what they mean."""

    _name = "clover.webhook"
    _description = "Clover Webhook"
    _inherit = ["fusion.event.handler"]

    @api.model
    def _listening_providers(self):
        """Return the providers that have an Auth Code (elevated); none: nothing is processed."""
        # Elevated: Clover is no user. Codes are compared, never shown.
        return (
            self.env["payment.provider"]
            .sudo()
            .search(
                [
                    ("code", "=", const.PROVIDER_CODE),
                    ("state", "!=", "disabled"),
                    ("clover_webhook_auth_code", "!=", False),
                ]
            )
        )

    @api.model
    def _authentic_providers(self, auth_code):
        """Return the providers whose Auth Code this is; each is compared, in constant time."""
        return self._listening_providers().filtered(
            lambda provider: constant_time_equal(
                auth_code or "", provider.clover_webhook_auth_code.strip()
            )
        )

    def _fusion_handle_event(self, event, fetched=None):
        """Override of the inbox: notices are kept, and can be replayed.

        What they are about is asked for by polling, which does not depend on them.
        """
        return "ignored"
