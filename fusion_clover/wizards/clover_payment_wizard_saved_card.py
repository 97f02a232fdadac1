from odoo import models
from odoo.exceptions import UserError


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment with a card that the customer has saved."""

    _inherit = "clover.payment.wizard"

    def clover_saved_cards(self):
        """Return the customer's saved cards that can be charged: ``[{"id", "label"}]``."""
        self.ensure_one()
        self._check_document_access()
        return [{"id": card.id, "label": card.display_name} for card in self._saved_cards()]

    def clover_charge_saved_card(self):
        """Charge the saved card for which :meth:`clover_prepare` was called.

        :return: see :meth:`clover_status`
        :raise UserError: nothing was charged; the message says why
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may collect without access to transactions and cards.
        transaction = self.transaction_id.sudo()
        if not transaction.token_id:
            raise UserError(self.env._("Choose a saved card first."))
        refusal = transaction._clover_saved_card_refusal()
        if refusal:
            raise UserError(refusal)
        # As Register Payment does: the customer is not there to type anything.
        return self._charge(transaction.token_id.provider_ref, entry_mode="ecom")

    def _saved_card(self, card_id):
        """Override to find a card among those that may be charged."""
        if not card_id:
            return super()._saved_card(card_id)
        card = self._saved_cards().filtered(lambda one: one.id == card_id)
        if not card:
            raise UserError(self.env._("This card is no longer saved. Choose another one."))
        return card

    def _saved_cards(self):
        """Return the cards (elevated) of the customer and of its company."""
        owners = self.partner_id | self.partner_id.commercial_partner_id
        # Elevated: clerks have no access to customers' cards, but may charge them.
        return self.env["payment.token"].sudo().search(
            [("provider_id", "=", self._provider().id), ("partner_id", "in", owners.ids)]
        )._clover_usable()
