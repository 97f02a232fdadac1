from odoo import api, fields, models
from odoo.exceptions import ValidationError


class WexCardRequestLine(models.Model):
    """A bill that a card pays, wholly or in part."""

    _name = "wex.card.request.line"
    _description = "Bill Paid by a Card"
    _order = "request_id, id"
    _rec_name = "move_id"

    request_id = fields.Many2one(
        "wex.card.request", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(
        "account.move", string="Bill", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="request_id.company_id")
    currency_id = fields.Many2one(related="request_id.currency_id")
    amount = fields.Monetary(required=True, help="What the card pays of this bill.")

    _once = models.Constraint(
        "unique(request_id, move_id)", "A bill is on the same card only once."
    )

    @api.constrains("move_id", "amount")
    def _check_bill(self):
        for line in self:
            if line.move_id.move_type not in ("in_invoice", "in_refund", "in_receipt"):
                raise ValidationError(
                    self.env._("%s is no vendor bill.", line.move_id.display_name)
                )
            is_credit = line.move_id.move_type == "in_refund"
            if line.currency_id.compare_amounts(line.amount, 0) != (-1 if is_credit else 1):
                raise ValidationError(
                    self.env._(
                        "What a card pays of %s is not an amount.", line.move_id.display_name
                    )
                )
