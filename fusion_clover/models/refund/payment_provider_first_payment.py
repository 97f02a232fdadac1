from odoo import models
from odoo.fields import Domain


class PaymentProvider(models.Model):
    """The last go-live step: a real payment taken and refunded."""

    _inherit = "payment.provider"

    def _clover_first_payment_step(self):
        return {
            "done": self._clover_is_live() and self._clover_has_refunded_payment(),
            "title": self.env._("First payment taken and refunded"),
            "hint": self.env._(
                "Collect a small invoice with a card of your own, then refund it."
            ),
        }

    def _clover_has_refunded_payment(self):
        """Return whether a production payment was refunded, or voided if on the same day."""
        refunded = Domain("operation", "=", "refund") & Domain("state", "=", "done")
        domain = (
            Domain("provider_id", "=", self.id)
            & Domain("clover_environment", "=", "production")
            & Domain("source_transaction_id.state", "=", "done")
            & (refunded | Domain("clover_returned_as", "!=", False))
        )
        return bool(self.env["payment.transaction"].search_count(domain, limit=1))
