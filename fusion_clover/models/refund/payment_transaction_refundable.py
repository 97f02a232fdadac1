from odoo import fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command

from ... import const
from ...client.refund_routing import CARD_PRESENT_ONLY
from ..fusion_operation import REFUND_KINDS

#: States of a child transaction in which its amount is spoken for.
COUNTING_STATES = ("draft", "pending", "authorized", "done")


class PaymentTransaction(models.Model):
    """What may be given back of a payment, by whom, and what became of it."""

    _inherit = "payment.transaction"

    clover_returned_as = fields.Selection(
        [("void", "Void"), ("refund", "Refund")],
        string="Given Back As",
        readonly=True,
        copy=False,
        help="What Clover made of it. A void never shows on the customer's statement, a refund "
        "does; Clover decides by whether the payment was settled yet.",
    )

    # === ACTION METHODS === #

    def action_refund(self, amount_to_refund=None):
        """Override of `payment` to refuse, before anything is created, what cannot be refunded."""
        for transaction in self.filtered(lambda tx: tx.provider_code == const.PROVIDER_CODE):
            transaction._clover_check_may_give_back()
            amount = transaction.amount if amount_to_refund is None else amount_to_refund
            transaction.sudo()._clover_check_refund(amount)
        return super().action_refund(amount_to_refund=amount_to_refund)

    def action_void(self):
        """Override of `payment` to let only Refunders release authorizations."""
        self.filtered(
            lambda tx: tx.provider_code == const.PROVIDER_CODE
        )._clover_check_may_give_back()
        return super().action_void()

    def action_clover_refund(self):
        """Open the dialog that gives this payment back, without a credit note.

        :raise UserError: nothing is left to give back, or Clover cannot be asked
        """
        self.ensure_one()
        self._clover_check_may_give_back()
        self.check_access("read")
        # Elevated: Refunders need not have access to providers.
        transaction = self.sudo()
        wizards = self.env["clover.refund.wizard"]
        busy = self.env["fusion.operation"]._clover_holding(transaction, REFUND_KINDS)
        if operation := busy.get(self.id):
            return wizards._resume(operation._clover_transaction())
        transaction._clover_check_refund(max(transaction._clover_left(), 0))
        return wizards._open(transaction)

    def action_clover_void(self):
        """Take the whole payment back and say what Clover made of it: a void or a refund.

        Cards that have to be present for that get the dialog of the refund, which names a terminal.

        :raise UserError: a part was given back already, or something is still being checked
        """
        self.ensure_one()
        self._clover_check_may_give_back()
        self.check_access("read")
        if self.clover_card_brand in CARD_PRESENT_ONLY and self.state == "done":
            return self.action_clover_refund()
        # Elevated: Refunders may give back without being able to change transactions.
        transaction = self.sudo().with_context(payment_backend_action=True)
        if transaction.state == "authorized":
            return self._clover_result_notification(transaction._void())
        transaction._clover_check_refund(transaction.amount)
        return self._clover_result_notification(transaction._refund())

    def _clover_refund_for(self, amount, credit_note):
        """Refund ``amount`` of this payment so that the refund's payment closes the credit note.

        :param credit_note: may be empty, as in core's own refunds
        :return: the child transaction
        """
        self.ensure_one()
        self._ensure_provider_is_not_disabled()
        links = {"invoice_ids": [Command.set(credit_note.ids)]} if credit_note else {}
        child = self._create_child_transaction(amount, is_refund=True, **links)
        child._log_sent_message()
        try:
            child._send_refund_request()
        except ValidationError as error:
            child._set_error(str(error))
        return child

    def _clover_check_may_give_back(self):
        """Refuse users who may not give money back.

        :raise AccessError: for anybody but Refunders
        """
        if not self or self.env.su:
            return
        if not self.env.user.has_group("fusion_payment_common.group_fusion_refunder"):
            raise AccessError(
                self.env._("Only a Refunder of Fusion Payments gives money back. Ask one.")
            )

    def _clover_result_notification(self, child):
        """Return the notification that tells how a refund, void or capture went."""
        kinds = {"error": "danger", "pending": "warning", "draft": "warning"}
        kind = kinds.get(child.state, "success")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": child._clover_child_message(),
                "sticky": kind != "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _clover_child_message(self):
        """Return in a sentence what became of this refund, void or capture."""
        if self.state == "draft" and self.clover_terminal_id:
            return self.env._(
                "Ask the customer to present the card at %s. The result appears here by itself.",
                self.clover_terminal_id.name,
            )
        if self.state == "cancel":
            amount = self.currency_id.format(abs(self.amount))
            return self.env._("The authorization of %s was released.", amount)
        amount = self.currency_id.format(abs(self.fusion_card_amount))
        if self.state != "done":
            return self.state_message or self.env._("Nothing was sent to Clover.")
        if self.clover_returned_as == "void":
            return self.env._(
                "Clover voided the payment of %s: it will not show on the card's statement.", amount
            )
        return self.env._("%s goes back to the card. It takes the bank a few days.", amount)

    # === BUSINESS METHODS - WHAT IS LEFT === #

    def _clover_left(self, *, besides=None):
        """Return how much of this payment Odoo knows of no refund for, those under way counted.

        :param str besides: reference of a refund that does not count
        """
        self.ensure_one()
        given_back = self._clover_given_back(besides=besides)
        return self.currency_id.round(self.amount + sum(given_back.mapped("amount")))

    def _clover_given_back(self, *, besides=None):
        """Return the refunds of this payment that count, those under way included.

        :param str besides: reference of a refund that does not count
        """
        return self.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund"
            and tx.state in COUNTING_STATES
            and tx.reference != besides
        )

    def _clover_captures(self, *, states):
        """Return the captures and releases of this authorization that are in these states."""
        return self.child_transaction_ids.filtered(
            lambda tx: tx.operation == self.operation and tx.state in states
        )

    def _clover_check_refund(self, amount, *, besides=None):
        """Refuse a refund of ``amount`` that Odoo itself knows to be impossible.

        :param str besides: reference of the refund itself, once it exists
        :raise ValidationError: the message says why; nothing was sent
        """
        self.ensure_one()
        if self.state != "done" or self.operation in ("refund", "validation"):
            raise ValidationError(self.env._("Only confirmed payments can be refunded."))
        captures = self._clover_captures(states=("done",))
        if captures:
            raise ValidationError(
                self.env._(
                    "Refund what was captured instead: %s.", ", ".join(captures.mapped("reference"))
                )
            )
        if not self.provider_reference:
            raise ValidationError(self.env._("It is not known which payment at Clover this is."))
        if self.currency_id.compare_amounts(amount, 0) <= 0:
            raise ValidationError(self.env._("Enter an amount greater than zero."))
        left = self._clover_left(besides=besides)
        if self.currency_id.compare_amounts(amount, left) > 0:
            raise ValidationError(
                self.env._(
                    "Only %(left)s of %(reference)s can still be refunded; refunds under way are "
                    "counted. Nothing was sent.",
                    left=self.currency_id.format(left),
                    reference=self.reference,
                )
            )

    def _clover_check_authorized(self):
        """Refuse to capture or void what is not (or no longer) a mere authorization.

        :raise ValidationError: nothing was sent
        """
        source = self.source_transaction_id
        others = source._clover_captures(states=COUNTING_STATES) - self
        if source.state != "authorized" or not source.provider_reference or others:
            raise ValidationError(
                self.env._(
                    "Payment %s was captured or released already, or that is still being checked. "
                    "Nothing was sent.",
                    source.reference,
                )
            )

    def _clover_check_child(self, kind):
        """Refuse what Odoo itself knows to be impossible, see the checks of each kind."""
        source = self.source_transaction_id
        if kind == "refund":
            source._clover_check_refund(abs(self.amount), besides=self.reference)
            self.invoice_ids._clover_check_refund_due(abs(self.amount), besides=self.reference)
            return
        self._clover_check_authorized()
        compared = self.currency_id.compare_amounts(self.amount, source.amount)
        if compared > 0 or (kind == "void" and compared):
            raise ValidationError(
                self.env._(
                    "Of an authorization of %s, this amount cannot be taken or released.",
                    source.currency_id.format(source.amount),
                )
            )
