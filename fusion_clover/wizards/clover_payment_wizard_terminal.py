from odoo import models
from odoo.exceptions import UserError


class CloverPaymentWizard(models.TransientModel):
    """Collect Payment on a terminal: sends it, shows how it stands, cancels it, gives a receipt."""

    _inherit = "clover.payment.wizard"

    # === CALLED BY THE DIALOG === #

    def clover_terminal_check(self):
        """Ask the chosen terminal in the background whether it answers.

        :return: ``{"channel": of the bus, "message": how the last contact went, "ok": bool}``
        """
        self.ensure_one()
        terminal = self.terminal_id
        if not terminal:
            return {"channel": "", "message": "", "ok": False}
        terminal._ping_later()
        return self.clover_terminal_contact()

    def clover_terminal_contact(self):
        """Return how the last contact with the terminal went; asks nobody."""
        self.ensure_one()
        terminal = self.terminal_id
        return {
            "channel": terminal._channel() if terminal else "",
            "message": terminal.in_use_notice or terminal._contact_sentence() if terminal else "",
            "ok": bool(terminal and not terminal.in_use_notice and not terminal.last_error),
        }

    def clover_send_to_terminal(self):
        """Fix what is to be paid and queue it for the terminal, in one transaction.

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
        """Return how the payment stands, as committed; asks nobody.

        :return: see :meth:`~PaymentTransaction._clover_terminal_status`
        :raise AccessError: it is somebody else's dialog, or the document is not the user's to read
        """
        self.ensure_one()
        self.check_access("read")
        self._check_document_access()
        # Elevated: clerks may follow what they collect without access to transactions.
        return self.transaction_id.sudo()._clover_as_committed(
            lambda transaction: transaction._clover_terminal_status()
        )

    def clover_terminal_cancel(self):
        """Ask the terminal to end the payment.

        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks may cancel what they may collect.
        transaction = self.transaction_id.sudo()
        transaction.with_context(payment_backend_action=True)._clover_cancel_on_terminal()
        return self.clover_terminal_status()

    def clover_terminal_decide(self, decision):
        """Keep a payment that Clover warns of, or have it given back.

        :param str decision: ``keep`` or ``give_back``
        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self._check_document_access()
        # Elevated: clerks decide about what they have collected.
        transaction = self.transaction_id.sudo()
        transaction.with_context(payment_backend_action=True)._clover_decide(decision)
        return self.clover_terminal_status()

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
