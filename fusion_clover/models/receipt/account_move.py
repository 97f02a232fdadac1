from odoo import fields, models


class AccountMove(models.Model):
    """Card receipts of invoices and credit notes."""

    _inherit = "account.move"

    clover_has_receipts = fields.Boolean(
        compute="_compute_clover_has_receipts", compute_sudo=True
    )

    def _compute_clover_has_receipts(self):
        for move in self:
            move.clover_has_receipts = bool(move._clover_receipt_transactions())

    def _clover_receipt_transactions(self):
        """Return the card payments (elevated) of this document that have a receipt."""
        self.ensure_one()
        # Elevated: users who may read the document may read its receipts.
        transactions = self.sudo().transaction_ids
        return (transactions | transactions.child_transaction_ids).filtered(
            lambda tx: tx._clover_has_receipt() and not tx._clover_captures(states=("done",))
        )

    def _clover_receipt_url(self, transaction):
        """Return the receipt URL of a payment, for anyone who may see this document."""
        self.ensure_one()
        # Elevated: the URL needs the document's access token, which may have to be created.
        token = self.sudo()._portal_ensure_token()
        return f"/my/invoices/{self.id}/card_receipt/{transaction.id}?access_token={token}"

    def action_clover_print_receipts(self):
        """Return the PDF of all card receipts of this document."""
        self.ensure_one()
        self.check_access("read")
        return self._clover_receipt_transactions().sudo(False).action_clover_print_receipt()

    def action_clover_send_receipts(self):
        """Send the latest card receipt of this document, even if it was sent before."""
        self.ensure_one()
        self.check_access("read")
        latest = self._clover_receipt_transactions().sorted("id")[-1:]
        return latest.sudo(False).action_clover_send_receipt()
