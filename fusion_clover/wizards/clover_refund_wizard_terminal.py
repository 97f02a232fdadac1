from odoo import models


class CloverRefundWizard(models.TransientModel):
    """A refund that waits for the customer at a terminal: how it stands, for whoever looks."""

    _inherit = "clover.refund.wizard"

    # === CALLED BY THE DIALOG === #

    def clover_terminal_status(self):
        """Return how the refund stands, as committed; asks nobody.

        :return: see :meth:`~PaymentTransaction._clover_terminal_status`
        :raise AccessError: it is somebody else's dialog, or the user may not give money back
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_give_back()
        # Elevated: Refunders may follow what they may begin.
        return self.refund_id.sudo()._clover_as_committed(
            lambda refund: refund._clover_terminal_status()
        )

    def clover_terminal_cancel(self):
        """Ask the terminal to end the refund; what came first is told by Clover.

        :return: see :meth:`clover_terminal_status`
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_give_back()
        # Elevated: Refunders may cancel what they may begin.
        refund = self.refund_id.sudo().with_context(payment_backend_action=True)
        refund._clover_cancel_on_terminal()
        return self.clover_terminal_status()
