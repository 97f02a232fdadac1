from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    # Elevated: whoever may read the invoice has to know that a payment of it is under way.
    fusion_payment_notice = fields.Char(compute="_compute_fusion_payment_notice", compute_sudo=True)

    def _compute_fusion_payment_notice(self):
        holds = self.env["fusion.operation.hold"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        operation_by_move = {hold.res_id: hold.operation_id for hold in holds}
        for move in self:
            operation = operation_by_move.get(move.id)
            move.fusion_payment_notice = operation._notice() if operation else False

    def _fusion_amount_due(self):
        """Return what may still be collected on the invoice, in its currency.

        Payments that were received but are not booked yet, or that are still open at a provider,
        count as paid: nobody is asked for the same money twice.
        """
        self.ensure_one()
        # Elevated: clerks need not see transactions to be kept from charging twice.
        open_transactions = self.sudo().transaction_ids.filtered(
            lambda tx: tx.operation != "refund"
            and tx.amount > 0
            and (
                tx.state in ("pending", "authorized")
                or (tx.state == "done" and not tx.is_post_processed)
            )
        )
        return self.amount_residual - sum(open_transactions.mapped("amount"))
