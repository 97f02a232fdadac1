from odoo import api, fields, models

SAVE_CARD = "save_card"
TERMINAL_CHARGE = "terminal_charge"
TERMINAL_REFUND = "terminal_refund"
TERMINAL_CREDIT = "terminal_credit"
#: Kinds of operations that wait for a customer at a terminal.
TERMINAL_KINDS = (TERMINAL_CHARGE, TERMINAL_REFUND, TERMINAL_CREDIT)
REFUND_KINDS = (TERMINAL_REFUND, TERMINAL_CREDIT)
#: Fields shown in the clerk's dialog; a write to one of them refreshes open dialogs.
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
    """Return the bus channel that announces changes of a payment.

    The message is empty. The dialog reads the status from Odoo, which checks access rights.
    """
    return f"fusion_clover.payment/{reference}"


class FusionOperation(models.Model):
    _inherit = "fusion.operation"

    kind = fields.Selection(
        selection_add=[
            (SAVE_CARD, "Card Saved"),
            (TERMINAL_CHARGE, "Charge on a Terminal"),
            (TERMINAL_REFUND, "Refund on a Terminal"),
            (TERMINAL_CREDIT, "Credit on a Terminal"),
        ],
        ondelete=dict.fromkeys((SAVE_CARD, *TERMINAL_KINDS), "cascade"),
    )

    @api.model
    def _clover_holding(self, documents, kinds):
        """Return the operations (elevated) of these kinds that hold documents, by document id.

        :param documents: of one model
        """
        # Elevated: users who may act on a document may see which operation holds it.
        holds = self.env["fusion.operation.hold"].sudo().search(
            [
                ("res_model", "=", documents._name),
                ("res_id", "in", documents.ids),
                ("operation_id.kind", "in", kinds),
            ]
        )
        return {hold.res_id: hold.operation_id for hold in holds}

    def _clover_transaction(self):
        """Return the transaction (elevated) that this operation is about, or none."""
        # Elevated: access to the operation includes its transaction.
        return self.env["payment.transaction"].sudo().search(
            [("reference", "=", self.reference), ("provider_code", "=", self.provider_code)],
            limit=1,
        )

    def write(self, vals):
        """Override to refresh open dialogs."""
        result = super().write(vals)
        if SHOWN & set(vals):
            self._clover_announce()
        return result

    def _clover_client(self, observer=None):
        """Return a client for the merchant of this operation.

        :param observer: called with each HTTP exchange, for the audit trail
        """
        # Elevated: the ledger acts on behalf of the user who started the operation.
        operation = self.sudo()
        provider = operation.env["payment.provider"].browse(
            operation.request_payload["provider_id"]
        )
        return provider._clover_client(observer)

    def _finish(self, *args, **kwargs):
        """Override of `fusion_payment_common` to announce the result, which bypasses `write`."""
        answer = super()._finish(*args, **kwargs)
        self._clover_announce()
        return answer

    def _clover_announce(self):
        """Notify open dialogs that the payment has changed."""
        for operation in self.filtered(lambda one: one.kind in TERMINAL_KINDS):
            self.env["bus.bus"]._sendone(
                channel_of(operation.reference), "fusion_clover.payment", {}
            )
