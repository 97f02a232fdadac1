from functools import partial

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.tools import long_calls
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ...client.terminal_outcomes import situation_of_error
from ..fusion_operation import TERMINAL_CHARGE, channel_of
from .payment_transaction_terminal import quietly

#: Values of ``clover_receipt_choice`` by Clover's receipt method.
CHOICES = {"NO_RECEIPT": "none", "PRINT": "print", "EMAIL": "email", "SMS": "sms"}


class PaymentTransaction(models.Model):
    """Clover's receipt of a payment on a terminal. A failure does not affect the payment."""

    _inherit = "payment.transaction"

    clover_receipt_choice = fields.Selection(
        [
            ("asking", "The customer is asked"),
            ("none", "No receipt"),
            ("print", "Printed"),
            ("email", "Sent by e-mail"),
            ("sms", "Sent by text message"),
            ("failed", "Not made"),
        ],
        string="Receipt at the Terminal",
        readonly=True,
        copy=False,
    )

    # === ACTION METHODS === #

    def action_clover_print_on_terminal(self):
        """Print the receipt on the terminal that took the payment."""
        return self._clover_terminal_receipt("PRINT", None)

    def action_clover_terminal_receipt_mail(self):
        """Have Clover send the receipt to the customer's e-mail address."""
        return self._clover_terminal_receipt("EMAIL", self._clover_receipt_addresses()["EMAIL"])

    def action_clover_terminal_receipt_sms(self):
        """Have Clover send the receipt to the customer's phone."""
        return self._clover_terminal_receipt("SMS", self._clover_receipt_addresses()["SMS"])

    # === BUSINESS METHODS === #

    def _clover_receipt_addresses(self):
        """Return the default addresses for the receipt, by method."""
        return {
            "EMAIL": self.partner_email or self.partner_id.email,
            "SMS": self.partner_phone or self.partner_id.phone,
        }

    def _clover_terminal_receipt(self, method, address):
        """Ask the terminal for a receipt.

        :raise UserError: no receipt was made; the message says why
        """
        self.ensure_one()
        self.check_access("read")
        self._clover_check_has_receipt()
        if method != "PRINT" and not address:
            raise UserError(self.env._("The customer has no address to send the receipt to."))
        # Elevated: users who may read the payment may give the customer a receipt.
        transaction = self.sudo()
        client = transaction.provider_id._clover_client()
        serial = transaction.clover_terminal_id.serial
        try:
            client.terminals.receipt(transaction.provider_reference, serial, method, address)
        except GatewayError as error:
            raise UserError(self._clover_terminal_sentence(situation_of_error(error))) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": self.env._("The receipt is on its way.")},
        }

    def _clover_check_has_receipt(self):
        if self.state != "done" or not self.clover_terminal_id:
            raise UserError(self.env._("Only payments made on a terminal have its receipt."))

    # === THE CUSTOMER CHOOSES === #

    def _clover_ask_receipt(self):
        """Let the customer choose on the screen: no receipt, print, e-mail or text message.

        Runs in the background until the customer has chosen; the bus notifies open dialogs.

        :raise UserError: there is no receipt, or the terminal is in use
        """
        self.ensure_one()
        self._clover_check_has_receipt()
        terminal = self.clover_terminal_id
        if terminal.in_use_notice:
            raise UserError(terminal.in_use_notice)
        ask = self._clover_receipt_question(self.provider_id._clover_client().terminals)
        in_own_transaction(self.env, lambda env: self.with_env(env)._clover_keep_receipt("asking"))
        long_calls.detach(f"receipt of {self.reference}", ask)

    def _clover_receipt_question(self, terminals):
        """Return the function that asks the customer, makes the receipt and shows thank-you.

        :param terminals: the client's terminal interface
        """
        return partial(
            _ask,
            terminals,
            self.clover_terminal_id.serial,
            self.provider_reference,
            self._clover_receipt_addresses(),
            partial(self._clover_receipt_told, self.env, self.id),
        )

    @staticmethod
    def _clover_receipt_told(env, transaction_id, told):
        in_own_transaction(
            env,
            lambda own: (
                own["payment.transaction"].browse(transaction_id)._clover_keep_receipt(told)
            ),
        )

    def _clover_keep_receipt(self, told):
        self.clover_receipt_choice = told
        self.env["bus.bus"]._sendone(channel_of(self.reference), "fusion_clover.payment", {})

    def _clover_good_end(self, operation, terminals, serial):
        """Return the function that shows the final screen; it runs without a transaction.

        If the company has enabled it, the customer is first asked about the receipt.

        :param terminals: the client's terminal interface
        """
        transaction = self.search([("reference", "=", operation.reference)], limit=1)
        asks = transaction.company_id.clover_ask_receipt and operation.kind == TERMINAL_CHARGE
        if not asks or transaction.state != "done":
            return partial(quietly, terminals.thank_you, serial)
        transaction.clover_receipt_choice = "asking"
        return transaction._clover_receipt_question(terminals)


def _ask(terminals, serial, payment_id, addresses, tell):
    """Ask the customer and make the chosen receipt. A failure does not affect the payment."""
    try:
        choice = terminals.receipt_options(serial)
        told = CHOICES.get(choice.method, "failed")
        if told not in ("none", "failed"):
            address = choice.address or addresses.get(choice.method)
            terminals.receipt(payment_id, serial, choice.method, address)
    except GatewayError:
        told = "failed"
    tell(told)
    quietly(terminals.thank_you, serial)
