from odoo import fields, models


class WexCardAuthorization(models.Model):
    """A vendor's attempt to charge a card, as WEX tells it. Nothing is paid by it."""

    _name = "wex.card.authorization"
    _description = "Card Authorization"
    _order = "authorized_at desc, id desc"
    _rec_name = "wex_id"

    card_id = fields.Many2one(
        "wex.virtual.card", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="card_id.company_id")
    currency_id = fields.Many2one(related="card_id.currency_id")
    wex_id = fields.Char(string="WEX Id", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    result = fields.Selection(
        [
            ("approved", "Approved"),
            ("declined", "Declined"),
            ("reversed", "Reversed"),
            ("unknown", "Unknown"),
        ],
        required=True,
        readonly=True,
    )
    authorized_at = fields.Datetime(string="Time", readonly=True)
    merchant_name = fields.Char(string="Merchant", readonly=True)
    approval_code = fields.Char(readonly=True)
    decline_reason = fields.Char(readonly=True)

    _once = models.Constraint("unique(card_id, wex_id)", "This authorization is known already.")


class WexCardTransaction(models.Model):
    """Money that moved on a card; each is one line of the WEX journal."""

    _name = "wex.card.transaction"
    _description = "Card Transaction"
    _order = "posting_date desc, id desc"
    _rec_name = "wex_id"

    card_id = fields.Many2one(
        "wex.virtual.card", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="card_id.company_id", store=True, index=True)
    account_id = fields.Many2one(related="card_id.account_id", store=True)
    partner_id = fields.Many2one(related="card_id.partner_id", store=True, string="Vendor")
    currency_id = fields.Many2one(related="card_id.currency_id")
    wex_id = fields.Char(string="WEX Id", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="Negative where the vendor gave money back.")
    transaction_date = fields.Date(string="Date", readonly=True)
    posting_date = fields.Date(string="Posted On", readonly=True)
    merchant_name = fields.Char(string="Merchant", readonly=True)
    statement_line_id = fields.Many2one(
        "account.bank.statement.line", string="Journal Line", readonly=True, copy=False
    )

    _once = models.Constraint("unique(card_id, wex_id)", "This transaction is known already.")
