from odoo import api, fields, models
from odoo.exceptions import UserError


class FusionEventReplay(models.TransientModel):
    """Show what a replay would do with each event; replay on confirmation."""

    _name = "fusion.event.replay"
    _description = "Replay of Inbound Events"

    event_ids = fields.Many2many("fusion.event", string="Events")
    line_ids = fields.One2many("fusion.event.replay.line", "replay_id", readonly=True)
    possible_count = fields.Integer(compute="_compute_possible_count")
    refused_count = fields.Integer(compute="_compute_possible_count")

    @api.depends("line_ids.is_possible")
    def _compute_possible_count(self):
        for replay in self:
            possible = replay.line_ids.filtered("is_possible")
            replay.possible_count = len(possible)
            replay.refused_count = len(replay.line_ids) - len(possible)

    @api.model
    def default_get(self, fields_list):
        """Override of `base` to list the effect of a replay on each selected event."""
        values = super().default_get(fields_list)
        event_ids = self.env.context.get("default_event_ids") or []
        values["line_ids"] = [
            fields.Command.create({"event_id": event.id, **self._verdict(event)})
            for event in self.env["fusion.event"].browse(event_ids)
        ]
        return values

    @api.model
    def _verdict(self, event):
        possible, sentence = event._replay_verdict()
        return {"is_possible": possible, "verdict": sentence}

    def action_confirm(self):
        """Make the listed events due again.

        :raise UserError: none of them can be replayed
        :raise AccessError: the user cannot read one of them
        """
        self.ensure_one()
        self.env["fusion.event"].check_access("read")
        self.event_ids.check_access("read")
        # Check again, as a worker may have claimed some of them since the list was made. Elevated:
        # Managers may replay events but have no right to write them.
        events = self.event_ids.sudo().filtered(lambda event: event._replay_verdict()[0])
        replayed = events._replay()
        if not replayed:
            raise UserError(self.env._("None of these events can be replayed now."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Events to be processed again: %s.", len(replayed)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class FusionEventReplayLine(models.TransientModel):
    """One event of a replay and the effect on it."""

    _name = "fusion.event.replay.line"
    _description = "Event of a Replay"

    replay_id = fields.Many2one("fusion.event.replay", required=True, ondelete="cascade")
    event_id = fields.Many2one("fusion.event", required=True, readonly=True, ondelete="cascade")
    source = fields.Char(related="event_id.source")
    event_type = fields.Char(related="event_id.event_type")
    object_ref = fields.Char(related="event_id.object_ref")
    received_at = fields.Datetime(related="event_id.received_at")
    state = fields.Selection(related="event_id.state")
    is_possible = fields.Boolean(readonly=True)
    verdict = fields.Char(readonly=True)
