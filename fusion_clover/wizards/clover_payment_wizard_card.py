from odoo import models
from odoo.exceptions import UserError


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment with a typed card or a saved card."""

    _inherit = "clover.payment.wizard"

    # === CALLED BY THE DIALOG === #

    def clover_form_config(self):
        """Return the configuration of Clover's card form; it contains no secrets.

        :raise UserError: Clover is not connected or does not answer
        """
        self.ensure_one()
        provider = self._provider()
        if not provider:
            raise UserError(self.env._("No Clover connection serves this company."))
        return provider._clover_form_config(show_notices=False)

    def clover_saved_cards(self):
        """Return the customer's saved cards that can be charged: ``[{"id", "label"}]``."""
        self.ensure_one()
        self._check_document_access()
        return [{"id": card.id, "label": card.display_name} for card in self._saved_cards()]

    def clover_prepare(self, card_id=False):
        """Create the draft transaction to charge; it is committed when this call returns.

        A second call for the same amount (a double click) returns the same transaction.

        :param int card_id: a saved card, one of :meth:`clover_saved_cards`
        :return: its reference
        :raise UserError: the amount or the card cannot be charged (any more)
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may collect without access to transactions.
        prepared = self.transaction_id.sudo()
        transaction = self._documents()._clover_prepare_payment(
            prepared, self._provider(), self.amount, card=self._saved_card(card_id)
        )
        if transaction != prepared:
            self.transaction_id = transaction
        return transaction.reference

    def clover_quote(self, source, card):
        """Set the surcharge for the card; it is committed when this call returns.

        :param str source: a token, never a card number
        :param dict card: the data of Clover's form about the card
        :return: see :meth:`~PaymentTransaction._clover_quote`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may collect without access to transactions and providers.
        return self.transaction_id.sudo()._clover_quote(source, card)

    def clover_charge(self, source):
        """Charge the card that Clover's form turned into ``source``, and return the status.

        :param str source: a token, never a card number
        :return: see :meth:`clover_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may collect without access to transactions and providers.
        return self.transaction_id.sudo()._clover_collect_typed_card(source)

    def clover_charge_saved_card(self):
        """Charge the saved card for which :meth:`clover_prepare` was called.

        :return: see :meth:`clover_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may collect without access to transactions and cards.
        return self.transaction_id.sudo()._clover_collect_saved_card()

    def clover_status(self):
        """Return the payment's status; look it up at Clover if the answer is overdue.

        :return: ``{"state": draft|approved|checking|declined, "message": sentence, "card": text}``
        """
        self.ensure_one()
        # Elevated: clerks may follow what they collect without access to transactions.
        return self.transaction_id.sudo()._clover_follow_collect()

    # === HELPERS === #

    def _saved_cards(self):
        return self.env["payment.token"]._clover_saved_for(self.partner_id, self._provider())

    def _saved_card(self, card_id):
        """Return the saved card (elevated) with this id; an empty recordset without an id."""
        if not card_id:
            return self.env["payment.token"]
        card = self._saved_cards().filtered(lambda one: one.id == card_id)
        if not card:
            raise UserError(self.env._("This card is no longer saved. Choose another one."))
        return card
