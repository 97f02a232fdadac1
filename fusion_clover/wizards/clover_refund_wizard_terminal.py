from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..client.refund_routing import PaymentFacts, Way


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
            wizard.needs_terminal = way in (Way.DEVICE_REFUND, Way.CREDIT)
            wizard.needs_approval = way == Way.CREDIT

    def _way(self):
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
        wizard = self.with_context(clover_refund_terminal_id=self.terminal_id.id)
        action = super(CloverRefundWizard, wizard).action_refund()
        if self.needs_approval:
            self._keep_approval()
        return action

    def _check_approval(self):
        if not self.env.user.has_group("fusion_payment_common.group_fusion_manager"):
            raise AccessError(
                self.env._("Only a Manager of Fusion Payments gives credits. Ask one.")
            )
        if not self.approval_note:
            raise UserError(self.env._("Enter the reason of the credit."))

    def _keep_approval(self):
        # Elevated: the trail is nobody's to write by hand.
        transaction = self.transaction_id.sudo()
        for document in self.move_id or transaction.invoice_ids:
            document.message_post(
                body=self.env._(
                    "%(user)s approved a credit of %(amount)s to another card: %(reason)s",
                    user=self.env.user.name,
                    amount=self.currency_id.format(self.amount),
                    reason=self.approval_note,
                )
            )
