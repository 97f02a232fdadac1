from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..client.refund_routing import PaymentFacts, Way
from ..models.terminal.payment_transaction_terminal_refund import KIND_OF_WAY


class CloverRefundWizard(models.TransientModel):
    """Refund at a terminal: which one, and who approved what is not tied to a payment."""

    _inherit = "clover.refund.wizard"

    terminal_ids = fields.Many2many(
        "clover.terminal", string="Terminals to Choose From", compute="_compute_terminal_ids"
    )
    terminal_id = fields.Many2one(
        "clover.terminal",
        compute="_compute_terminal_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', terminal_ids)]",
    )
    needs_terminal = fields.Boolean(compute="_compute_needs_terminal")
    needs_approval = fields.Boolean(compute="_compute_needs_terminal")
    approval_note = fields.Char(string="Reason of the Credit")

    @api.depends("transaction_id")
    def _compute_terminal_ids(self):
        for wizard in self:
            provider = wizard.transaction_id.sudo().provider_id
            wizard.terminal_ids = self.env["clover.terminal"]._usable(provider)

    @api.depends("transaction_id")
    def _compute_terminal_id(self):
        for wizard in self:
            provider = wizard.transaction_id.sudo().provider_id
            wizard.terminal_id = self.env["clover.terminal"]._preferred(provider)

    @api.depends("amount", "facts")
    def _compute_needs_terminal(self):
        for wizard in self:
            way = wizard._way()
            wizard.needs_terminal = way in KIND_OF_WAY
            wizard.needs_approval = way == Way.CREDIT

    def _way(self):
        """Return the way that the dialog announces; which one it is, is decided when it is sent."""
        if not self.facts:
            return None
        transaction = self.transaction_id.sudo()
        return transaction._clover_route(PaymentFacts.from_dict(self.facts), self.amount).way

    def action_refund(self):
        """Override to give back at a terminal where that is the only way.

        :raise AccessError: a credit without a Manager
        :raise UserError: nothing was sent; the message says why
        """
        self.ensure_one()
        if not self.needs_terminal:
            return super().action_refund()
        if not self.terminal_id:
            raise UserError(self.env._("Choose a terminal first."))
        if self.needs_approval:
            self._check_approval()
        wizard = self.with_context(
            clover_refund_terminal_id=self.terminal_id.id,
            clover_refund_way=str(self._way()),
            clover_credit_reason=self.approval_note,
        )
        return super(CloverRefundWizard, wizard).action_refund()

    def _check_approval(self):
        if not self.env.user.has_group("fusion_payment_common.group_fusion_manager"):
            raise AccessError(
                self.env._("Only a Manager of Fusion Payments gives credits. Ask one.")
            )
        if not self.approval_note:
            raise UserError(self.env._("Enter the reason of the credit."))
