from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const


class AccountMove(models.Model):
    _inherit = "account.move"

    clover_can_collect = fields.Boolean(compute="_compute_clover_can_collect")

    @api.depends("state", "move_type", "amount_residual", "company_id")
    def _compute_clover_can_collect(self):
        companies_with_clover = self._clover_providers().mapped("company_id")
        for move in self:
            move.clover_can_collect = (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.currency_id.compare_amounts(move.amount_residual, 0) > 0
                and bool(move.company_id.parent_ids & companies_with_clover)
            )

    @api.model
    def _clover_providers(self):
        # Elevated: that Clover can be used here is no secret; providers are readable by
        # administrators only.
        return self.env["payment.provider"].sudo().search(
            [("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")]
        )

    def action_clover_collect_payment(self):
        """Open the dialog in which a clerk takes a card payment for this invoice.

        :raise UserError: there is nothing to collect, or a payment is still being checked
        """
        self.ensure_one()
        self.check_access("read")
        if self.fusion_payment_notice:
            raise UserError(self.fusion_payment_notice)
        if not self.clover_can_collect:
            raise UserError(
                self.env._(
                    "Nothing can be collected here: the invoice has to be posted and unpaid, and "
                    "Clover has to be connected for its company."
                )
            )
        if self.currency_id.compare_amounts(self._fusion_amount_due(), 0) <= 0:
            raise UserError(
                self.env._("The whole amount was already received and is being booked.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collect Payment"),
            "res_model": "clover.payment.wizard",
            "res_id": self.env["clover.payment.wizard"].create({"move_id": self.id}).id,
            "views": [(False, "form")],
            "target": "new",
        }
