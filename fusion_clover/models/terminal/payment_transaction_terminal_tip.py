from odoo import fields, models
from odoo.fields import Command


class PaymentTransaction(models.Model):
    """Tips: paid on top of the document's amount. They belong to the staff and are no revenue.

    The payment is booked with the full card amount. An entry moves the tip from the customer's
    receivable account to the tips account. Without a tips account the tip remains an open credit
    of the customer for the accountant, and does not settle an invoice.
    """

    _inherit = "payment.transaction"

    clover_tip_move_id = fields.Many2one(
        "account.move", string="Tip Entry", readonly=True, copy=False, index="btree_not_null"
    )

    def _compute_fusion_card_amount(self):
        """Override of `fusion_payment_common` to include the tip."""
        super()._compute_fusion_card_amount()
        for transaction in self.filtered("clover_tip_amount"):
            transaction.fusion_card_amount = transaction.currency_id.round(
                transaction.fusion_card_amount + transaction.clover_tip_amount
            )

    # === BOOKING === #

    def _fusion_book_extras(self, payment=None):
        """Override of `fusion_payment_common` to book tips."""
        super()._fusion_book_extras(payment)
        for transaction in self:
            booked = payment or transaction.payment_id
            if (
                transaction.clover_tip_amount
                and not transaction.clover_tip_move_id
                and booked.move_id.state == "posted"
            ):
                transaction.with_company(transaction.company_id)._clover_book_tip(booked)

    def _clover_book_tip(self, payment):
        """Book the entry that separates the tip from the payment, once.

        Otherwise the tip would settle a part of the invoice. A refunded tip is negative, and so is
        its entry.
        """
        self.ensure_one()
        receivable = payment.destination_account_id
        account = self.company_id.clover_tip_account_id or receivable
        tip = self.clover_tip_amount
        balance = self.currency_id._convert(
            tip, self.company_id.currency_id, self.company_id, payment.date
        )
        common = {
            "name": self.env._("Tip of payment %s", self.reference),
            "partner_id": payment.partner_id.id,
            "currency_id": self.currency_id.id,
        }
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": payment.date,
                "ref": self.reference,
                "line_ids": [
                    Command.create(
                        {
                            **common,
                            "account_id": receivable.id,
                            "amount_currency": tip,
                            "balance": balance,
                        }
                    ),
                    Command.create(
                        {
                            **common,
                            "account_id": account.id,
                            "amount_currency": -tip,
                            "balance": -balance,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        self.clover_tip_move_id = entry
        taken = entry.line_ids.filtered(lambda line: line.balance * tip > 0)
        (payment.move_id.line_ids + taken).filtered(
            lambda line: line.account_id == receivable and not line.reconciled
        ).reconcile()
        # Without a tips account the tip was an open credit of the customer: close it on a refund.
        (entry + self.source_transaction_id.clover_tip_move_id).line_ids.filtered(
            lambda line: line.account_id == receivable and not line.reconciled
        ).reconcile()
