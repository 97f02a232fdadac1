from odoo import models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    """The answer to the payment page, also when the shopper's card was not charged."""

    _inherit = "payment.transaction"

    def _clover_pay_online(self, source, card):
        """Charge or save the card that a shopper entered.

        :param str source: one-time token of Clover's card form
        :param dict card: the form's data about a card that is only saved, or None
        :return: ``{"state": done|pending|declined|refused, "message": sentence}``
        """
        try:
            return self._clover_process_card(source, card=card)
        except UserError as error:
            message = str(error)
        # The same payment was sent twice: this request waits for the other one.
        if self._clover_is_under_way():
            return {"state": "pending", "message": message}
        if self.state == "draft":
            # It will not be paid any more. Cancel it, so that its status page redirects.
            self._set_canceled(state_message=message)
        return {"state": "refused", "message": message}
