from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    clover_send_receipts = fields.Boolean(
        string="Send Receipts at Once",
        help="Customers with an e-mail address get the receipt of a card payment or refund, once.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    clover_send_receipts = fields.Boolean(
        related="company_id.clover_send_receipts", readonly=False
    )
