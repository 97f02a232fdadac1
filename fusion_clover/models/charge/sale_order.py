from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class SaleOrder(models.Model):
    """Orders paid before there is an invoice; the payment settles the later invoice."""

    _name = "sale.order"
    _inherit = ["sale.order", "fusion.payment.document", "clover.collectable"]

    clover_can_collect = fields.Boolean(compute="_compute_clover_can_collect")

    @api.depends("state", "amount_total", "company_id", "invoice_status", "transaction_ids.state")
    def _compute_clover_can_collect(self):
        providers = self._clover_providers()
        for order in self:
            order.clover_can_collect = (
                bool(providers._clover_of_company(order.company_id))
                and order.currency_id.compare_amounts(order._clover_amount_due(), 0) > 0
            )

    def _clover_amount_due(self, *, besides=None):
        """Return the amount still collectable on the order itself, in its currency.

        Invoiced amounts are collected on the invoice. Payments are deducted until an invoice has
        used them, including payments still open at the provider.

        :param str besides: reference of a transaction to leave out
        """
        self.ensure_one()
        if self.state == "cancel":
            return 0.0
        # Elevated: the protection against double charges must not depend on access rights.
        order = self.sudo()
        taken = order.transaction_ids.filtered(
            lambda one: one.operation != "refund"
            and one.amount > 0
            and not one.source_transaction_id
            and one.reference != besides
            and one.state in ("pending", "authorized", "done")
        )
        unapplied = sum(one._clover_not_yet_applied() for one in taken)
        return order.currency_id.round(order._clover_not_invoiced() - unapplied)

    def _clover_not_invoiced(self):
        """Return the part of the order's total that is not on posted invoices."""
        left = self.amount_total - self.amount_invoiced
        # Ignore rounding differences: orders and invoices may round taxes per line or in total.
        return 0.0 if abs(left) <= self.currency_id.rounding * len(self.order_line) else left

    def _clover_deposit_due(self):
        """Return the deposit still missing to confirm the quotation, 0 if none is required."""
        self.ensure_one()
        if self.state not in ("draft", "sent") or not self.require_payment:
            return 0.0
        missing = self._get_prepayment_required_amount() - self.sudo().amount_paid
        return max(self.currency_id.round(min(missing, self._clover_amount_due())), 0.0)

    def _clover_payer(self):
        """Return the partner who pays this order."""
        return self.partner_invoice_id

    def _clover_transaction_links(self):
        """Return the values that link a transaction with this order."""
        return {"sale_order_ids": [Command.set(self.ids)]}

    def _clover_check_collectible(self):
        """Refuse an order that cannot be collected.

        :raise UserError: with the reason
        """
        self.ensure_one()
        self._clover_refuse_under_way()
        if not self.clover_can_collect:
            raise UserError(
                self.env._(
                    "Nothing can be collected here: the order is paid, invoiced or cancelled, or "
                    "Clover is not connected for its company. What was invoiced is collected on "
                    "the invoice."
                )
            )
