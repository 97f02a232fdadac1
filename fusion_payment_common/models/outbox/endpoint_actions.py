import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib import signing

#: Hours for which a replaced secret or token stays valid.
OVERLAP_HOURS = 24


class FusionDeliveryEndpoint(models.Model):
    """The buttons of an endpoint."""

    _inherit = "fusion.delivery.endpoint"

    # === ACTION METHODS === #

    def action_enable(self):
        """Enable the endpoints and send their pending deliveries now.

        An endpoint without TLS, which must be on this machine, returns to the test state.
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
        """Stop sending to the endpoints until they are enabled again."""
        self.write(
            {"state": "disabled", "disabled_reason": self.env._("By %s.", self.env.user.name)}
        )

    def action_rotate_signing_secret(self):
        """Generate a new signing secret; the previous one is used as well for a day."""
        for endpoint in self:
            endpoint.write(
                {
                    "previous_signing_secret": endpoint.signing_secret,
                    "previous_signing_secret_until": self._overlap_end(),
                    "signing_secret": signing.generate_secret(),
                }
            )

    def action_rotate_ack_token(self):
        """Generate a new acknowledgement token; the previous one is accepted for a day."""
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
        """Queue a small test delivery, to check whether the receiver accepts it."""
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
