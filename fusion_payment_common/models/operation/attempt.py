import json

from odoo import api, fields, models


class FusionOperationAttempt(models.Model):
    """One try to carry out an operation, or to find out what became of it.

    Written before the provider is contacted and completed afterwards, each time in a transaction
    of its own: the trail survives whatever happens to the caller.
    """

    _name = "fusion.operation.attempt"
    _description = "Attempt of a Provider Operation"
    _order = "operation_id desc, number desc"
    _rec_name = "number"

    operation_id = fields.Many2one(
        "fusion.operation", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="operation_id.company_id")
    number = fields.Integer(required=True, readonly=True)
    action = fields.Selection(
        [
            ("call", "Call"),
            ("look_up", "Look-up"),
            ("repeat", "Repeated call"),
            ("resolve", "Resolution"),
        ],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    started_at = fields.Datetime(required=True, readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True, aggregator="avg")
    outcome = fields.Char(
        readonly=True, help="Empty: the process ended before an answer was recorded."
    )
    http_status = fields.Integer(string="HTTP Status", readonly=True, aggregator=None)
    error = fields.Char(readonly=True)
    exchanges = fields.Json(
        readonly=True, help="Requests and answers, redacted, in the order they were made."
    )
    exchanges_text = fields.Text(
        string="Requests and Answers", compute="_compute_exchanges_text"
    )

    @api.depends("exchanges")
    def _compute_exchanges_text(self):
        for attempt in self:
            attempt.exchanges_text = (
                json.dumps(attempt.exchanges, indent=2, ensure_ascii=False)
                if attempt.exchanges
                else False
            )
