from odoo import api, models

from . import wex_intake, wex_push


class FusionEvent(models.Model):
    """Handlers of what WEX and other systems send."""

    _inherit = "fusion.event"

    @api.model
    def _handlers(self):
        """Override of `fusion_payment_common` to add pushes of WEX and deliveries of cards."""
        return super()._handlers() | {wex_push.SOURCE: "wex.push", wex_intake.SOURCE: "wex.intake"}
