from odoo import api, fields, models
from odoo.tools import format_datetime

from ... import const_dispatcher


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

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

    @api.depends("clover_is_dispatcher")
    def _compute_clover_dispatcher_verification(self):
        # Elevated: for whoever may open the settings.
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
