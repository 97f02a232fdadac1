from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.tools.amounts import to_amount


class PaymentTransaction(models.Model):
    """Correct the books after a comparison with Clover; no money moves."""

    _inherit = "payment.transaction"

    def _clover_rebook(self, moved, *, surcharge=None, tip=None):
        """Book the amount that moved on the card and close the same documents with it.

        :param int moved: total that moved, in minor units
        :param int surcharge: Clover's surcharge within it, in minor units; None: leave unchanged
        :param int tip: tip within it, in minor units; not applied to the documents
        :raise UserError: the entry can no longer be changed
        """
        self.ensure_one()
        payment = self.payment_id
        if self.state != "done" or not payment:
            raise UserError(self.env._("%s is not booked.", self.reference))
        payment._clover_require_not_at_bank()
        sign = -1 if self.amount < 0 else 1
        if surcharge is not None:
            self._clover_drop_surcharge_document()
            self.fusion_surcharge_amount = sign * to_amount(surcharge, self.currency_id)
            self.fusion_surcharge_origin = "provider"
        elif tip is not None:
            self.clover_tip_amount = to_amount(tip, self.currency_id)
        else:
            surcharge_amount = abs(self.fusion_surcharge_amount)
            self.amount = sign * (to_amount(moved, self.currency_id) - surcharge_amount)
        invoices = payment.reconciled_invoice_ids | self.invoice_ids
        payment.action_draft()
        payment.amount = to_amount(moved, self.currency_id)
        # Does not charge: the payment already has its transaction.
        payment.action_post()
        payment._fusion_close_with(invoices)
        self._clover_post_correction(payment)

    def _clover_post_correction(self, payment):
        """Post on the payment why it was changed."""
        payment.message_post(
            body=self.env._(
                "Corrected to what moved at Clover, payment %s.", self.provider_reference
            )
        )

    def _clover_unbook(self):
        """Remove the transaction from the books: Clover has no such money.

        :raise UserError: the entry can no longer be cancelled
        """
        self.ensure_one()
        refunds = self.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund" and tx.state == "done"
        )
        if refunds:
            raise UserError(
                self.env._(
                    "%(reference)s was refunded by %(refunds)s: clear that first.",
                    reference=self.reference,
                    refunds=", ".join(refunds.mapped("reference")),
                )
            )
        self.payment_id._clover_leave_books()
        self._clover_drop_surcharge_document()
        self._set_canceled(
            state_message=self.env._("Taken out of the books: Clover has no such money."),
            extra_allowed_states=("done", "error"),
        )

    def _clover_drop_surcharge_document(self):
        """Cancel the document of a wrongly booked surcharge, so that the right one is created."""
        move = self.fusion_surcharge_move_id
        if move.state == "posted":
            move.button_draft()
            move.button_cancel()
        self.fusion_surcharge_move_id = False

    def _clover_is_credit(self):
        """Return whether it is a terminal credit and not a refund of the payment."""
        return bool(
            self.fusion_operation_ids.filtered(lambda one: one.kind == "terminal_credit")
        )


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _clover_leave_books(self):
        """Cancel the payment, if there is one; its entry keeps its number, so there is no gap.

        :raise UserError: it is matched with a bank statement, or can no longer be cancelled
        """
        self._clover_require_not_at_bank()
        if self.move_id:
            # Cancelling the payment would delete its entry; only the last entry can be deleted.
            self.action_draft()
            self.move_id.button_cancel()
        elif self:
            self.action_cancel()

    def _clover_require_not_at_bank(self):
        """Refuse to change a payment reconciled with a bank statement; that would be undone.

        :raise UserError: names the payment
        """
        if self.reconciled_statement_line_ids:
            raise UserError(
                self.env._(
                    "%s is matched with a bank statement line: undo that first.",
                    self.display_name,
                )
            )
