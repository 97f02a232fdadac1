from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _fusion_restore(self, invoices):
        """Bring back a payment that core cancelled while its outcome was unknown.

        :param invoices: what to reconcile it with, unless the payment itself knows
        """
        self.ensure_one()
        self.action_draft()
        # Charges nobody: the payment has its transaction already.
        self.action_post()
        moves = (self.invoice_ids or invoices).filtered(lambda move: move.state == "posted")
        lines = (self.move_id + moves).line_ids.filtered(
            lambda line: line.account_id == self.destination_account_id and not line.reconciled
        )
        lines.reconcile()
