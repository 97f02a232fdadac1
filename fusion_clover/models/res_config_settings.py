from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const, const_dispatcher


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

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

    @api.depends("company_id")
    def _compute_clover_provider_id(self):
        for settings in self:
            settings.clover_provider_id = self.env["payment.provider"].search(
                [("code", "=", const.PROVIDER_CODE), ("company_id", "=", settings.company_id.id)],
                limit=1,
            )

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
