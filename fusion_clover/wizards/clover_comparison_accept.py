from odoo import fields, models


class CloverComparisonAccept(models.TransientModel):
    """Dialog to accept differences between Clover and the books, with a reason."""

    _name = "clover.comparison.accept"
    _description = "Accept a Difference"

    difference_ids = fields.Many2many(
        "clover.comparison.difference", "clover_comparison_accept_rel", readonly=True
    )
    reason = fields.Char(required=True)

    def action_accept(self):
        """Accept the differences with this reason."""
        self.difference_ids._accept(self.reason)
        return {"type": "ir.actions.act_window_close"}
