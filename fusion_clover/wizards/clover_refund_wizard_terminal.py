from odoo import models


class CloverRefundWizard(models.TransientModel):
    """A refund that waits for the customer at a terminal: status and cancel."""

    _inherit = "clover.refund.wizard"

    # === CALLED BY THE DIALOG === #

    def clover_terminal_status(self):
        """Return the committed status of the refund, without a call to Clover.

        :return: see :meth:`~PaymentTransaction._clover_terminal_status`
        :raise AccessError: it is another user's dialog, or the user may not refund
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_give_back()
        # Elevated: Refunders may follow refunds without access to transactions.
        return self.refund_id.sudo()._clover_as_committed(
            lambda refund: refund._clover_terminal_status()
        )

    def clover_terminal_cancel(self):
        """Ask the terminal to cancel the refund; Clover says whether cancel or card came first.

        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_give_back()
        # Elevated: Refunders may cancel refunds without access to transactions.
        refund = self.refund_id.sudo().with_context(payment_backend_action=True)
        refund._clover_cancel_on_terminal()
        return self.clover_terminal_status()
