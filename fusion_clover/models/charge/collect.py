from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.tools.cursors import own_environment


class PaymentTransaction(models.Model):
    """A card payment that a clerk collects: charged, and told of, for the dialog."""

    _inherit = "payment.transaction"

    def _clover_is_ready_for(self, provider, amount, card):
        """Return whether this transaction can still be sent, for just that and nothing else.

        :param float amount: in the currency of the transaction
        :param card: a saved card, or none
        """
        return (
            self.state == "draft"
            # Given up before it was sent: its key would only say so again.
            and not self.fusion_operation_ids.filtered("finished_at")
            and self.token_id == card
            and self.provider_id == provider
            and not self.currency_id.compare_amounts(self.amount, amount)
        )

    def _clover_collect_typed_card(self, source):
        """Charge the card that Clover's form turned into ``source``.

        :param str source: a token, never a card number
        :return: see :meth:`_clover_collect_status`
        :raise UserError: nothing was charged; the message says why
        """
        if not isinstance(source, str) or not source.startswith("clv_"):
            # A customer's id can be charged as well, but only Odoo may name one.
            self._clover_check_source(source)
            raise UserError(
                self.env._("The card form returned nothing usable. Enter the card again.")
            )
        return self._clover_collect(source, entry_mode="moto")

    def _clover_collect_saved_card(self):
        """Charge the saved card that this transaction was made for.

        :return: see :meth:`_clover_collect_status`
        :raise UserError: nothing was charged; the message says why
        """
        if not self.token_id:
            raise UserError(self.env._("Choose a saved card first."))
        refusal = self._clover_saved_card_refusal()
        if refusal:
            raise UserError(refusal)
        # As Register Payment does: the customer is not there to type anything.
        return self._clover_collect(self.token_id.provider_ref, entry_mode="ecom")

    def _clover_collect(self, source, *, entry_mode):
        if not self:
            raise UserError(self.env._("Enter the amount first."))
        self.with_context(payment_backend_action=True)._clover_charge(
            source, entry_mode=entry_mode, check=self._clover_due_check()
        )
        return self._clover_as_committed(lambda transaction: transaction._clover_collect_status())

    def _clover_follow_collect(self):
        """Return how the payment stands; asks Clover when the answer is overdue.

        :return: see :meth:`_clover_collect_status`
        """
        if self.fusion_operation_ids.filtered(lambda operation: not operation.applied_at):
            self.with_context(payment_backend_action=True).fusion_complete_now()
        return self._clover_as_committed(lambda transaction: transaction._clover_collect_status())

    def _clover_as_committed(self, read):
        """Return ``read(transaction)`` with this transaction as committed by now.

        The ledger books on cursors of its own, which the snapshot of a request may not see.
        """
        with own_environment(self.env) as env:
            return read(self.with_env(env))

    def _clover_collect_status(self):
        """Return how the payment with a typed or a saved card stands; asks nobody.

        :return: ``{"state": draft|approved|checking|declined, "message": sentence, "card": text}``
        """
        if self.state in ("done", "authorized"):
            message = self._clover_approved_sentence(self.fusion_card_amount)
            return _status("approved", message, card=self._clover_paid_with())
        if self.state in ("error", "cancel"):
            return _status("declined", self.state_message)
        operation = self.fusion_operation_ids[:1]
        if operation and (self.state == "pending" or not operation.applied_at):
            return _status("checking", self.state_message or operation._notice() or "")
        return _status("draft", "")

    def _clover_approved_sentence(self, amount):
        """Return that ``amount`` (in the currency) was approved, and on which card."""
        return self.env._(
            "Approved: %(amount)s, %(card)s.",
            amount=self.currency_id.format(amount),
            card=self._clover_paid_with(),
        )

    def _clover_paid_with(self):
        """Return the card and the bank's authorization code, if it gave one."""
        card = f"{self.clover_card_brand or ''} •••• {self.clover_card_last4 or ''}".strip()
        if not self.clover_auth_code:
            return card
        return self.env._(
            "%(card)s, authorization %(code)s", card=card, code=self.clover_auth_code
        )


def _status(state, message, *, card=""):
    return {"state": state, "message": message, "card": card}
