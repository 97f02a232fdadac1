import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError

from ... import const
from ...client.profile import EncompassProfile


class WexAccount(models.Model):
    """An account at WEX: whose cards, on what terms, and where they are booked."""

    _name = "wex.account"
    _description = "WEX Account"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("enabled", "Enabled")],
        required=True,
        default="disabled",
        copy=False,
        tracking=True,
        help="In test state nobody is called: the answers are simulated and the cards worthless.",
    )

    # --- connection ---
    url = fields.Char(
        string="URL", help="Address of WEX, or of its collection of payments (merchant logs)."
    )
    organisation = fields.Char(help="The organisation's login id; sent in front of the user name.")
    username = fields.Char(string="User Name")
    password = fields.Char(copy=False, groups=const.MANAGER_GROUP)
    merchant_code = fields.Char(
        default="*", help="The vendor's key at WEX, for vendors that have none of their own."
    )
    bank_number = fields.Char()
    company_number = fields.Char()
    udf_slots = fields.Char(
        string="User-defined Fields",
        required=True,
        default="vendor_name, reference",
        help="What goes into each of WEX's user-defined fields, in their order: vendor_name, "
        "reference, payment_name, memo, employee, or nothing. One of them is reference: a lost "
        "answer is found again by it.",
    )
    profile_overrides = fields.Text(
        string="Deviations",
        help="What this installation of WEX calls differently, as JSON. See the README.",
    )
    is_search_trusted = fields.Boolean(
        string="Search Is Proven",
        help="WEX's search by reference is known to show every card. Otherwise a card whose answer "
        "was lost is issued again only after the search has found another card.",
    )
    tested_at = fields.Datetime(string="Last Tested", readonly=True, copy=False)
    problem = fields.Char(
        readonly=True, copy=False, help="Why cards are not issued: of the settings here or at WEX."
    )
    look_problem = fields.Char(
        readonly=True, copy=False, help="Why cards cannot be looked at: of the settings as well."
    )

    # --- terms of the cards ---
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Cards are issued in it.",
    )
    validity_days = fields.Integer(
        default=30, help="How long a card can be charged. 0: as long as WEX allows."
    )
    max_uses = fields.Integer(
        string="Authorizations", default=1, help="How often a card can be charged. 0: any number."
    )
    is_exact_amount = fields.Boolean(
        string="Exact Amount", help="Only the whole amount can be charged."
    )
    approval_limit = fields.Monetary(
        default=1000.0,
        help="A second person approves cards above it. 0: every card is approved."
    )
    is_emailed_by_wex = fields.Boolean(
        string="WEX Sends the Card",
        help="WEX mails the card to the vendor's remittance address. Odoo then need not keep it.",
    )

    # --- card data ---
    keeps_number = fields.Boolean(
        string="Keep Card Numbers",
        default=True,
        help="Encrypted, for the time below. Otherwise a number is read from WEX when it is "
        "needed.",
    )
    keep_number_days = fields.Integer(default=30, string="Days Kept")
    drop_code_on = fields.Selection(
        [("delivery", "The delivery"), ("authorization", "The first authorization")],
        string="Forget the Security Code After",
        required=True,
        default="delivery",
    )
    delivery_endpoint_id = fields.Many2one(
        "fusion.delivery.endpoint",
        check_company=True,
        help="The other system that is told about each card.",
    )

    _name_unique = models.Constraint(
        "unique(company_id, name)", "Accounts of one company have different names."
    )
    _limits_positive = models.Constraint(
        "CHECK(validity_days >= 0 AND max_uses >= 0 AND approval_limit >= 0 "
        "AND keep_number_days >= 0)",
        "Days, uses and limits are not negative.",
    )

    @api.constrains("udf_slots", "profile_overrides", "state")
    def _check_profile(self):
        for account in self:
            try:
                EncompassProfile.configured(account._wex_profile())
            except (ConfigurationError, ValueError) as error:
                raise ValidationError(
                    self.env._("%(account)s: %(problem)s", account=account.name, problem=error)
                ) from error

    @api.constrains("state", "url", "username")
    def _check_enabled(self):
        for account in self:
            # Elevated: the password is readable by managers only, and may be set by a program.
            own = account.sudo()
            if own.state == "enabled" and not (own.url and own.username and own.password):
                raise ValidationError(
                    self.env._(
                        "Enter address, user name and password before enabling %s.", own.name
                    )
                )

    @api.depends("state")
    def _compute_display_name(self):
        for account in self:
            account.display_name = (
                self.env._("%s (TEST)", account.name)
                if account._wex_is_watermarked()
                else account.name
            )

    def _wex_note_problem(self, problem):
        """Store why WEX issues no cards to this account; False when it does."""
        # Written on a change only: cards are issued in parallel.
        self.filtered(lambda account: account.problem != problem).write({"problem": problem})

    def _wex_note_look_problem(self, problem):
        """Store why cards cannot be read; False when they can."""
        changed = self.filtered(lambda account: account.look_problem != problem)
        changed.write({"look_problem": problem})

    def _wex_profile(self):
        """Return the deviations from the default profile, the fields of this form included.

        :raise ValueError: the text is not a JSON object
        """
        self.ensure_one()
        overrides = json.loads(self.profile_overrides or "{}")
        if not isinstance(overrides, dict):
            raise ValueError(self.env._("Deviations are a JSON object."))
        slots = [slot.strip() for slot in (self.udf_slots or "").split(",")]
        return {**overrides, "udf_slots": slots}
