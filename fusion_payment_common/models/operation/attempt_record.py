import json

from odoo import api, fields, models
from odoo.tools import SQL

from ...lib.ledger import IN_FLIGHT, READY


class FusionOperation(models.Model):
    """What people see of an operation: its attempts, its alerts, and a sentence for the clerk."""

    _inherit = "fusion.operation"

    @api.model
    def _attempt_values(self, number, action):
        return {
            "number": number,
            "action": action,
            "user_id": self.env.uid,
            "started_at": self._queue_now(),
        }

    def _record_attempt(self, outcome, exchanges, error, number=None):
        """Complete an attempt with what happened, redacted.

        :param int number: which one; None is the last of those that are open
        """
        attempts = self.attempt_ids.filtered(
            lambda attempt: attempt.number == number if number else not attempt.outcome
        )
        attempt = attempts.sorted("number")[-1:]
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

    def _require_review(self, reason):
        """Stop everything automatic and put the operation before a Manager.

        Its documents are held again: as long as what moved is in doubt, nobody may charge for them.
        """
        if self.review_reason != reason:
            # Whatever somebody was alerted to before, this is news.
            self.alerted_at = False
        self.write({"review_reason": reason, "next_attempt_at": False})
        if self.applied_at:
            self._hold_again()
        self._alert(reason)

    def _hold_again(self):
        """Hold the documents that nobody else holds meanwhile."""
        for res_model, res_id in self.documents or []:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO fusion_operation_hold
                                (operation_id, res_model, res_id,
                                 create_uid, create_date, write_uid, write_date)
                         VALUES (%(operation)s, %(model)s, %(id)s,
                                 %(uid)s, %(now)s, %(uid)s, %(now)s)
                    ON CONFLICT (res_model, res_id) DO NOTHING
                    """,
                    operation=self.id,
                    model=res_model,
                    id=res_id,
                    uid=self.env.uid,
                    now=self.env.cr.now(),
                )
            )
        self.invalidate_recordset(["hold_ids"])

    def _alert(self, note):
        """Schedule one activity for a Manager of the company; a second call does nothing."""
        self.ensure_one()
        if self.alerted_at:
            return
        self.alerted_at = fields.Datetime.now()
        managers = self.env.ref("fusion_payment_common.group_fusion_manager").all_user_ids
        manager = managers.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        ).sorted(lambda user: user._is_superuser())[:1]
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Payment %s needs attention", self.reference),
            note=note,
            user_id=manager.id or self.env.ref("base.user_admin").id,
        )

    def _notice(self):
        """Return a sentence for the clerk about open operations, or False when there is none."""
        operation = self[:1]
        if not operation:
            return False
        values = {
            "amount": operation.currency_id.format(operation.amount)
            if operation.currency_id
            else operation.amount,
            "reference": operation.reference,
            "provider": operation._provider_label(),
            "user": operation.user_id.name,
            "time": fields.Datetime.context_timestamp(
                self, operation.started_at or operation.create_date
            ).strftime("%H:%M"),
        }
        if operation.review_reason:
            return self.env._(
                "Payment %(reference)s of %(amount)s needs a decision by a manager. "
                "Do not charge again.",
                **values,
            )
        if operation.state == READY:
            return self.env._(
                "Payment %(reference)s of %(amount)s, started by %(user)s at %(time)s, is about to "
                "be sent to %(provider)s.",
                **values,
            )
        if operation.state == IN_FLIGHT and operation._is_leased():
            return self.env._(
                "Payment %(reference)s of %(amount)s, started by %(user)s at %(time)s, is in "
                "progress at %(provider)s.",
                **values,
            )
        return self.env._(
            "We are checking with %(provider)s whether payment %(reference)s of %(amount)s, "
            "started by %(user)s at %(time)s, went through. Do not charge again: this page will "
            "show the result by itself.",
            **values,
        )

    def _provider_label(self):
        selection = self.env["payment.provider"]._fields["code"]._description_selection(self.env)
        return dict(selection).get(self.provider_code, self.provider_code)


def _json_safe(value):
    return json.loads(json.dumps(value, default=str)) if value is not None else None
