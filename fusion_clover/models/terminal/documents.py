from odoo import fields, models

from ..fusion_operation import TERMINAL_CHARGE


class AccountMove(models.Model):
    _inherit = "account.move"

    # Elevated: whoever may collect may see that somebody is collecting.
    clover_on_terminal = fields.Boolean(
        string="On a Terminal", compute="_compute_clover_on_terminal", compute_sudo=True
    )

    def _compute_clover_on_terminal(self):
        busy = _held_by_terminals(self)
        for move in self:
            move.clover_on_terminal = move.id in busy

    def action_clover_collect_payment(self):
        """Override to show the payment that is on a terminal, whoever started it, wherever."""
        self.check_access("read")
        action = len(self) == 1 and self.env["clover.payment.wizard"]._resume(self)
        return action or super().action_clover_collect_payment()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # Elevated: whoever may collect may see that somebody is collecting.
    clover_on_terminal = fields.Boolean(
        string="On a Terminal", compute="_compute_clover_on_terminal", compute_sudo=True
    )

    def _compute_clover_on_terminal(self):
        busy = _held_by_terminals(self)
        for order in self:
            order.clover_on_terminal = order.id in busy

    def action_clover_collect_payment(self):
        """Override to show the payment that is on a terminal, whoever started it, wherever."""
        self.check_access("read")
        action = len(self) == 1 and self.env["clover.payment.wizard"]._resume(self)
        return action or super().action_clover_collect_payment()


def _held_by_terminals(documents):
    """Return the ids of those documents that a payment on a terminal holds."""
    holds = documents.env["fusion.operation.hold"].search(
        [
            ("res_model", "=", documents._name),
            ("res_id", "in", documents.ids),
            ("operation_id.kind", "=", TERMINAL_CHARGE),
        ]
    )
    return set(holds.mapped("res_id"))
