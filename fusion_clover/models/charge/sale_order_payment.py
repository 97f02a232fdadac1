from odoo import models

from ... import const


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _clover_not_yet_applied(self):
        """Return the part of a payment not yet used by a posted invoice, in its currency."""
        self.ensure_one()
        payments = (self | self.child_transaction_ids).payment_id
        lines = payments.move_id.line_ids.filtered(
            lambda line: line.parent_state == "posted"
            and line.account_type in ("asset_receivable", "liability_payable")
        )
        if lines:
            return max(-sum(lines.mapped("amount_residual_currency")), 0.0)
        posted = self.invoice_ids.filtered(lambda move: move.state == "posted")
        return max(self.amount - sum(posted.mapped("amount_total")), 0.0)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Override of `sale` to settle invoices with the payments collected on their orders.

        Core assigns only payments that existed when the invoice was created. It misses payments
        that arrived while the invoice was a draft, and captures of an authorization.
        """
        posted = super()._post(soft=soft)
        for move in posted.filtered(lambda move: move.move_type == "out_invoice"):
            # Elevated: users who post invoices may have no access to transactions.
            transactions = move.line_ids.sale_line_ids.order_id.sudo().transaction_ids.filtered(
                lambda one: one.provider_code == const.PROVIDER_CODE and one.amount > 0
            )
            if transactions:
                move._clover_assign(transactions | transactions.child_transaction_ids)
        return posted

    def _clover_assign(self, transactions):
        """Reconcile the payments of these transactions with the invoice, up to its residual."""
        self.ensure_one()
        received = transactions.filtered(lambda one: one.operation != "refund").payment_id
        terms = self.line_ids.filtered(lambda line: line.display_type == "payment_term")
        lines = received.move_id.line_ids.filtered(
            lambda line: line.account_id in terms.account_id
            and line.parent_state == "posted"
            and not line.reconciled
        )
        for line in lines:
            if not self.currency_id.is_zero(self.amount_residual):
                self.js_assign_outstanding_line(line.id)
