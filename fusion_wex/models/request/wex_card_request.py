from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

#: States without a card in which nothing more happens by itself.
NO_CARD_STATES = ("declined", "failed", "cancelled")
#: States in which there may be a card, or will be.
UNDER_WAY_STATES = ("queued", "issuing", "unknown")
#: Written by the steps of a request only: a user who could write them could approve their own card.
PROTECTED_FIELDS = frozenset(
    {
        "approved_at",
        "approved_by_id",
        "bill_date",
        "bill_number",
        "card_id",
        "external_ref",
        "is_acknowledged_early",
        "is_waiting",
        "message",
        "name",
        "operation_id",
        "proxy_fields",
        "reference",
        "reissue_of_id",
        "requested_by_id",
        "second_of_id",
        "state",
    }
)


class WexCardRequest(models.Model):
    """A request for one card: for which vendor, over which amount, for which bills.

    One request makes one card at most, whatever happens to answers, workers and clerks. A second
    card (a reissue, another try after a refusal) is another request or another reference.
    """

    _name = "wex.card.request"
    _description = "Virtual Card Request"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "fusion.operation.handler",
        "fusion.delivery.handler",
    ]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(required=True, readonly=True, copy=False, default="/", index="trigram")
    account_id = fields.Many2one(
        "wex.account",
        required=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self._default_account(),
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    partner_id = fields.Many2one("res.partner", string="Vendor", check_company=True, index=True)
    vendor_name = fields.Char(
        compute="_compute_vendor_name", store=True, readonly=False, precompute=True
    )
    line_ids = fields.One2many("wex.card.request.line", "request_id", string="Bills", copy=False)
    move_ids = fields.Many2many(
        "account.move",
        string="Vendor Bills",
        compute="_compute_move_ids",
        inverse="_inverse_move_ids",
        store=True,
        domain="[('move_type', 'in', ('in_invoice', 'in_refund', 'in_receipt'))]",
    )
    amount = fields.Monetary(
        compute="_compute_amount", store=True, readonly=False, tracking=True
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    bill_number = fields.Char(readonly=True, help="Of a bill that need not be in Odoo.")
    bill_date = fields.Date(readonly=True)
    memo = fields.Char()
    payment_name = fields.Char(
        index="btree_not_null", help="What another system calls the payment."
    )
    employee_name = fields.Char(
        compute="_compute_employee_name", store=True, readonly=False, precompute=True
    )
    external_ref = fields.Char(
        copy=False,
        index="btree_not_null",
        help="The other system's id of the request. The same id at the same account is the same "
        "request.",
    )
    requested_by_id = fields.Many2one(
        "res.users", required=True, readonly=True, default=lambda self: self.env.user
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("queued", "Queued"),
            ("issuing", "Issuing"),
            ("issued", "Issued"),
            ("acknowledged", "Acknowledged"),
            ("declined", "Declined"),
            ("failed", "Failed"),
            ("unknown", "Checking"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    message = fields.Char(
        string="Result", readonly=True, copy=False, help="What happened, and what to do next."
    )

    # --- terms ---
    valid_until = fields.Date(
        compute="_compute_terms", store=True, readonly=False, precompute=True, copy=False
    )
    max_uses = fields.Integer(
        string="Authorizations",
        compute="_compute_terms",
        store=True,
        readonly=False,
        precompute=True,
        help="How often the card can be charged. 0: any number.",
    )
    is_exact_amount = fields.Boolean(
        string="Exact Amount",
        compute="_compute_terms",
        store=True,
        readonly=False,
        precompute=True,
        help="Only the whole amount can be charged.",
    )
    delivery_email = fields.Char(
        string="WEX Sends To",
        help="Where WEX itself sends the card; empty: nowhere.",
        compute="_compute_delivery_email", store=True, readonly=False, precompute=True
    )

    # --- the issue ---
    reference = fields.Char(
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Our name of this one issue at WEX; a lost answer is found again by it.",
    )
    operation_id = fields.Many2one("fusion.operation", readonly=True, copy=False)
    card_id = fields.Many2one("wex.virtual.card", readonly=True, copy=False, index="btree_not_null")
    delivery_ids = fields.One2many(
        "fusion.delivery",
        "res_id",
        string="Deliveries",
        domain=[("res_model", "=", "wex.card.request")],
        readonly=True,
    )
    reissue_of_id = fields.Many2one("wex.card.request", readonly=True, copy=False)
    reissue_ids = fields.One2many("wex.card.request", "reissue_of_id", string="Reissues")

    _name_unique = models.Constraint(
        "unique(company_id, name)", "Card requests have different numbers."
    )
    _reference_unique = models.Constraint(
        "unique(reference)", "This reference belongs to another card."
    )
    _external_ref_unique = models.UniqueIndex(
        "(account_id, external_ref) WHERE external_ref IS NOT NULL",
        "This request was received before.",
    )
    _amount_positive = models.Constraint(
        "CHECK(state = 'draft' OR amount > 0)", "A card is over an amount."
    )

    # === DEFAULTS AND COMPUTES === #

    @api.model
    def _default_account(self):
        return self.env["wex.account"].search(
            [("company_id", "=", self.env.company.id), ("state", "!=", "disabled")], limit=1
        )

    @api.depends("account_id")
    def _compute_company_id(self):
        for request in self:
            request.company_id = request.account_id.company_id or self.env.company

    @api.depends("partner_id")
    def _compute_vendor_name(self):
        for request in self:
            request.vendor_name = request.partner_id.name or request.vendor_name

    @api.depends("requested_by_id")
    def _compute_employee_name(self):
        for request in self:
            request.employee_name = request.employee_name or request.requested_by_id.name

    @api.depends("account_id")
    def _compute_currency_id(self):
        for request in self:
            request.currency_id = request.account_id.currency_id or self.env.company.currency_id

    @api.depends("account_id")
    def _compute_terms(self):
        today = fields.Date.context_today(self)
        for request in self:
            account = request.account_id
            request.valid_until = account.validity_days and fields.Date.add(
                today, days=account.validity_days
            )
            request.max_uses = account.max_uses
            request.is_exact_amount = account.is_exact_amount

    @api.depends("account_id", "partner_id")
    def _compute_delivery_email(self):
        for request in self:
            request.delivery_email = (
                request.account_id.is_emailed_by_wex
                and request.partner_id._wex_remittance_email()
            )

    @api.depends("line_ids.move_id")
    def _compute_move_ids(self):
        for request in self:
            request.move_ids = request.line_ids.move_id

    def _inverse_move_ids(self):
        """Make a line for each bill, over what is open of it."""
        for request in self:
            known = request.line_ids.move_id
            added = request.move_ids - known
            gone = request.line_ids.filtered(
                lambda line, request=request: line.move_id not in request.move_ids
            )
            request.line_ids = [
                *(Command.delete(line.id) for line in gone),
                *(
                    Command.create({"move_id": move.id, "amount": move._wex_amount_open()})
                    for move in added
                ),
            ]

    @api.depends("line_ids.amount")
    def _compute_amount(self):
        for request in self:
            if request.line_ids:
                request.amount = sum(request.line_ids.mapped("amount"))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `models` to number the requests.

        :raise AccessError: a field that only the steps of a request write
        """
        for vals in vals_list:
            self._wex_check_fields(vals)
            if not self.env.su:
                vals.update(self._wex_values_of_a_draft())
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("wex.card.request")
        return super().create(vals_list)

    def write(self, vals):
        """Override of `models` to refuse fields that only the steps of a request write.

        :raise AccessError: a field that only the steps of a request write
        """
        self._wex_check_fields(vals)
        return super().write(vals)

    def _wex_values_of_a_draft(self):
        """Return every protected field as it begins.

        Said outright, because defaults of the context and of the user would count otherwise.
        """
        begins = dict.fromkeys(PROTECTED_FIELDS - {"name"}, False)
        return {**begins, "state": "draft", "requested_by_id": self.env.uid}

    def copy_data(self, default=None):
        """Override of `models`: a copy is a draft of whoever makes it."""
        return [
            {name: value for name, value in vals.items() if name not in PROTECTED_FIELDS}
            for vals in super().copy_data(default)
        ]

    def _wex_check_fields(self, vals):
        protected = PROTECTED_FIELDS & set(vals)
        if protected and not self.env.su:
            raise AccessError(
                self.env._("Nobody writes this by hand: %s.", ", ".join(sorted(protected)))
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        """Refuse to delete what was submitted: it belongs to the records.

        :raise UserError: one of them is
        """
        if any(request.state != "draft" for request in self):
            raise UserError(self.env._("Only drafts are deleted. Cancel the card instead."))

    @api.constrains("account_id", "currency_id")
    def _check_currency(self):
        for request in self:
            # The limit of the account is an amount in its currency, and WEX is sent no other.
            if request.currency_id != request.account_id.currency_id:
                raise ValidationError(
                    self.env._(
                        "The cards of %(account)s are in %(currency)s.",
                        account=request.account_id.name,
                        currency=request.account_id.currency_id.name,
                    )
                )

    @api.constrains("account_id", "line_ids", "partner_id", "currency_id")
    def _check_bills(self):
        for request in self:
            moves = request.line_ids.move_id
            if moves and moves.commercial_partner_id != request.partner_id.commercial_partner_id:
                raise ValidationError(self.env._("A card pays the bills of one vendor."))
            if any(move.currency_id != request.currency_id for move in moves):
                raise ValidationError(
                    self.env._(
                        "The card is in %(currency)s, as its bills must be.",
                        currency=request.currency_id.name,
                    )
                )
            if any(move.company_id != request.company_id for move in moves):
                raise ValidationError(self.env._("The bills belong to another company."))
