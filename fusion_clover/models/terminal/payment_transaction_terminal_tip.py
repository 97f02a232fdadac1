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

    # === AMOUNTS === #

    def _clover_tip_left(self, *, besides=None):
        """Return how much of this payment's tip was not given back, refunds under way counted.

        :param str besides: reference of a refund that does not count
        """
        self.ensure_one()
        given_back = self._clover_given_back(besides=besides)
        return self.currency_id.round(
            self.clover_tip_amount + sum(given_back.mapped("clover_tip_amount"))
        )

    def _clover_tip_back(self, amount, *, besides=None):
        """Return how much of the tip goes back with ``amount`` of this payment.

        All of it with whatever is the rest: Clover gives back a payment with a tip as a whole only.

        :param float amount: in the currency, without surcharge and tip
        :param str besides: reference of a refund that does not count
        """
        self.ensure_one()
        tip = self._clover_tip_left(besides=besides)
        is_rest = not self.currency_id.compare_amounts(amount, self._clover_left(besides=besides))
        return max(tip, 0.0) if is_rest else 0.0

    def _fusion_requested_amount(self):
        """Override of `fusion_payment_common`: a tip is asked back; a customer gave it unasked."""
        amount = super()._fusion_requested_amount()
        if self.operation != "refund":
            return amount
        return self.currency_id.round(amount + self.clover_tip_amount)

    def _clover_card_amount(self, amount, *, besides=None):
        """Override to give the tip back with the rest of the payment."""
        on_card = super()._clover_card_amount(amount, besides=besides)
        return self.currency_id.round(on_card + self._clover_tip_back(amount, besides=besides))

    def _clover_document_part(self, amount):
        """Override to leave out the tip, where it goes back."""
        tip = self._clover_tip_left()
        everything = self._clover_card_amount(max(self._clover_left(), 0.0))
        if tip and self.currency_id.compare_amounts(amount, everything) >= 0:
            amount = self.currency_id.round(amount - tip)
        return super()._clover_document_part(amount)

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """Override of `payment` to give the tip back with the rest of the payment."""
        if is_refund and self.clover_tip_amount:
            custom_create_values = {
                "clover_tip_amount": -self._clover_tip_back(amount),
                **custom_create_values,
            }
        return super()._create_child_transaction(
            amount, is_refund=is_refund, **custom_create_values
        )

    def _fusion_recreation_values(self):
        """Override of `fusion_payment_common` to keep the tip of a refund."""
        return {**super()._fusion_recreation_values(), "clover_tip_amount": self.clover_tip_amount}

    def _clover_back_label(self, amount):
        """Override to name the tip."""
        label = super()._clover_back_label(amount)
        tip = self._clover_tip_back(amount)
        if not tip:
            return label
        return self.env._(
            "%(label)s and the tip of %(tip)s", label=label, tip=self.currency_id.format(tip)
        )

    # === BOOKING === #

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` to book what moved on the card."""
        if self.clover_tip_amount:
            extra_create_values.setdefault("amount", abs(self.fusion_card_amount))
        return super()._create_payment(**extra_create_values)

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
