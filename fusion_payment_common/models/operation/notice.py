from odoo import fields, models

from ...lib.ledger import IN_FLIGHT, READY


class FusionOperation(models.Model):
    """The notice that tells a clerk why a document is held."""

    _inherit = "fusion.operation"

    def _notice(self):
        """Return a sentence about the first of these operations, or False when there is none."""
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
