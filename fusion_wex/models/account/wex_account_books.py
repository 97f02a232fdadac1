from odoo import api, fields, models
from odoo.exceptions import ValidationError

METHOD_LINE_NAME = "WEX"


class WexAccount(models.Model):
    """Journal and accounts in which the cards of an account are booked."""

    _inherit = "wex.account"

    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', 'in', ('bank', 'credit')), ('company_id', '=', company_id)]",
        ondelete="restrict",
        help="What WEX paid and is owed. Without it, cards are issued and nothing is booked.",
    )
    outstanding_account_id = fields.Many2one(
        "account.account",
        string="Cards Issued",
        check_company=True,
        domain="[('reconcile', '=', True), ('account_type', 'not in', ('asset_receivable', "
        "'liability_payable'))]",
        ondelete="restrict",
        help="Holds the amount of each card from its issue until the vendor has charged it.",
    )
    difference_account_id = fields.Many2one(
        "account.account",
        string="Differences",
        check_company=True,
        ondelete="restrict",
        help="Takes differences within the tolerance when a card has ended.",
    )
    tolerance = fields.Monetary(
        help="A difference up to this amount between card and charges is written off. A larger one "
        "reopens the bill, or is brought to somebody's attention."
    )
    reminder_days = fields.Integer(
        default=5,
        help="So many days before a card ends that nobody has charged, its clerk is reminded.",
    )

    _tolerance_positive = models.Constraint(
        "CHECK(tolerance >= 0 AND reminder_days >= 0)", "Tolerance and days are not negative."
    )

    @api.constrains("journal_id", "outstanding_account_id", "currency_id", "tolerance")
    def _check_books(self):
        for account in self:
            journal = account.journal_id
            if not journal:
                continue
            if not account.outstanding_account_id.reconcile:
                raise ValidationError(
                    self.env._("Choose an account for cards issued that allows reconciliation.")
                )
            currency = journal.currency_id or journal.company_id.currency_id
            if currency != account.currency_id:
                raise ValidationError(
                    self.env._(
                        "Journal %(journal)s is kept in %(currency)s, as the cards must be.",
                        journal=journal.display_name,
                        currency=currency.name,
                    )
                )
            if account.tolerance and not account.difference_account_id:
                raise ValidationError(
                    self.env._("Choose the account that takes differences within the tolerance.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `models` to prepare the journal before the first card is booked."""
        accounts = super().create(vals_list)
        accounts._wex_ensure_method_line()
        return accounts

    def write(self, vals):
        """Override of `models` to prepare the journal, and to clear what processes cache."""
        result = super().write(vals)
        if {"journal_id", "outstanding_account_id"} & set(vals):
            self._wex_ensure_method_line()
        self._wex_forget_facts(vals)
        return result

    def _wex_method_line(self):
        """Return the payment method of the journal that books to the account of cards issued."""
        self.ensure_one()
        return self.journal_id.outbound_payment_method_line_ids.filtered(
            lambda line: line.payment_account_id == self.outstanding_account_id
            and line.code == "manual"
        )[:1]

    def _wex_ensure_method_line(self):
        # Elevated: who sets up accounts may lack rights on journals.
        for account in self.sudo().filtered("journal_id"):
            if not account._wex_method_line():
                names = account.journal_id.outbound_payment_method_line_ids.mapped("name")
                self.env["account.payment.method.line"].sudo().create(
                    {
                        "name": METHOD_LINE_NAME
                        if METHOD_LINE_NAME not in names
                        else f"{METHOD_LINE_NAME} {account.outstanding_account_id.code}",
                        "journal_id": account.journal_id.id,
                        "payment_method_id": self.env.ref(
                            "account.account_payment_method_manual_out"
                        ).id,
                        "payment_account_id": account.outstanding_account_id.id,
                    }
                )
