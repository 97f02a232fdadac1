from odoo import fields, models


class CloverUnmatchedIgnore(models.TransientModel):
    """Dialog to ignore payments made outside Odoo, with a reason."""

    _name = "clover.unmatched.ignore"
    _description = "Ignore Clover Payments"
    _rec_name = "reason"

    unmatched_ids = fields.Many2many("clover.unmatched.payment", required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_ignore(self):
        """Ignore the payments with this reason."""
        self.ensure_one()
        self.unmatched_ids._ignore(self.reason)
        return {"type": "ir.actions.act_window_close"}
