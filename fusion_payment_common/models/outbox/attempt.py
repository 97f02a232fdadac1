from odoo import fields, models


class FusionDeliveryAttempt(models.Model):
    """One attempt of a delivery: committed before anything is sent, completed afterwards."""

    _name = "fusion.delivery.attempt"
    _description = "Delivery Attempt"
    _order = "delivery_id desc, number desc"
    _rec_name = "number"

    delivery_id = fields.Many2one(
        "fusion.delivery", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="delivery_id.company_id")
    number = fields.Integer(string="#", required=True, readonly=True, aggregator=None)
    trigger = fields.Selection(
        [("schedule", "Schedule"), ("replay", "Replay"), ("test", "Test")],
        required=True,
        readonly=True,
        default="schedule",
        help="Why it was made.",
    )
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    started_at = fields.Datetime(required=True, readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True, aggregator="avg")
    outcome = fields.Selection(
        [
            ("sending", "Sending"),
            ("accepted", "Accepted"),
            ("failed", "Failed"),
            ("lost", "Process Ended"),
        ],
        required=True,
        readonly=True,
        default="sending",
        help="Process Ended: the server stopped before an answer was recorded; the receiver may or "
        "may not have got it, so it was sent again.",
    )
    http_status = fields.Integer(string="HTTP Status", readonly=True, aggregator=None)
    response_excerpt = fields.Text(string="Answer", readonly=True)
    error = fields.Char(readonly=True)
