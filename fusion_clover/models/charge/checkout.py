from odoo import models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    """What the payment page is told when a shopper's card was not charged."""

    _inherit = "payment.transaction"

    def _clover_pay_online(self, source, card):
        """Charge, or save, the card that a shopper entered.

        :param str source: one-time token of Clover's card form
        :param dict card: what the form says about a card that is only saved, or None
        :return: ``{"state": done|pending|declined|refused, "message": sentence}``
        """
        try:
            return self._clover_process_card(source, card=card)
        except UserError as error:
            message = str(error)
        # Two sends of the same payment: this one only has to wait for the other.
        if self._clover_is_under_way():
            return {"state": "pending", "message": message}
        if self.state == "draft":
            # Nobody will pay it any more; a status page that shows it has to lead on.
            self._set_canceled(state_message=message)
        return {"state": "refused", "message": message}
