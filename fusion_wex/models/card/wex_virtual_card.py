from odoo import api, fields, models

#: States in which the vendor may charge the card, and those in which the card has ended.
OPEN_STATES = ("issued", "opened", "authorized", "partly_used")
FINAL_STATES = ("cleared", "expired", "cancelled", "reissued")


class WexVirtualCard(models.Model):
    """A card that exists at WEX. Its number is not here: see ``fusion.secret``."""

    _name = "wex.virtual.card"
    _description = "Virtual Card"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char(required=True, readonly=True, help="Number of the request it was made for.")
    request_id = fields.Many2one(
        "wex.card.request", required=True, readonly=True, index=True, ondelete="restrict"
    )
    line_ids = fields.One2many(related="request_id.line_ids", string="Bills")
    account_id = fields.Many2one("wex.account", required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one("res.partner", string="Vendor", readonly=True, index=True)
    vendor_name = fields.Char(readonly=True)
    requested_by_id = fields.Many2one("res.users", string="Clerk", readonly=True)
    reference = fields.Char(readonly=True, index=True)
    wex_id = fields.Char(string="WEX Id", readonly=True, copy=False, index="btree_not_null")
    wex_status = fields.Char(string="Status at WEX", readonly=True)
    is_test = fields.Boolean(string="Test", readonly=True, help="Worth nothing.")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    last4 = fields.Char(string="Ends In", readonly=True)
    expiry = fields.Char(readonly=True, help="Month and year on the card.")
    valid_until = fields.Date(readonly=True, index=True)
    issued_at = fields.Datetime(readonly=True, required=True, default=fields.Datetime.now)
    opened_at = fields.Datetime(
        readonly=True, copy=False, help="When its number was first revealed or received."
    )
    state = fields.Selection(
        [
            ("issued", "Issued"),
            ("opened", "Opened"),
            ("authorized", "Authorized"),
            ("partly_used", "Partly Used"),
            ("cleared", "Cleared"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
            ("reissued", "Reissued"),
        ],
        required=True,
        readonly=True,
        default="issued",
        index=True,
        tracking=True,
    )

    _wex_id_unique = models.UniqueIndex(
        "(account_id, wex_id) WHERE wex_id IS NOT NULL", "This card is known already."
    )
    _request_unique = models.Constraint("unique(request_id)", "A request makes one card.")

    @api.depends("name", "last4", "is_test")
    def _compute_display_name(self):
        for card in self:
            shown = f"{card.name} •••• {card.last4 or '????'}"
            card.display_name = self.env._("%s (TEST)", shown) if card.is_test else shown

    @api.model
    def _wex_create(self, request, facts):
        """Return the record of a card that WEX made for ``request``.

        :param facts: a :class:`~odoo.addons.fusion_wex.client.types.VirtualCard`
        """
        month, year = facts.expiry_month, facts.expiry_year
        # What can be charged; a Manager may have accepted another amount than requested.
        amount = float(facts.limit) if facts.limit is not None else request.amount
        return self.create(
            {
                "name": request.name,
                "request_id": request.id,
                "account_id": request.account_id.id,
                "company_id": request.company_id.id,
                "partner_id": request.partner_id.id,
                "vendor_name": request.vendor_name,
                "requested_by_id": request.requested_by_id.id,
                "reference": request.reference,
                "wex_id": facts.id or False,
                "wex_status": facts.raw_status,
                "is_test": request.account_id._wex_is_watermarked() or facts.is_simulated,
                "currency_id": request.currency_id.id,
                "amount": amount,
                "last4": facts.last4,
                "expiry": f"{month:02d}/{year}" if month and year else False,
                "valid_until": facts.valid_until or request.valid_until,
            }
        )

    def _wex_note_opened(self):
        """Record when the number was first revealed or received."""
        for card in self.filtered(lambda one: not one.opened_at):
            values = {"opened_at": fields.Datetime.now()}
            if card.state == "issued":
                values["state"] = "opened"
            # Elevated: users do not write cards.
            card.sudo().write(values)

    def _wex_after_issue(self):
        """Do what is done once for each new card, in the transaction that makes it.

        A card that cannot be booked is a card all the same.
        """
        if self.request_id.delivery_email:
            # WEX itself sends it to the vendor: nobody here needs the code.
            self._wex_after_delivery()
        self._wex_book(self._wex_book_issue)
        self.next_attempt_at = self._wex_next_reading_at()
