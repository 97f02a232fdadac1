from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ... import const


class AccountMove(models.Model):
    _inherit = "account.move"

    clover_can_collect = fields.Boolean(compute="_compute_clover_can_collect")

    @api.depends("state", "move_type", "amount_residual", "company_id")
    def _compute_clover_can_collect(self):
        providers = self._clover_providers()
        for move in self:
            move.clover_can_collect = (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.currency_id.compare_amounts(move.amount_residual, 0) > 0
                and bool(providers._clover_of_company(move.company_id))
            )

    @api.model
    def _clover_providers(self):
        # Elevated: that Clover can be used here is no secret; providers are readable by
        # administrators only.
        return self.env["payment.provider"].sudo().search(
            [("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")]
        )

    def action_clover_collect_payment(self):
        """Open the dialog in which a clerk takes one card payment for these invoices.

        :raise UserError: there is nothing to collect, a payment is still being checked, or the
            invoices cannot be paid together
        """
        self.check_access("read")
        for move in self:
            move._clover_check_collectible()
        self._clover_check_payable_together()
        if self.currency_id.compare_amounts(self._fusion_amount_due(), 0) <= 0:
            raise UserError(
                self.env._("The whole amount was already received and is being booked.")
            )
        values = {"move_id": self.id} if len(self) == 1 else {"move_ids": [Command.set(self.ids)]}
        return self.env["clover.payment.wizard"]._open(values)

    def _clover_check_collectible(self):
        """Refuse an invoice on which nothing can be collected now.

        :raise UserError: with the reason
        """
        self.ensure_one()
        if self.fusion_payment_notice:
            raise UserError(self.fusion_payment_notice)
        if not self.clover_can_collect:
            raise UserError(
                self.env._(
                    "Nothing can be collected on %s: the invoice has to be posted and unpaid, and "
                    "Clover has to be connected for its company.",
                    self.display_name,
                )
            )

    def _clover_check_payable_together(self):
        """Refuse invoices that one payment cannot settle.

        :raise UserError: with the reason
        """
        if len(self.partner_id.commercial_partner_id) > 1:
            raise UserError(
                self.env._("Choose invoices of one customer: one card pays for one customer.")
            )
        if len(self.currency_id) > 1:
            raise UserError(self.env._("Choose invoices in one currency."))
        if len(self.company_id) > 1:
            raise UserError(self.env._("Choose invoices of one company."))
        receivable = self.line_ids.filtered(lambda line: line.display_type == "payment_term")
        if len(receivable.account_id) > 1:
            raise UserError(
                self.env._(
                    "These invoices are kept on different receivable accounts, so that one payment "
                    "cannot settle them: %s. Collect them one by one.",
                    ", ".join(receivable.account_id.mapped("display_name")),
                )
            )
