from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.tools.cursors import own_environment


class PaymentTransaction(models.Model):
    """A card payment collected by a clerk: charge it and report its status to the dialog."""

    _inherit = "payment.transaction"

    def _clover_is_ready_for(self, provider, amount, card):
        """Return whether this transaction is unsent and matches provider, amount and card.

        :param float amount: in the currency of the transaction
        :param card: a saved card, or none
        """
        return (
            self.state == "draft"
            # Its operation ended before it was sent; the same key would only replay that answer.
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
            # A Clover customer id is a valid source too, but only Odoo may supply one.
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
        # As in Register Payment: the customer is not present.
        return self._clover_collect(self.token_id.provider_ref, entry_mode="ecom")

    def _clover_collect(self, source, *, entry_mode):
        if not self:
            raise UserError(self.env._("Enter the amount first."))
        self.with_context(payment_backend_action=True)._clover_charge(
            source, entry_mode=entry_mode, check=self._clover_due_check()
        )
        return self._clover_as_committed(lambda transaction: transaction._clover_collect_status())

    def _clover_follow_collect(self):
        """Return the payment's status; look it up at Clover if the answer is overdue.

        :return: see :meth:`_clover_collect_status`
        """
        if self.fusion_operation_ids.filtered(lambda operation: not operation.applied_at):
            self.with_context(payment_backend_action=True).fusion_complete_now()
        return self._clover_as_committed(lambda transaction: transaction._clover_collect_status())

    def _clover_as_committed(self, read):
        """Return ``read(transaction)``, evaluated on the latest committed data.

        The ledger commits on separate cursors, which this request's snapshot may not include.
        """
        with own_environment(self.env) as env:
            return read(self.with_env(env))

    def _clover_collect_status(self):
        """Return the status of a payment with a typed or saved card, from the database only.

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
        """Return the sentence that ``amount`` (in the currency) was approved on this card."""
        return self.env._(
            "Approved: %(amount)s, %(card)s.",
            amount=self.currency_id.format(amount),
            card=self._clover_paid_with(),
        )

    def _clover_paid_with(self):
        """Return the card and, if there is one, the bank's authorization code."""
        card = f"{self.clover_card_brand or ''} •••• {self.clover_card_last4 or ''}".strip()
        if not self.clover_auth_code:
            return card
        return self.env._(
            "%(card)s, authorization %(code)s", card=card, code=self.clover_auth_code
        )


def _status(state, message, *, card=""):
    return {"state": state, "message": message, "card": card}
