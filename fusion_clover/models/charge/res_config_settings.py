from odoo import fields, models

from ... import const

CUSTOMER, ADDRESS, WINDOW = const.BRAKE_PARAMETERS

#: Settings in which 0 has a meaning; Odoo forgets it, so that the default would come back.
ZERO_COUNTS = (
    "clover_declines_per_customer",
    "clover_declines_per_address",
    "clover_refund_age_limit_days",
)


class ResConfigSettings(models.TransientModel):
    """The card-testing brake, see :meth:`PaymentTransaction._clover_brake`."""

    _inherit = "res.config.settings"

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

    def set_values(self):
        """Override of `base` to keep a 0 that somebody entered."""
        super().set_values()
        # Elevated: whoever may open the settings may change them, not every parameter.
        parameters = self.env["ir.config_parameter"].sudo()
        for name in ZERO_COUNTS:
            if not self[name]:
                parameters.set_param(self._fields[name].config_parameter, "0")
