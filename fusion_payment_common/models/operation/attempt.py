import json

from odoo import api, fields, models


class FusionOperationAttempt(models.Model):
    """One attempt to carry out an operation or to look up its outcome.

    The row is written before the provider is contacted and completed afterwards. Each write has
    its own transaction, so the trail survives a rollback of the caller.
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


class FusionOperation(models.Model):
    """Open an attempt before the provider is called, and complete it afterwards."""

    _inherit = "fusion.operation"

    def _open_attempt(self, action, values):
        """Record the next attempt and write ``values`` to the operation.

        :param str action: see :class:`FusionOperationAttempt`
        :return: the number of the attempt
        """
        number = self.attempt_count + 1
        attempt = {
            "number": number,
            "action": action,
            "user_id": self.env.uid,
            "started_at": self._queue_now(),
        }
        self.write(
            {
                **values,
                "attempt_count": number,
                "attempt_ids": [fields.Command.create(attempt)],
            }
        )
        return number

    def _open_attempts(self):
        """Return the attempts that have no result yet, by number."""
        return self.attempt_ids.filtered(lambda attempt: not attempt.outcome).sorted("number")

    def _record_attempt(self, outcome, exchanges, error, number=None):
        """Complete an attempt with its result and its redacted exchanges.

        :param int number: the attempt; None means the last open one
        """
        if number:
            attempt = self.attempt_ids.filtered(lambda attempt: attempt.number == number)
        else:
            attempt = self._open_attempts()[-1:]
        attempt.write(self._attempt_result(outcome, exchanges, error))

    @api.model
    def _attempt_result(self, outcome, exchanges, error):
        last = exchanges[-1] if exchanges else None
        return {
            "outcome": str(outcome),
            "duration_ms": sum(round(exchange.duration_ms) for exchange in exchanges),
            "http_status": last.status if last and last.status else False,
            "error": error or False,
            "exchanges": [
                {
                    "method": exchange.method,
                    "url": exchange.url,
                    "status": exchange.status,
                    "duration_ms": round(exchange.duration_ms),
                    "request": _json_safe(exchange.request),
                    "response": _json_safe(exchange.response),
                    "error": type(exchange.error).__name__ if exchange.error else None,
                }
                for exchange in exchanges
            ],
        }


def _json_safe(value):
    return json.loads(json.dumps(value, default=str)) if value is not None else None
