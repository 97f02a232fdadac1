from odoo import models
from odoo.exceptions import UserError


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment on a terminal: send, status, cancel, decide and receipt."""

    _inherit = "clover.payment.wizard"

    # === CALLED BY THE DIALOG === #

    def clover_terminal_check(self):
        """Ping the chosen terminal in the background.

        :return: ``{"channel": of the bus, "message": result of the last contact, "ok": bool}``
        """
        self.ensure_one()
        terminal = self.terminal_id
        if not terminal:
            return {"channel": "", "message": "", "ok": False}
        terminal._ping_later()
        return self.clover_terminal_contact()

    def clover_terminal_contact(self):
        """Return the result of the last contact with the terminal, from the database only."""
        self.ensure_one()
        terminal = self.terminal_id
        return {
            "channel": terminal._channel() if terminal else "",
            "message": terminal.in_use_notice or terminal._contact_sentence() if terminal else "",
            "ok": bool(terminal and not terminal.in_use_notice and not terminal.last_error),
        }

    def clover_send_to_terminal(self):
        """Create the transaction and queue it for the terminal, in one database transaction.

        A second click changes nothing.

        :return: see :meth:`clover_terminal_status`
        :raise UserError: nothing is sent; the message says why
        """
        self.ensure_one()
        if self._open_operation():
            return self.clover_terminal_status()
        if not self.terminal_id:
            raise UserError(self.env._("Choose a terminal first."))
        self.clover_prepare()
        # Elevated: clerks may collect without access to transactions and providers.
        transaction = self.transaction_id.sudo().with_context(payment_backend_action=True)
        transaction._clover_send_to_terminal(self.terminal_id)
        return transaction._clover_terminal_status()

    def clover_terminal_status(self):
        """Return the committed status of the payment, without a call to Clover.

        :return: see :meth:`~PaymentTransaction._clover_terminal_status`
        :raise AccessError: it is another user's dialog, or the user may not read the document
        """
        self.ensure_one()
        self.check_access("read")
        self._check_document_access()
        # Elevated: clerks may follow what they collect without access to transactions.
        return self.transaction_id.sudo()._clover_as_committed(
            lambda transaction: transaction._clover_terminal_status()
        )

    def clover_terminal_cancel(self):
        """Ask the terminal to cancel the payment.

        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may cancel what they may collect.
        transaction = self.transaction_id.sudo()
        transaction.with_context(payment_backend_action=True)._clover_cancel_on_terminal()
        return self.clover_terminal_status()

    def clover_terminal_decide(self, decision):
        """Keep or refund a payment with a warning from Clover.

        :param str decision: ``keep`` or ``give_back``
        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may decide about payments that they may collect.
        transaction = self.transaction_id.sudo()
        transaction.with_context(payment_backend_action=True)._clover_decide(decision)
        return self.clover_terminal_status()

    def clover_terminal_receipt(self, method):
        """Give the customer Clover's receipt.

        :param str method: ``PRINT``, ``EMAIL``, ``SMS``, or ``ASK``: the customer chooses on the
            terminal's screen
        :return: see :meth:`clover_terminal_status`
        :raise UserError: there is no receipt, or it was not made; the message says why
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: users who may collect may give the customer a receipt.
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
