from odoo import fields, models
from odoo.exceptions import UserError

from ... import const
from .wex_virtual_card import FINAL_STATES
from .wex_virtual_card_operation import RESEND


class WexVirtualCard(models.Model):
    """Having WEX send a card to the vendor once more."""

    _inherit = "wex.virtual.card"

    delivery_email = fields.Char(related="request_id.delivery_email", string="Sent by WEX To")

    def action_wex_resend(self):
        """Have WEX send the cards again to where it sent them first.

        :raise UserError: WEX does not send one of them, or it has ended
        """
        self.env["wex.card.request"]._wex_check_may(const.USER_GROUP)
        self.check_access("read")
        for card in self:
            if not card.delivery_email or card.state in FINAL_STATES:
                raise UserError(self.env._("WEX does not send %s.", card.display_name))
            card._wex_enqueue(RESEND)

    def _wex_note_resent(self):
        """Say on the card that WEX has sent it again."""
        self.message_post(
            body=self.env._("WEX has sent the card again to %s.", self.delivery_email)
        )
