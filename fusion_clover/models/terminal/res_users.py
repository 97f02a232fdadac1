from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    clover_terminal_id = fields.Many2one(
        "clover.terminal",
        string="My Clover Terminal",
        copy=False,
        ondelete="set null",
        help="Offered first when this user collects a payment.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["clover_terminal_id"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["clover_terminal_id"]
