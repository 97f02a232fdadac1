from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

#: Most invoices that a payment reference names; beyond that it gives the first and a count.
NAMED_INVOICES = 3


class AccountMove(models.Model):
    """Invoices on which a clerk can collect a card payment."""

    _name = "account.move"
    _inherit = ["account.move", "clover.collectable"]

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

    def _clover_amount_due(self):
        """Return the amount still collectable on these invoices, in their common currency."""
        return self._fusion_amount_due()

    def _clover_payer(self):
        """Return the paying partner; for several contacts, their commercial partner."""
        partners = self.partner_id
        return partners.commercial_partner_id if len(partners) > 1 else partners

    def _clover_transaction_links(self):
        """Return the values that link a transaction with these invoices."""
        return {"invoice_ids": [Command.set(self.ids)]}

    def _clover_reference_prefix(self):
        """Override to give the number of invoices instead of all their names."""
        if len(self) <= NAMED_INVOICES:
            return super()._clover_reference_prefix()
        return f"{self[0].name}+{len(self) - 1}"

    def _clover_check_collectible(self):
        """Refuse invoices that cannot be collected, or cannot be collected together.

        :raise UserError: with the reason
        """
        self._clover_refuse_under_way()
        for move in self:
            if not move.clover_can_collect:
                raise UserError(
                    self.env._(
                        "Nothing can be collected on %s: the invoice has to be posted and unpaid, "
                        "and Clover has to be connected for its company.",
                        move.display_name,
                    )
                )
        self._clover_check_payable_together()
        if self.currency_id.compare_amounts(self._fusion_amount_due(), 0) <= 0:
            raise UserError(
                self.env._("The whole amount was already received and is being booked.")
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
