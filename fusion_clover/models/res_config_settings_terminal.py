from odoo import fields, models

from .. import const


class ResCompany(models.Model):
    _inherit = "res.company"

    clover_tip_account_id = fields.Many2one(
        "account.account",
        string="Tips Account",
        domain="[('account_type', 'in', ('liability_current', 'liability_payable'))]",
        help="Where tips that customers give on a terminal are owed to the staff. Empty: they stay "
        "with the payment as a credit of the customer.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    clover_tip_account_id = fields.Many2one(
        related="company_id.clover_tip_account_id", readonly=False
    )
    clover_terminal_wait = fields.Integer(
        string="Wait for the Customer",
        config_parameter=const.TERMINAL_WAIT_PARAMETER,
        default=const.TERMINAL_WAIT,
        help="Seconds that a terminal waits for the customer's card, 300 at the most.",
    )
