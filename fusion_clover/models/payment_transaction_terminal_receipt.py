from odoo import models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ..client.terminal_outcomes import situation_of_error


class PaymentTransaction(models.Model):
    """Clover's own receipt of a payment on a terminal. That it fails changes nothing else."""

    _inherit = "payment.transaction"

    def action_clover_print_on_terminal(self):
        """Print the receipt on the terminal that took the payment."""
        return self._clover_terminal_receipt("PRINT", None)

    def action_clover_terminal_receipt_mail(self):
        """Have Clover send the receipt to the customer's e-mail address."""
        return self._clover_terminal_receipt("EMAIL", self.partner_email or self.partner_id.email)

    def action_clover_terminal_receipt_sms(self):
        """Have Clover send the receipt to the customer's phone."""
        return self._clover_terminal_receipt("SMS", self.partner_phone or self.partner_id.phone)

    def _clover_terminal_receipt(self, method, address):
        """Ask the terminal for a receipt; :raise UserError: it was not made, and why."""
        self.ensure_one()
        self.check_access("read")
        if self.state != "done" or not self.clover_terminal_id:
            raise UserError(self.env._("Only payments made on a terminal have its receipt."))
        if method != "PRINT" and not address:
            raise UserError(self.env._("The customer has no address to send the receipt to."))
        # Elevated: whoever may read the payment may give the customer a receipt.
        transaction = self.sudo()
        client = transaction.provider_id._clover_client()
        serial = transaction.clover_terminal_id.serial
        try:
            client.terminals.receipt(transaction.provider_reference, serial, method, address)
        except GatewayError as error:
            raise UserError(
                self._clover_terminal_sentence(situation_of_error(error))
            ) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": self.env._("The receipt is on its way.")},
        }
