from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ... import const
from ...client.terminal_types import LONGEST_WAIT


class ResCompany(models.Model):
    _inherit = "res.company"

    clover_tip_account_id = fields.Many2one(
        "account.account",
        string="Tips Account",
        domain="[('account_type', 'in', ('liability_current', 'liability_payable'))]",
        help="Where tips that customers give on a terminal are owed to the staff. Empty: they stay "
        "with the payment as a credit of the customer.",
    )
    clover_ask_receipt = fields.Boolean(
        string="Ask for the Receipt on the Terminal",
        help="After a payment the customer chooses on the screen: no receipt, print, e-mail or "
        "text message.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

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
