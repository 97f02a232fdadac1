from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ...client.issuing import sealed_text
from .wex_virtual_card import FINAL_STATES
from .wex_virtual_card_secret import NUMBER_PURPOSE


class FusionSecret(models.Model):
    """Numbers that are not in the vault: read from WEX when they are revealed."""

    _inherit = "fusion.secret"

    @api.model
    def _wex_entry_without_value(self, card):
        """Return an entry for a card whose number is not kept; it records reveals only."""
        return self.create(
            {
                "purpose": NUMBER_PURPOSE,
                "label": card.display_name,
                "res_model": card._name,
                "res_id": card.id,
                "company_id": card.company_id.id,
                "wiped_at": fields.Datetime.now(),
            }
        )

    def _open(self):
        """Extend to read a number that is not kept from WEX. It is stored nowhere.

        :raise UserError: WEX does not show it
        """
        card = self._wex_card_to_read()
        if not card:
            return super()._open()
        try:
            return sealed_text(card.account_id._wex_client().reveal(card.wex_id or ""))
        except GatewayError as error:
            raise UserError(
                self.env._("WEX does not show the number of this card: %s.", error)
            ) from error

    def _record_access(self, reason):
        """Extend to record that the card is opened."""
        number = super()._record_access(reason)
        self._wex_card()._wex_note_opened()
        return number

    def _check_may_reveal(self):
        """Extend to refuse the numbers of cards that have ended."""
        super()._check_may_reveal()
        if self._wex_card().state in FINAL_STATES:
            raise UserError(
                self.env._("%s has ended: its number is not shown any more.", self.label)
            )

    def _check_alive(self):
        """Extend to accept the numbers that WEX shows."""
        if not self._wex_card_to_read():
            super()._check_alive()

    def _wex_card(self):
        cards = self.env["wex.virtual.card"]
        is_card = self.purpose == NUMBER_PURPOSE and self.res_model == cards._name
        # Elevated: whether the user may read the card is looked at where the number is shown.
        return cards.sudo().browse(self.res_id if is_card else []).exists()

    def _wex_card_to_read(self):
        """Return the card whose number only WEX has; none where the vault has it or it ended."""
        card = self._wex_card()
        # Elevated: users may know that there is a value, not the value.
        is_kept = self.sudo().payload and not (
            self.expires_at and self.expires_at <= fields.Datetime.now()
        )
        return card.browse() if is_kept or card.state in FINAL_STATES else card
