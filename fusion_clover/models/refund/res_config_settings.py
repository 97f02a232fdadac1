from odoo import fields, models

from ... import const


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    clover_refund_age_limit_days = fields.Integer(
        string="Refund Within",
        config_parameter=const.REFUND_AGE_LIMIT_PARAMETER,
        default=const.REFUND_AGE_LIMIT_DAYS,
        help="Days after which a card payment is not refunded any more; 0 means no limit.",
    )
