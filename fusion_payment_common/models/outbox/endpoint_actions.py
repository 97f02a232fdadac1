import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib import signing

#: Hours for which a replaced secret or token is still honoured.
OVERLAP_HOURS = 24


class FusionDeliveryEndpoint(models.Model):
    """Buttons of an endpoint."""

    _inherit = "fusion.delivery.endpoint"

    # === ACTION METHODS === #

    def action_enable(self):
        """Send there (again); what was pending meanwhile goes out at once.

        What goes to this very machine without TLS returns to test state, where that is possible.
        """
        for endpoint in self:
            endpoint.write(
                {
                    "state": "enabled" if endpoint.url.startswith("https:") else "test",
                    "disabled_reason": False,
                    "circuit_failures": 0,
                    "circuit_open_until": False,
                    "failing_since": False,
                }
            )
        self.env["fusion.delivery"]._queue_wake()

    def action_disable(self):
        """Send nothing there until it is enabled again."""
        self.write(
            {"state": "disabled", "disabled_reason": self.env._("By %s.", self.env.user.name)}
        )

    def action_rotate_signing_secret(self):
        """Make a new signing secret; the one before is used beside it for a day."""
        for endpoint in self:
            endpoint.write(
                {
                    "previous_signing_secret": endpoint.signing_secret,
                    "previous_signing_secret_until": self._overlap_end(),
                    "signing_secret": signing.generate_secret(),
                }
            )

    def action_rotate_ack_token(self):
        """Make a new acknowledgement token; the one before is accepted for a day."""
        for endpoint in self:
            endpoint.write(
                {
                    "previous_ack_token": endpoint.ack_token,
                    "previous_ack_token_until": self._overlap_end(),
                    "ack_token": secrets.token_urlsafe(32),
                }
            )

    @api.model
    def _overlap_end(self):
        return fields.Datetime.now() + timedelta(hours=OVERLAP_HOURS)

    def action_send_test(self):
        """Queue a small delivery that means nothing, to see whether the receiver takes it."""
        self.ensure_one()
        self.check_access("write")
        if self.state == "disabled":
            raise UserError(self.env._("Enable %s first.", self.name))
        sent = self.env["fusion.delivery"]._enqueue(
            self, "endpoint.test", {"message": "Test delivery"}, trigger="test"
        )
        return sent.with_env(self.env)._get_records_action(name=self.env._("Test Delivery"))

    def action_view_deliveries(self):
        """Open the deliveries of this endpoint."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_payment_common.fusion_delivery_action"
        )
        return {
            **action,
            "domain": [("endpoint_id", "=", self.id)],
            "context": {"search_default_dead": bool(self.env.context.get("only_dead"))},
        }
