from odoo import api, fields, models
from odoo.exceptions import UserError


class FusionDelivery(models.Model):
    """Send deliveries again: dead letters, or those that the receiver has lost."""

    _inherit = "fusion.delivery"

    def _can_replay(self):
        """Return the deliveries that are not leased and whose endpoint is not disabled."""
        now = fields.Datetime.now()
        return self.filtered(
            lambda delivery: (
                delivery.endpoint_id.state != "disabled"
                and delivery.endpoint_id.active
                and not (delivery.lease_until and delivery.lease_until > now)
            )
        )

    def _replay(self, trigger="replay"):
        """Plan these deliveries for now, with the same delivery id and a new count of attempts.

        :return: the planned ones; the others are being sent, or their endpoint is disabled
        """
        replayed = self.browse()
        for delivery in self._can_replay():
            delivery._lock()
            if not delivery._can_replay():
                continue
            delivery.write(
                {
                    "state": "pending",
                    "next_attempt_at": self.env.cr.now().replace(microsecond=0),
                    "next_trigger": trigger,
                    "next_user_id": self.env.uid,
                    "replay_offset": delivery.attempt_count,
                    "is_last": False,
                    "delivered_at": False,
                    "acknowledged_at": False,
                }
            )
            delivery.activity_ids.unlink()
            replayed += delivery
        if replayed:
            self._queue_wake()
        return replayed

    @api.model
    def _check_may_replay(self):
        """Check that the user may send deliveries again.

        :raise AccessError: the user is not a Manager
        """
        self.env["fusion.delivery.endpoint"].check_access("write")

    # === ACTION METHODS === #

    def action_replay(self):
        """Send one delivery again now; for several, open the list of what would be sent."""
        self._check_may_replay()
        self.check_access("read")
        if len(self) != 1:
            return self._action_open_replay()
        # Elevated: Managers may send deliveries again but have no right to write them.
        if not self.sudo()._replay():
            raise UserError(
                self.env._(
                    "This delivery cannot be sent now: it is being sent already, or its endpoint "
                    "is disabled."
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The delivery is on its way."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _action_open_replay(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Again"),
            "res_model": "fusion.delivery.replay",
            "view_mode": "form",
            "target": "new",
            "context": {"default_selected_ids": self.ids},
        }

    def action_open_document(self):
        """Open the document of the delivery."""
        self.ensure_one()
        if not self.res_model or self.res_model not in self.env:
            raise UserError(self.env._("This delivery is not about a document of this database."))
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        return record._get_records_action()
