import hashlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...lib.redaction import contains_pan
from ...tools import rows
from ...tools.retention import days_to_keep

#: System parameter: days to keep processed and ignored events; 0 keeps them.
RETENTION_PARAMETER = "fusion_payment_common.event_retention_days"
RETENTION_DAYS = 90
#: Maximum rows that one batch of the daily clean-up deletes.
VACUUM_BATCH = 5000


class FusionEvent(models.Model):
    """The inbox: events from other systems, stored before the acknowledgement, processed later.

    A source may send an event many times and in any order. The event is stored and committed
    before the sender gets its answer. It is applied in the transaction that marks it as processed,
    and a unique index allows that once per key.
    """

    _name = "fusion.event"
    _description = "Inbound Event"
    _inherit = ["fusion.queue.mixin"]
    _order = "id desc"
    _rec_name = "event_key"

    source = fields.Char(required=True, readonly=True)
    event_key = fields.Char(
        string="Key",
        required=True,
        readonly=True,
        help="The same for every copy of an event: it is applied once.",
    )
    event_type = fields.Char(string="Type", readonly=True)
    object_ref = fields.Char(
        string="Object", readonly=True, index="btree_not_null", help="What the event is about."
    )
    occurred_at = fields.Datetime(readonly=True, help="When it happened, as the source says.")
    received_at = fields.Datetime(required=True, readonly=True, index=True)
    processed_at = fields.Datetime(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    # Bodies can contain names and amounts, which not every user of the list may see.
    payload = fields.Text(
        string="Body",
        readonly=True,
        groups="fusion_payment_common.group_fusion_manager",
        help="What was received, to the letter; encrypted when it contains a card number.",
    )
    payload_encrypted = fields.Boolean(string="Body Encrypted", readonly=True)
    state = fields.Selection(
        [
            ("received", "Received"),
            ("processed", "Processed"),
            ("ignored", "Ignored"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="received",
        index=True,
    )
    attempt_count = fields.Integer(string="Attempts", readonly=True, aggregator="sum")
    arrival_count = fields.Integer(
        string="Arrivals", readonly=True, default=1, help="How often it arrived until processed."
    )
    error_message = fields.Char(readonly=True)

    # Two copies can arrive at the same time; only one of them can become processed.
    _processed_once = models.UniqueIndex(
        "(source, event_key) WHERE state = 'processed'", "This event was processed before."
    )
    _key_idx = models.Index("(source, event_key)")
    # The worker's only query: due events, oldest first.
    _due_idx = models.Index("(next_attempt_at, id) WHERE next_attempt_at IS NOT NULL")

    # === INTAKE === #

    @api.model
    def _handlers(self):
        """Return the registered sources as ``{source: name of the handler's model}``.

        Addons that receive events extend this method; see ``fusion.event.handler``.
        """
        return {}

    @api.model
    def _ingest(
        self,
        source,
        event_key,
        event_type=None,
        object_ref=None,
        occurred_at=None,
        payload=b"",
        company=None,
    ):
        """Store one event in the current transaction, and wake the worker when it commits.

        Call it only with authenticated events, and acknowledge nothing before the commit; Odoo
        sends a route's answer after it. A copy of a processed event is not stored again. A copy of
        an event that waits, was ignored or failed makes that event due now.

        :param str source: one of :meth:`_handlers`
        :param str event_key: identifies the event at its source; the hash of the body when empty
        :param str object_ref: id of the object that the event is about
        :param datetime occurred_at: the source's time, UTC, naive
        :param payload: raw body, ``bytes`` or ``str``
        :param company: ``res.company`` or None when the event belongs to no company
        :return: id of the event that now stands for it
        :raise ValueError: no handler is registered for this source
        :raise VaultError: the body contains a card number and there is no key to encrypt it;
            nothing was stored
        """
        return self._ingest_many(
            source,
            [
                {
                    "event_key": event_key,
                    "event_type": event_type,
                    "object_ref": object_ref,
                    "occurred_at": occurred_at,
                    "payload": payload,
                    "company": company,
                }
            ],
        )[0]

    @api.model
    def _ingest_many(self, source, events):
        """Store all events of one body, or none; see :meth:`_ingest`.

        :param list events: dictionaries of the other parameters of :meth:`_ingest`
        :return: the ids, in the same order
        """
        if source not in self._handlers():
            raise ValueError(f"no addon handles events of {source!r}")
        received = [self._event_values(source, **event) for event in events]
        event_ids = [self._receive(values) for values in received]
        if event_ids:
            self._queue_wake_in_turn()
        return event_ids

    @api.model
    def _event_values(
        self, source, event_key, event_type=None, object_ref=None, occurred_at=None, payload=b"",
        company=None,
    ):  # fmt: skip
        body = payload.encode() if isinstance(payload, str) else bytes(payload)
        return {
            "source": source,
            "event_key": event_key or hashlib.sha256(body).hexdigest(),
            "event_type": event_type,
            "object_ref": object_ref,
            "occurred_at": occurred_at,
            "company_id": company.id if company else False,
            **self._body_values(body),
        }

    @api.model
    def _body_values(self, body):
        # JSON is UTF-8 without NUL and is kept unchanged. Anything else is escaped, to be readable.
        text = body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
        if contains_pan(text):
            return {"payload": self.env["fusion.vault"]._encrypt(text), "payload_encrypted": True}
        return {"payload": text, "payload_encrypted": False}

    @api.model
    def _receive(self, values):
        """Insert the event, or make its existing copy due; return the id of that event."""
        known = SQL(
            "EXISTS (SELECT FROM fusion_event WHERE source = %s AND event_key = %s)",
            values["source"],
            values["event_key"],
        )
        first = {
            "state": "received",
            "received_at": rows.SECOND,
            "next_attempt_at": rows.SECOND,
            "attempt_count": 0,
            "arrival_count": 1,
        }
        # Use one statement: events arrive in large numbers, and nearly all are new.
        self.env.cr.execute(
            rows.insert(self, {**values, **first}, unless=known, returning=SQL("id"))
        )
        inserted = self.env.cr.fetchone()
        return inserted[0] if inserted else self._receive_copy(values)

    @api.model
    def _receive_copy(self, values):
        copies = self.search(
            [("source", "=", values["source"]), ("event_key", "=", values["event_key"])]
        )
        done = copies.filtered(lambda event: event.state == "processed")
        if done:
            return done[0].id
        event = copies[0]
        # Leave a copy alone that is being processed now: it will be finished or retried.
        if event.try_lock_for_update() and not event.lease_owner:
            event.write(
                {
                    **values,
                    "state": "received",
                    "next_attempt_at": self._queue_now(),
                    "attempt_count": 0,
                    "arrival_count": event.arrival_count + 1,
                    "error_message": False,
                }
            )
        return event.id

    def _body(self):
        """Return the received body as text.

        :raise UserError: the body is encrypted and no configured key decrypts it
        """
        self.ensure_one()
        if self.payload_encrypted:
            return self.env["fusion.vault"]._decrypt(self.payload)
        return self.payload or ""

    # === REPLAY === #

    def _replay(self):
        """Make the events due again, as if they had just arrived.

        :return: the events that will be processed; the others are being processed already
        """
        locked = self.try_lock_for_update().filtered(lambda event: not event.lease_owner)
        locked.write(
            {
                "state": "received",
                "attempt_count": 0,
                "error_message": False,
                "next_attempt_at": fields.Datetime.now(),
            }
        )
        if locked:
            self._queue_wake()
        return locked

    def _replay_verdict(self):
        """Return ``(possible, sentence)``: whether a replay is possible, and what it would do."""
        self.ensure_one()
        handler = self._handlers().get(self.source)
        if not handler or handler not in self.env:
            return False, self.env._("Nothing installed handles events of %s.", self.source)
        if self.lease_owner:
            return False, self.env._("It is being processed right now.")
        if self.state == "processed":
            return True, self.env._("Processed before: applied again where something is missing.")
        if self.state == "received":
            return True, self.env._("Waiting: processed now instead of later.")
        return True, self.env._("Processed as if it had just arrived.")

    def action_replay(self):
        """Open the list of events to replay, without changing anything."""
        if not self:
            raise UserError(self.env._("Select the events to replay."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay Events"),
            "res_model": "fusion.event.replay",
            "view_mode": "form",
            "target": "new",
            "context": {"default_event_ids": self.ids},
        }

    # === RETENTION === #

    @api.autovacuum
    def _gc_events(self):
        """Delete processed and ignored events after the retention; keep failed ones."""
        days = days_to_keep(self.env, RETENTION_PARAMETER, RETENTION_DAYS)
        if days <= 0:
            return 0, 0
        limit = fields.Datetime.now() - timedelta(days=days)
        domain = [("state", "in", ("processed", "ignored")), ("received_at", "<", limit)]
        old = self.search(domain, order="id", limit=VACUUM_BATCH)
        old.unlink()
        return len(old), self.search_count(domain, limit=VACUUM_BATCH)
