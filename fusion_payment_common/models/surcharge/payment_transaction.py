from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...lib.surcharge import refund_share
from ...tools.amounts import to_amount

#: States of a booked payment.
BOOKED = ("in_process", "paid")
#: States of a refund in which its share of the surcharge counts as returned.
COUNTING_STATES = ("draft", "pending", "authorized", "done")


class PaymentTransaction(models.Model):
    """The surcharge of a payment: its share of a refund, and its own document.

    The booked payment is the amount charged to the card. A separate document for the surcharge
    covers the difference to ``amount``, which closes invoices and orders.
    """

    _inherit = "payment.transaction"

    # === AMOUNTS === #

    def _fusion_refund_surcharge(self, amount, *, besides=None):
        """Return how much of Odoo's own surcharge to refund with ``amount`` of this payment.

        :param float amount: the refund without surcharge, in the currency; limited to the amount
            that is left (a larger refund is refused elsewhere)
        :param str besides: reference of a refund to ignore
        :return: in the currency; zero when the provider handles its own surcharge
        """
        self.ensure_one()
        surcharge = self._fusion_own_surcharge()
        if not surcharge.minor:
            return 0.0
        before = self.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund"
            and tx.state in COUNTING_STATES
            and tx.reference != besides
        )
        base = self._fusion_money(self.amount)
        refunded_before = self._fusion_money(-sum(before.mapped("amount")))
        left = max(base - refunded_before, base - base)
        share = refund_share(
            base=base,
            surcharge=surcharge,
            refunded_before=min(refunded_before, base),
            refund=max(min(self._fusion_money(amount), left), base - base),
            returned_before=self._fusion_money(-sum(before.mapped("fusion_surcharge_amount"))),
        )
        return to_amount(share.minor, self.currency_id)

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """Override of `payment` to refund Odoo's own surcharge in proportion."""
        if is_refund and self.fusion_surcharge_origin == "own":
            custom_create_values = {
                "fusion_surcharge_amount": -self._fusion_refund_surcharge(amount),
                "fusion_surcharge_origin": "own",
                **custom_create_values,
            }
        return super()._create_child_transaction(
            amount, is_refund=is_refund, **custom_create_values
        )

    # === BOOKING === #

    def _post_process(self):
        """Override of `account_payment` to book the amount charged to the card, and the extras.

        Core creates or cancels some payments before the card is charged; their amount is corrected
        first.
        """
        done = self.filtered(lambda tx: tx.state == "done")
        done._fusion_fit_payment()
        done._fusion_restore_payment()
        result = super()._post_process()
        # Payments that existed before are posted by now.
        for transaction in self.filtered(lambda tx: tx.state == "done"):
            transaction._fusion_book_extras()
        return result

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` to book the amount charged to the card."""
        if self.fusion_surcharge_amount:
            extra_create_values.setdefault("amount", abs(self.fusion_card_amount))
        return super()._create_payment(**extra_create_values)

    def _fusion_fit_payment(self):
        """Add the surcharge to a payment that was created without it and is not posted yet."""
        for transaction in self.filtered("fusion_surcharge_amount"):
            payment = transaction.payment_id
            # Register Payment creates a draft entry at once and sets the payment to "in process".
            if payment.state == "draft" or payment.move_id.state == "draft":
                payment.amount = abs(transaction.fusion_card_amount)

    def _fusion_book_extras(self, payment=None):
        """Book the extras on top of the amount, each once, before the payment is reconciled.

        :param payment: the payment, if the transaction is not linked to it yet
        """
        self._fusion_book_surcharge(payment)

    def _fusion_book_surcharge(self, payment=None):
        """Create the surcharge document and reconcile it with the payment, once."""
        for transaction in self:
            booked = payment or transaction.payment_id
            if (
                not transaction.fusion_surcharge_amount
                or transaction.fusion_surcharge_move_id
                or booked.state not in BOOKED
                or booked.move_id.state == "draft"
            ):
                continue
            account = booked.destination_account_id
            move = transaction.with_company(transaction.company_id)._fusion_new_surcharge_move(
                account
            )
            transaction.fusion_surcharge_move_id = move
            (booked.move_id + move).line_ids.filtered(
                lambda line, account=account: line.account_id == account and not line.reconciled
            ).reconcile()

    def _fusion_new_surcharge_move(self, receivable_account):
        """Return a new, posted invoice for the surcharge, or a credit note for a refunded one.

        :param receivable_account: the account of the payment that closes it
        :raise UserError: its total would differ from the amount charged
        """
        self.ensure_one()
        documents = self.invoice_ids or self.source_transaction_id.invoice_ids
        surcharge = abs(self.fusion_surcharge_amount)
        product = self.company_id._fusion_surcharge_product()
        partner = documents[:1].partner_id or self.partner_id
        language = partner.lang or self.env.lang
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice" if self.fusion_surcharge_amount > 0 else "out_refund",
                "partner_id": partner.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "invoice_date": fields.Date.context_today(self),
                "invoice_origin": ", ".join(documents.mapped("name")) or self.reference,
                "ref": self.reference,
                "invoice_payment_term_id": False,
                "reversed_entry_id": self.source_transaction_id.fusion_surcharge_move_id.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": self.with_context(lang=language)._fusion_surcharge_label(),
                            "quantity": 1,
                            "price_unit": surcharge,
                        }
                    )
                ],
            }
        )
        self._fusion_check_surcharge_move(move, surcharge)
        receivable = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        receivable.account_id = receivable_account
        move.action_post()
        return move

    def _fusion_surcharge_label(self):
        documents = self.invoice_ids or self.source_transaction_id.invoice_ids
        return self.env._(
            "Surcharge for paying %s by credit card",
            ", ".join(documents.mapped("name")) or self.reference,
        )

    def _fusion_check_surcharge_move(self, move, surcharge):
        if self.currency_id.compare_amounts(move.amount_total, surcharge):
            raise UserError(
                self.env._(
                    "The document over the surcharge comes to %(total)s instead of %(surcharge)s: "
                    "the taxes of the surcharge product have to be included in its price.",
                    total=self.currency_id.format(move.amount_total),
                    surcharge=self.currency_id.format(surcharge),
                )
            )
