from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "fusion.payment.document"]

    def _fusion_amount_due(self):
        """Return what may still be collected on these invoices, in their common currency.

        Payments that were received but are not booked yet, or that are still open at a provider,
        count as paid, each once: no customer is asked for the same money twice.
        """
        # Elevated: clerks may have no access to transactions but must not charge twice.
        open_transactions = self.sudo().transaction_ids.filtered(
            lambda tx: tx.operation != "refund"
            and tx.amount > 0
            and (
                tx.state in ("pending", "authorized")
                or (tx.state == "done" and not tx.is_post_processed)
            )
        )
        currency = self.currency_id[:1]
        taken = sum(
            tx.currency_id._convert(tx._fusion_open_amount(), currency, tx.company_id, round=False)
            for tx in open_transactions
        )
        return currency.round(sum(self.mapped("amount_residual")) - taken)

    def _fusion_surcharge_notes(self):
        """Return sentences about the surcharges on card payments of this document."""
        self.ensure_one()
        # Elevated: readers of the invoice are told; few of them may read transactions.
        charged = self.sudo().transaction_ids.filtered(
            lambda tx: tx.state == "done" and tx.fusion_surcharge_move_id
        )
        return [
            self.env._(
                "Paid by credit card: a surcharge of %(surcharge)s was added to %(amount)s, see "
                "%(document)s.",
                surcharge=tx.currency_id.format(tx.fusion_surcharge_amount),
                amount=tx.currency_id.format(tx.amount),
                document=tx.fusion_surcharge_move_id.name,
            )
            if tx.fusion_surcharge_amount > 0
            else self.env._(
                "Given back with %(amount)s: %(surcharge)s of the surcharge, see %(document)s.",
                surcharge=tx.currency_id.format(-tx.fusion_surcharge_amount),
                amount=tx.currency_id.format(-tx.amount),
                document=tx.fusion_surcharge_move_id.name,
            )
            for tx in charged
        ]
