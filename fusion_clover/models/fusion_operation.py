from odoo import fields, models

#: Kinds of operations that wait for a customer at a terminal.
TERMINAL_KINDS = ("terminal_charge", "terminal_refund", "terminal_credit")
#: What is on a clerk's screen depends on these.
SHOWN = frozenset(
    {
        "state",
        "applied_at",
        "review_reason",
        "error_code",
        "attempt_count",
        "clover_cancel_requested_at",
        "clover_cancel_error",
    }
)


def channel_of(reference):
    """Return the bus channel on which news of a payment are announced.

    It carries no news itself: whoever listens asks Odoo, which checks what they may see.
    """
    return f"fusion_clover.payment/{reference}"


class FusionOperation(models.Model):
    _inherit = "fusion.operation"

    kind = fields.Selection(
        selection_add=[
            ("terminal_charge", "Charge on a Terminal"),
            ("terminal_refund", "Refund on a Terminal"),
            ("terminal_credit", "Credit on a Terminal"),
        ],
        ondelete={
            "terminal_charge": "cascade",
            "terminal_refund": "cascade",
            "terminal_credit": "cascade",
        },
    )

    def write(self, vals):
        """Override to announce to open dialogs that there is something new to see."""
        result = super().write(vals)
        if SHOWN & set(vals):
            self._clover_announce()
        return result

    def _finish(self, *args, **kwargs):
        """Override of `fusion_payment_common` to announce the result, which no `write` stores."""
        answer = super()._finish(*args, **kwargs)
        self._clover_announce()
        return answer

    def _clover_announce(self):
        """Tell open dialogs that there is something new to see."""
        for operation in self.filtered(lambda one: one.kind in TERMINAL_KINDS):
            self.env["bus.bus"]._sendone(
                channel_of(operation.reference), "fusion_clover.payment", {}
            )
