from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FusionOperationResolution(models.TransientModel):
    """Ask a Manager for the outcome of an operation and the evidence."""

    _name = "fusion.operation.resolution"
    _description = "Resolve an Operation"

    operation_id = fields.Many2one(
        "fusion.operation", required=True, readonly=True, ondelete="cascade"
    )
    review_reason = fields.Char(related="operation_id.review_reason")
    verdict = fields.Selection(
        [("happened", "It went through"), ("nothing", "Nothing moved")], required=True
    )
    provider_reference = fields.Char(
        string="Provider's Reference",
        help="The id of the payment in the provider's dashboard. Odoo reads it before it believes.",
    )
    accept_difference = fields.Boolean(
        help="Another amount moved than was asked for, and that amount is to be booked."
    )
    note = fields.Text(
        string="Evidence", required=True, help="Who looked where, and what was found."
    )

    @api.constrains("verdict", "provider_reference")
    def _check_provider_reference(self):
        for wizard in self:
            if wizard.verdict == "happened" and not wizard.provider_reference:
                raise ValidationError(
                    self.env._("Enter the provider's reference of the payment that went through.")
                )

    def action_confirm(self):
        """Resolve the operation; see :meth:`FusionOperation._resolve`."""
        self.ensure_one()
        happened = self.verdict == "happened"
        self.operation_id._resolve(
            provider_reference=self.provider_reference if happened else None,
            accept_difference=self.accept_difference,
            note=self.note,
        )
        return {"type": "ir.actions.act_window_close"}
