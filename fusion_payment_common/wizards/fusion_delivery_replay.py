from odoo import api, fields, models
from odoo.exceptions import UserError

#: Maximum deliveries shown in the list.
SHOWN = 80
#: Maximum deliveries that one press of the button sends again.
AT_ONCE = 5000


class FusionDeliveryReplay(models.TransientModel):
    """List the deliveries to send again; send them on confirmation."""

    _name = "fusion.delivery.replay"
    _description = "Replay of Deliveries"

    selected_ids = fields.Many2many("fusion.delivery", "fusion_delivery_replay_selected_rel")
    choice = fields.Selection(
        [
            ("selected", "The selected ones"),
            ("dead", "Dead letters"),
            ("unacknowledged", "Delivered, not acknowledged"),
            ("stuck", "Not through for a quarter of an hour"),
            ("arrived", "All that arrived"),
        ],
        string="Send Again",
        required=True,
        default=lambda self: "selected" if self._has_selection() else "dead",
        help="All that arrived: for a receiver that lost what it had.",
    )
    endpoint_id = fields.Many2one("fusion.delivery.endpoint")
    event_type = fields.Char()
    date_from = fields.Datetime(string="From", help="When it was enqueued.")
    date_to = fields.Datetime(string="To")
    delivery_ids = fields.Many2many(
        "fusion.delivery", string="Would Be Sent", compute="_compute_delivery_ids"
    )
    possible_count = fields.Integer(compute="_compute_delivery_ids")
    refused_count = fields.Integer(compute="_compute_delivery_ids")
    is_cut = fields.Boolean(compute="_compute_delivery_ids")

    @api.model
    def _has_selection(self):
        return bool(self.env.context.get("default_selected_ids"))

    @api.depends("choice", "selected_ids", "endpoint_id", "event_type", "date_from", "date_to")
    def _compute_delivery_ids(self):
        for replay in self:
            matching = replay._matching()
            possible = matching._can_replay()
            replay.delivery_ids = possible[:SHOWN]
            replay.possible_count = len(possible)
            replay.refused_count = len(matching) - len(possible)
            replay.is_cut = len(matching) == AT_ONCE

    def _matching(self):
        """Return the deliveries that match the filter, oldest first, in the allowed companies."""
        self.ensure_one()
        return self.env["fusion.delivery"].search(self._domain(), order="id", limit=AT_ONCE)

    def _domain(self):
        domain = self._choice_domain()
        for name, operator, value in (
            ("endpoint_id", "=", self.endpoint_id.id),
            ("event_type", "=", self.event_type),
            ("create_date", ">=", self.date_from),
            ("create_date", "<=", self.date_to),
        ):
            if value:
                domain &= fields.Domain(name, operator, value)
        return domain

    def _choice_domain(self):
        deliveries = self.env["fusion.delivery"]
        state = fields.Domain("state", "in", ("delivered", "acknowledged"))
        return {
            "selected": fields.Domain("id", "in", self.selected_ids.ids),
            "dead": fields.Domain("state", "=", "dead"),
            "unacknowledged": fields.Domain("state", "=", "delivered")
            & fields.Domain("endpoint_id.ack_policy", "=", "explicit"),
            "stuck": deliveries._stuck_domain(),
            "arrived": state,
        }[self.choice]

    def action_send(self):
        """Send all matching deliveries again, including those that the list does not show.

        :raise UserError: nothing can be sent
        :raise AccessError: the user is not a Manager
        """
        self.ensure_one()
        deliveries = self.env["fusion.delivery"]
        deliveries._check_may_replay()
        # The search uses the user's own rights. Elevated: Managers may send deliveries again but
        # have no right to write them.
        replayed = self._matching().sudo()._replay()
        if not replayed:
            raise UserError(self.env._("There is nothing that can be sent now."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Deliveries on their way: %s.", len(replayed)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
