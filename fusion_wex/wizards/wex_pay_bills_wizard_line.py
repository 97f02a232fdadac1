from odoo import api, fields, models


class WexPayBillsWizardLine(models.TransientModel):
    """A bill in the dialog: the amount to pay, and why it cannot be paid."""

    _name = "wex.pay.bills.wizard.line"
    _description = "Bill to Pay with a WEX Card"

    wizard_id = fields.Many2one("wex.pay.bills.wizard", required=True, ondelete="cascade")
    move_id = fields.Many2one("account.move", string="Bill", required=True, readonly=True)
    partner_id = fields.Many2one(related="move_id.commercial_partner_id", string="Vendor")
    invoice_date_due = fields.Date(related="move_id.invoice_date_due", string="Due")
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_open = fields.Monetary(string="Open", compute="_compute_amount_open")
    amount = fields.Monetary(string="To Pay")
    is_blocked = fields.Boolean(compute="_compute_advice")
    advice = fields.Char(string="Notes", compute="_compute_advice")

    @api.depends("move_id")
    def _compute_amount_open(self):
        for line in self:
            line.amount_open = line.move_id._wex_amount_open()

    @api.depends("move_id", "amount", "wizard_id.account_id", "wizard_id.grouping")
    def _compute_advice(self):
        for line in self:
            obstacle = line._wex_obstacle()
            line.is_blocked = bool(obstacle)
            line.advice = obstacle or line._wex_warning()

    def _wex_obstacle(self):
        """Return why the bill cannot be paid by a card now, or False."""
        move, account = self.move_id, self.wizard_id.account_id
        if move.move_type not in ("in_invoice", "in_receipt", "in_refund"):
            return self.env._("No vendor bill.")
        if move.state != "posted":
            return self.env._("Not posted.")
        if move.fusion_payment_notice:
            return move.fusion_payment_notice
        if not move.currency_id.compare_amounts(self.amount_open, 0):
            return self.env._("Nothing is open: paid, or in payment.")
        if account and move.currency_id != account.currency_id:
            return self.env._(
                "The cards of %(account)s are in %(currency)s.",
                account=account.name,
                currency=account.currency_id.name,
            )
        if move.move_type == "in_refund" and self.wizard_id.grouping == "bill":
            return self.env._("A credit note is deducted on one card per vendor only.")
        if move.currency_id.compare_amounts(abs(self.amount), abs(self.amount_open)) > 0:
            return self.env._("More than what is open.")
        return False

    def _wex_warning(self):
        """Return what the clerk should know before paying, or False."""
        move, warnings = self.move_id, []
        if not move.commercial_partner_id._wex_remittance_email():
            warnings.append(self.env._("The vendor has no remittance e-mail."))
        if move.payment_state in ("partial", "in_payment"):
            warnings.append(self.env._("A part is paid or in payment already."))
        return " ".join(warnings) or False
