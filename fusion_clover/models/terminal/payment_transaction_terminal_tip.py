from odoo import fields, models
from odoo.fields import Command


class PaymentTransaction(models.Model):
    """A tip comes on top of what is paid for: it is money of the staff, not a revenue.

    The payment that is booked is what moved on the card. An entry moves the tip from the customer's
    account to the one where the company owes it to its staff; without such an account it is an open
    credit of the customer's, where an accountant finds it, and pays no invoice.
    """

    _inherit = "payment.transaction"

    clover_tip_move_id = fields.Many2one(
        "account.move", string="Tip Entry", readonly=True, copy=False, index="btree_not_null"
    )

    def _compute_fusion_card_amount(self):
        """Override of `fusion_payment_common` to count the tip."""
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
        """Move the tip out of the payment, once: an invoice paid in part would take it as well.

        A tip that goes back is negative, and so is its entry.
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
        # Without an account of its own the tip was an open credit of the customer's: it is closed.
        (entry + self.source_transaction_id.clover_tip_move_id).line_ids.filtered(
            lambda line: line.account_id == receivable and not line.reconciled
        ).reconcile()
