from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime

from .. import const, const_dispatcher
from ..client.terminal_types import LONGEST_WAIT

CUSTOMER, ADDRESS, WINDOW = const.BRAKE_PARAMETERS

#: Settings in which 0 is a value. Odoo does not store a 0, so the default would apply again.
ZERO_COUNTS = (
    "clover_declines_per_customer",
    "clover_declines_per_address",
    "clover_refund_age_limit_days",
)


class ResConfigSettings(models.TransientModel):
    """Clover settings of the company and of the database."""

    _inherit = "res.config.settings"

    # === CONNECTION === #

    clover_provider_id = fields.Many2one(
        "payment.provider", compute="_compute_clover_provider_id"
    )
    clover_provider_state = fields.Selection(related="clover_provider_id.state")
    clover_status_connection = fields.Char(related="clover_provider_id.clover_status_connection")
    clover_dispatcher_url = fields.Char(
        string="Dispatcher's Callback",
        config_parameter=const.DISPATCHER_URL_PARAMETER,
        help="Where Clover sends the browser if one app serves many databases; else empty.",
    )
    clover_dispatcher_secret = fields.Char(
        string="Dispatcher's Secret",
        config_parameter=const.DISPATCHER_SECRET_PARAMETER,
        help="Signing key that this database shares with the dispatcher.",
    )
    clover_accepts_old_relay = fields.Boolean(
        string="Old Relay's Signature",
        config_parameter=const_dispatcher.OLD_RELAY_PARAMETER,
        help="Only while the relay of an earlier addon still forwards webhooks and signs them with "
        "the App Secret. Its signature has no time: an old message can be played again.",
    )

    # === DISPATCHER === #

    clover_is_dispatcher = fields.Boolean(
        string="Clover Dispatcher",
        config_parameter=const_dispatcher.ENABLED_PARAMETER,
        help="This database owns the Clover app and relays for other databases.",
    )
    clover_dispatcher_environment = fields.Selection(
        [("sandbox", "Sandbox"), ("production", "Production")],
        string="App Environment",
        config_parameter=const_dispatcher.ENVIRONMENT_PARAMETER,
        default="sandbox",
    )
    clover_dispatcher_app_id = fields.Char(
        string="Shared App ID", config_parameter=const_dispatcher.APP_ID_PARAMETER
    )
    clover_dispatcher_auth_code = fields.Char(
        string="Clover Auth Code",
        config_parameter=const_dispatcher.AUTH_CODE_PARAMETER,
        help="Shown in the developer dashboard after the webhook address was verified. "
        "Without it every webhook is refused.",
    )
    clover_dispatcher_legacy_secret = fields.Char(
        string="Old Shared Secret",
        config_parameter=const_dispatcher.LEGACY_SECRET_PARAMETER,
        help="Only while customers move from the old dispatcher, whose one secret all shared. "
        "Empty it afterwards: whoever knows it can sign for every tenant.",
    )
    clover_dispatcher_verification = fields.Char(
        string="Verification Code", compute="_compute_clover_dispatcher_verification"
    )
    clover_dispatcher_codes = fields.Text(
        string="Earlier Codes",
        compute="_compute_clover_dispatcher_verification",
        help="Anybody can send a code: Clover's is the one that came when you asked for it.",
    )
    clover_dispatcher_webhook_url = fields.Char(
        string="Webhook URL", compute="_compute_clover_dispatcher_verification"
    )

    # === REFUNDS, CARD TESTING, RECEIPTS, TERMINALS === #

    clover_refund_age_limit_days = fields.Integer(
        string="Refund Within",
        config_parameter=const.REFUND_AGE_LIMIT_PARAMETER,
        default=const.REFUND_AGE_LIMIT_DAYS,
        help="Days after which a card payment is not refunded any more; 0 means no limit.",
    )
    # The brake on card testing, see `PaymentTransaction._clover_brake`.
    clover_declines_per_customer = fields.Integer(
        string="Declines per Customer",
        config_parameter=CUSTOMER,
        default=const.BRAKE_PARAMETERS[CUSTOMER],
        help="Declined cards after which a customer, or a document, has to wait; 0 means no limit.",
    )
    clover_declines_per_address = fields.Integer(
        string="Declines per IP Address",
        config_parameter=ADDRESS,
        default=const.BRAKE_PARAMETERS[ADDRESS],
        help="Declined cards after which everybody behind one address has to wait; 0 means no "
        "limit. Many people may share an address.",
    )
    clover_declines_window = fields.Integer(
        string="Minutes",
        config_parameter=WINDOW,
        default=const.BRAKE_PARAMETERS[WINDOW],
        help="How long a declined card counts.",
    )
    clover_send_receipts = fields.Boolean(
        related="company_id.clover_send_receipts", readonly=False
    )
    clover_tip_account_id = fields.Many2one(
        related="company_id.clover_tip_account_id", readonly=False
    )
    clover_ask_receipt = fields.Boolean(related="company_id.clover_ask_receipt", readonly=False)
    clover_terminal_wait = fields.Integer(
        string="Wait for the Customer",
        config_parameter=const.TERMINAL_WAIT_PARAMETER,
        default=const.TERMINAL_WAIT,
        help="Seconds that a terminal waits for the customer's card, 300 at the most.",
    )

    # === COMPUTED, CONSTRAINTS === #

    @api.depends("company_id")
    def _compute_clover_provider_id(self):
        for settings in self:
            settings.clover_provider_id = self.env["payment.provider"].search(
                [("code", "=", const.PROVIDER_CODE), ("company_id", "=", settings.company_id.id)],
                limit=1,
            )

    @api.depends("clover_is_dispatcher")
    def _compute_clover_dispatcher_verification(self):
        # Elevated: users who may open the settings may see the verification codes.
        kept = self.env["clover.verification"].sudo().search(
            [], limit=const_dispatcher.CHALLENGES_KEPT
        )
        zone = self.env.context.get("tz")
        earlier = "\n".join(
            f"{one.code} ({format_datetime(self.env, one.received_at, tz=zone)})"
            for one in kept[1:]
        )
        address = self.env["clover.dispatcher"]._own_address(const_dispatcher.WEBHOOK_PATH)
        for settings in self:
            settings.clover_dispatcher_verification = kept[:1].code
            settings.clover_dispatcher_codes = earlier
            settings.clover_dispatcher_webhook_url = address

    @api.constrains("clover_terminal_wait")
    def _check_clover_terminal_wait(self):
        for settings in self:
            if not const.TERMINAL_WAIT_LEAST <= settings.clover_terminal_wait <= LONGEST_WAIT:
                raise ValidationError(
                    self.env._(
                        "A terminal waits %(least)s to %(most)s seconds for the customer.",
                        least=const.TERMINAL_WAIT_LEAST,
                        most=LONGEST_WAIT,
                    )
                )

    def set_values(self):
        """Override of `base` to store a 0 that the user entered."""
        super().set_values()
        # Elevated: users who may open the settings may change these parameters, not all others.
        parameters = self.env["ir.config_parameter"].sudo()
        for name in ZERO_COUNTS:
            if not self[name]:
                parameters.set_param(self._fields[name].config_parameter, "0")

    # === ACTION METHODS === #

    def action_clover_open_provider(self):
        """Open the company's Clover provider.

        :raise UserError: the company has none
        """
        self.ensure_one()
        if not self.clover_provider_id:
            raise UserError(
                self.env._("This company has no Clover provider. Its main company may have one.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Clover"),
            "res_model": "payment.provider",
            "res_id": self.clover_provider_id.id,
            "views": [(False, "form")],
        }
