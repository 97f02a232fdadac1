from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CloverUnmatchedMatch(models.TransientModel):
    """Dialog to match a payment made outside Odoo with a document."""

    _name = "clover.unmatched.match"
    _description = "Match a Clover Payment"
    _rec_name = "unmatched_id"

    unmatched_id = fields.Many2one("clover.unmatched.payment", required=True, readonly=True)
    company_id = fields.Many2one(related="unmatched_id.company_id")
    currency_id = fields.Many2one(related="unmatched_id.currency_id")
    amount = fields.Monetary(related="unmatched_id.amount")
    line_ids = fields.One2many("clover.unmatched.match.line", "wizard_id", readonly=True)
    move_id = fields.Many2one(
        "account.move",
        string="Another Invoice",
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), "
        "('company_id', '=', company_id), ('currency_id', '=', currency_id)]",
    )

    @api.model
    def _open(self, unmatched):
        """Return the action that shows the current suggestions."""
        lines = [
            Command.create(
                {
                    "document": f"{one.candidate.key[0]},{one.candidate.key[1]}",
                    "description": unmatched._in_words(one),
                    "points": one.points,
                }
            )
            for one in unmatched._suggestions()
        ]
        dialog = self.create({"unmatched_id": unmatched.id, "line_ids": lines})
        title = self.env._("Match %s", unmatched.payment_ref)
        return dialog._get_records_action(name=title, target="new", context={})

    def action_match_other(self):
        """Match the manually chosen invoice."""
        self.ensure_one()
        if not self.move_id:
            raise UserError(self.env._("Choose an invoice, or one of the suggestions."))
        return self._match(self.move_id)

    def _match(self, record):
        self.unmatched_id._match(record)
        return self.unmatched_id._result_notification(
            self.env._("Matched with %s.", record.display_name)
        )


class CloverUnmatchedMatchLine(models.TransientModel):
    """A suggested document, with the reasons why it fits."""

    _name = "clover.unmatched.match.line"
    _description = "Suggested Match"
    _order = "points desc, id"
    _rec_name = "description"

    wizard_id = fields.Many2one("clover.unmatched.match", required=True, ondelete="cascade")
    document = fields.Reference(
        [
            ("account.move", "Invoice"),
            ("payment.transaction", "Transaction"),
            ("account.payment", "Payment"),
        ],
        required=True,
        readonly=True,
    )
    description = fields.Char(readonly=True)
    points = fields.Integer(string="Fits", readonly=True, aggregator=None)

    def action_choose(self):
        """Match this document."""
        self.ensure_one()
        return self.wizard_id._match(self.document)
