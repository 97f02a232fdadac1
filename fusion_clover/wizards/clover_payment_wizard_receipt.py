from odoo import models
from odoo.exceptions import UserError


class CloverPaymentWizard(models.TransientModel):
    """The customer's receipt of a payment on a terminal, from the dialog that took the payment."""

    _inherit = "clover.payment.wizard"

    def clover_terminal_receipt(self, method):
        """Give the customer Clover's receipt.

        :param str method: ``PRINT``, ``EMAIL``, ``SMS``, or ``ASK``: the customer chooses on the
            terminal's screen
        :return: see :meth:`clover_terminal_status`
        :raise UserError: there is none, or it was not made, and why
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: whoever may collect may give the customer a receipt.
        transaction = self.transaction_id.sudo()
        if method == "ASK":
            transaction._clover_ask_receipt()
            return self.clover_terminal_status()
        addresses = {"PRINT": None, **transaction._clover_receipt_addresses()}
        if method not in addresses:
            raise UserError(self.env._("Clover makes no such receipt."))
        transaction._clover_terminal_receipt(method, addresses[method])
        return {
            **self.clover_terminal_status(),
            "receipt": self.env._("The receipt is on its way."),
        }

    def _receipt_sentence(self, transaction):
        """Return what became of the receipt that the customer was asked about."""
        return {
            "asking": self.env._("The customer chooses a receipt on the terminal…"),
            "none": self.env._("The customer wants no receipt."),
            "print": self.env._("The receipt is printed on the terminal."),
            "email": self.env._("The receipt is sent by e-mail."),
            "sms": self.env._("The receipt is sent by text message."),
            "failed": self.env._("The receipt was not made. The payment is not affected."),
        }.get(transaction.clover_receipt_choice, "")
