import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.retention import days_to_keep

#: System parameter: days to keep deliveries that arrived; 0 keeps them.
RETENTION_PARAMETER = "fusion_payment_common.delivery_retention_days"
RETENTION_DAYS = 90
#: Maximum rows that one batch of the daily clean-up deletes.
VACUUM_BATCH = 1000
#: Minutes after which an unfinished delivery counts as stuck.
STUCK_AFTER_MINUTES = 15


class FusionDelivery(models.Model):
    """The outbox: messages to other systems, stored in the transaction that causes them.

    Delivery is at least once: a message is sent until the receiver has it or no attempt is left.
    Its ``delivery_uuid`` is the same in every attempt, so that the receiver can drop duplicates.
    """

    _name = "fusion.delivery"
    _description = "Outbound Delivery"
    _inherit = ["mail.thread", "mail.activity.mixin", "fusion.queue.mixin"]
    _order = "id desc"
    _rec_name = "delivery_uuid"

    delivery_uuid = fields.Char(
        string="Delivery Id", required=True, readonly=True, copy=False, help="_delivery_id"
    )
    endpoint_id = fields.Many2one(
        "fusion.delivery.endpoint", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="endpoint_id.company_id", store=True, index=True, readonly=True
    )
    event_type = fields.Char(required=True, readonly=True, index=True)
    body = fields.Json(readonly=True, help="What is sent, but for what is added right before.")
    body_text = fields.Text(string="Body (JSON)", compute="_compute_body_text")
    dedup_key = fields.Char(
        string="Deduplication Key",
        readonly=True,
        copy=False,
        help="What is enqueued twice under the same key is delivered once.",
    )
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True, index=True
    )
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("delivered", "Delivered"),
            ("acknowledged", "Acknowledged"),
            ("dead", "Dead Letter"),
        ],
        required=True,
        readonly=True,
        default="pending",
        help="Delivered: the receiver answered 2xx. Acknowledged: it has confirmed by itself. "
        "Dead letter: given up; it can be sent again.",
    )
    ack_policy = fields.Selection(related="endpoint_id.ack_policy")
    is_answer_enough = fields.Boolean(
        default=False,
        readonly=True,
        copy=False,
        help="Nobody will acknowledge it: an answer of 2xx ends it, whatever the endpoint says.",
    )
    attempt_count = fields.Integer(
        string="Attempts", default=0, readonly=True, copy=False, aggregator="sum"
    )
    replay_offset = fields.Integer(
        default=0,
        readonly=True,
        copy=False,
        aggregator=None,
        help="Attempts made before the last replay.",
    )
    is_last = fields.Boolean(
        default=False,
        readonly=True,
        copy=False,
        help="No further attempt is planned: given up if no acknowledgement comes in time.",
    )
    next_trigger = fields.Selection(
        [("schedule", "Schedule"), ("replay", "Replay"), ("test", "Test")],
        required=True,
        readonly=True,
        default="schedule",
        copy=False,
    )
    next_user_id = fields.Many2one("res.users", readonly=True, copy=False)
    delivered_at = fields.Datetime(readonly=True, copy=False)
    acknowledged_at = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    problem = fields.Char(compute="_compute_problem", help="The last error, in a sentence.")
    attempt_ids = fields.One2many("fusion.delivery.attempt", "delivery_id", readonly=True)
    is_stuck = fields.Boolean(compute="_compute_is_stuck", search="_search_is_stuck")

    _delivery_uuid_unique = models.Constraint(
        "unique(delivery_uuid)", "This delivery id belongs to another delivery."
    )
    _dedup_key_unique = models.UniqueIndex(
        "(endpoint_id, dedup_key) WHERE dedup_key IS NOT NULL",
        "This endpoint was told so already.",
    )
    # The workers' queries: the due deliveries of an endpoint, oldest first ...
    _due_idx = models.Index("(endpoint_id, next_attempt_at, id) WHERE next_attempt_at IS NOT NULL")
    # ... and, if the endpoint is ordered, its first unfinished delivery.
    _head_idx = models.Index("(endpoint_id, id) WHERE next_attempt_at IS NOT NULL")
    # For the time of the last success that endpoints show.
    _delivered_idx = models.Index("(endpoint_id, delivered_at) WHERE delivered_at IS NOT NULL")
    _dead_idx = models.Index("(endpoint_id) WHERE state = 'dead'")

    # === COMPUTE METHODS === #

    @api.depends("event_type", "delivery_uuid")
    def _compute_display_name(self):
        for delivery in self:
            delivery.display_name = f"{delivery.event_type} {(delivery.delivery_uuid or '')[:8]}"

    @api.depends("body")
    def _compute_body_text(self):
        for delivery in self:
            delivery.body_text = json.dumps(delivery.body, indent=2, ensure_ascii=False)

    @api.depends("last_error")
    def _compute_problem(self):
        sentences = self._problems()
        for delivery in self:
            error = delivery.last_error
            sentence = error and self.env._("The last attempt failed: %s.", error)
            delivery.problem = sentences.get(error, sentence)

    @api.model
    def _problems(self):
        """Return sentences for the errors that an administrator of the receiver can fix.

        Other errors are shown as they are.
        """
        return {
            "read_timeout": self.env._("The receiver did not answer in time."),
            "connect_timeout": self.env._("The receiver could not be reached in time."),
            "connection_failed": self.env._("The receiver could not be reached."),
            "connection_lost": self.env._("The receiver closed the connection without an answer."),
            "truncated": self.env._("The receiver's answer ended early."),
            "response_too_large": self.env._("The receiver's answer was too large."),
            "tls_error": self.env._("The receiver's certificate is not valid for its name."),
            "forbidden_address": self.env._(
                "The receiver's name leads to an internal address. An administrator can allow its "
                "network."
            ),
            "not_acknowledged": self.env._("The receiver did not acknowledge it in time."),
            "no_signing_secret": self.env._(
                "The endpoint is signed and has no signing secret. Generate a new one."
            ),
        }

    @api.depends("next_attempt_at", "state")
    def _compute_is_stuck(self):
        stuck = self.filtered_domain(self._stuck_domain())
        for delivery in self:
            delivery.is_stuck = delivery in stuck

    @api.model
    def _search_is_stuck(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._stuck_domain()
        return domain if True in value else ~domain

    @api.model
    def _stuck_domain(self):
        since = fields.Datetime.now() - timedelta(minutes=STUCK_AFTER_MINUTES)
        return fields.Domain("next_attempt_at", "!=", False) & fields.Domain(
            "create_date", "<", since
        )

    @api.model
    def _queue_lanes(self):
        """Override of the queue: two workers."""
        return (
            "fusion_payment_common.ir_cron_deliver_1",
            "fusion_payment_common.ir_cron_deliver_2",
        )

    # === ACKNOWLEDGEMENT === #

    @api.model
    def _acknowledge_by_token(self, token, delivery_uuid):
        """Mark a delivery as acknowledged by its receiver.

        :param str token: the endpoint's acknowledgement token
        :return: ``acknowledged``, ``unknown`` (no such delivery at an endpoint of this token) or
            ``refused`` (unknown token)
        """
        endpoints = self.env["fusion.delivery.endpoint"]._of_ack_token(token)
        if not endpoints:
            return "refused"
        # Elevated: the receiver is not a user; the token identifies its endpoints.
        delivery = self.sudo().search(
            [("delivery_uuid", "=", delivery_uuid), ("endpoint_id", "in", endpoints.ids)]
        )
        if not delivery:
            return "unknown"
        delivery._acknowledge()
        return "acknowledged"

    def _acknowledge(self):
        """Mark the deliveries as acknowledged, whatever their state. Idempotent."""
        for delivery in self:
            delivery._lock()
            if delivery.state == "acknowledged":
                continue
            # End the lease too: a worker that is still sending must not plan another attempt.
            delivery.write(
                {
                    "state": "acknowledged",
                    "acknowledged_at": fields.Datetime.now(),
                    "next_attempt_at": False,
                    "lease_owner": False,
                    "lease_until": False,
                    "is_last": False,
                    "last_error": False,
                }
            )
            delivery.activity_ids.unlink()
            delivery._tell_handler()

    def _lock(self):
        """Lock the row, waiting for others.

        A conflicting change since this transaction's snapshot makes Odoo run it again.
        """
        self.ensure_one()
        self.env.cr.execute("SELECT id FROM fusion_delivery WHERE id = %s FOR UPDATE", [self.id])
        if not self.env.cr.rowcount:
            raise UserError(self.env._("This delivery no longer exists."))
        self.invalidate_recordset()

    def _awaits_acknowledgement(self):
        """Return whether an acknowledgement is needed besides the receiver's answer."""
        self.ensure_one()
        return self.ack_policy == "explicit" and not self.is_answer_enough

    # === HANDLER === #

    def _handler_record(self):
        """Return the record that is notified of the result, or None."""
        model = self.env.get(self.res_model) if self.res_model else None
        if model is None or not hasattr(model, "_fusion_delivery_settled"):
            return None
        return model.browse(self.res_id).with_company(self.company_id).exists() or None

    # === RETENTION === #

    @api.autovacuum
    def _gc_arrived(self):
        """Delete deliveries that arrived long ago; dead letters stay until a Manager decides."""
        days = days_to_keep(self.env, RETENTION_PARAMETER, RETENTION_DAYS)
        if days <= 0:
            return 0, False
        arrived = self.search(
            [
                ("state", "in", ("delivered", "acknowledged")),
                ("next_attempt_at", "=", False),
                ("create_date", "<", fields.Datetime.now() - timedelta(days=days)),
            ],
            order="id",
            limit=VACUUM_BATCH,
        )
        arrived.unlink()
        return len(arrived), len(arrived) == VACUUM_BATCH
