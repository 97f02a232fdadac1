from odoo import fields, models


class AccountMove(models.Model):
    """Card receipts from the invoice and the credit note."""

    _inherit = "account.move"

    clover_has_receipts = fields.Boolean(
        compute="_compute_clover_has_receipts", compute_sudo=True
    )

    def _compute_clover_has_receipts(self):
        for move in self:
            move.clover_has_receipts = bool(move._clover_receipt_transactions())

    def _clover_receipt_transactions(self):
        """Return the card payments (elevated) of this document that there is a receipt for."""
        self.ensure_one()
        # Elevated: whoever may read the document may have its receipts.
        transactions = self.sudo().transaction_ids
        return (transactions | transactions.child_transaction_ids).filtered(
            lambda tx: tx._clover_has_receipt() and not tx._clover_captures(states=("done",))
        )

    def _clover_receipt_url(self, transaction):
        """Return where whoever may see this document finds the receipt of a payment of it."""
        self.ensure_one()
        # Elevated: the document's own token opens its receipts.
        token = self.sudo()._portal_ensure_token()
        return f"/my/invoices/{self.id}/card_receipt/{transaction.id}?access_token={token}"

    def action_clover_print_receipts(self):
        """Return the PDF of all card receipts of this document."""
        self.ensure_one()
        self.check_access("read")
        return self._clover_receipt_transactions().sudo(False).action_clover_print_receipt()

    def action_clover_send_receipts(self):
        """Send the latest card receipt of this document, again if it was sent before."""
        self.ensure_one()
        self.check_access("read")
        latest = self._clover_receipt_transactions().sorted("id")[-1:]
        return latest.sudo(False).action_clover_send_receipt()
