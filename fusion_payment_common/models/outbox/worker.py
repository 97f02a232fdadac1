import logging
import time
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL

from ...lib import delivery as rules
from ...lib import errors
from ...lib.guarded_transport import guarded_transport
from ...lib.redaction import redact_text
from ...lib.transport import Timeout
from ...tools.cursors import in_own_transaction, own_environment

_logger = logging.getLogger(__name__)

#: Seconds to reach a receiver.
CONNECT_TIMEOUT = 5


class FusionDelivery(models.Model):
    """Sending: what happens between a claim and its result."""

    _inherit = "fusion.delivery"

    # === BEFORE === #

    @api.model
    def _queue_prepare(self, claims):
        """Override of the queue: read everything, decrypt and sign, then let go of the database."""
        prepared = []
        with own_environment(self.env) as env:
            deliveries = env[self._name].browse([claim.record_id for claim in claims])
            for claim, delivery in zip(claims, deliveries, strict=True):
                prepared.append((claim, delivery._prepared_call(claim)))
        return prepared

    def _prepared_call(self, claim):
        """Return the function that makes this attempt, or None when none is to be made."""
        if claim.data["is_last"]:
            return None
        try:
            # What one document breaks must not break those of the same claim.
            with self.env.cr.savepoint():
                make_request = self._request(claim.data["attempt"])
                transport = guarded_transport(self.endpoint_id._address_policy())
                claim.data["is_plain"] = self._is_plain()
        except Exception as error:
            # A document that cannot be read now may be readable later: a failure like any other.
            _logger.exception("Delivery %s could not be prepared", self.delivery_uuid)
            return partial(rules.judge_preparation, error)
        return partial(_send, transport, make_request)

    def _request(self, attempt):
        """Return the function that makes the request of this attempt; it needs no database."""
        endpoint = self.endpoint_id
        handler = self._handler_record()
        body = handler._fusion_delivery_body(self) if handler else self.body
        message_with = partial(
            rules.Message,
            delivery_id=self.delivery_uuid,
            event_type=self.event_type,
            occurred_at=self.create_date.replace(tzinfo=UTC),
            shape=endpoint.body_format,
            numbered=endpoint.is_numbered,
        )
        request_for = partial(
            rules.request_for,
            url=endpoint.url,
            attempt=attempt,
            secrets=endpoint._secrets_in_force(),
            timeout=Timeout(CONNECT_TIMEOUT, endpoint.post_timeout),
        )

        def make_request():
            message = message_with(body=body() if callable(body) else body)
            return request_for(message, timestamp=int(time.time()))

        return make_request

    def _is_plain(self):
        """Whether success means nothing but a mark on this row: the usual case, made cheap."""
        endpoint = self.endpoint_id
        return (
            endpoint.ack_policy == "status"
            and not endpoint.circuit_failures
            and not endpoint.failing_since
            and not self.res_model
            and self.state == "pending"
        )

    # === AFTER === #

    @api.model
    def _queue_finish(self, claim, outcome):
        """Override of the queue: store what the attempt came to, and plan the next one."""
        if claim.data["is_last"]:
            in_own_transaction(
                self.env, lambda env: env[self._name].browse(claim.record_id)._give_up(claim)
            )
            return
        verdict = outcome.value
        if outcome.error is not None:
            _logger.error(
                "Delivery %s failed in our own code", claim.record_id, exc_info=outcome.error
            )
            verdict = rules.judge_error(outcome.error)
        is_stored = (
            verdict.accepted
            and claim.data.get("is_plain")
            and in_own_transaction(
                self.env, lambda env: env[self._name]._store_plain_success(claim, verdict)
            )
        )
        if not is_stored:
            in_own_transaction(
                self.env, lambda env: env[self._name].browse(claim.record_id)._store(claim, verdict)
            )

    @api.model
    def _store_plain_success(self, claim, verdict):
        """Mark the delivery and its attempt, in one statement; return whether that was all.

        The hottest statement of the suite: the same through the ORM takes five times as long.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH delivered AS (
                    UPDATE fusion_delivery
                       SET state = 'delivered', next_attempt_at = NULL,
                           delivered_at = date_trunc(
                               'second', statement_timestamp() AT TIME ZONE 'UTC'),
                           lease_owner = NULL, lease_until = NULL, last_error = NULL
                     WHERE id = %(id)s AND state = 'pending' AND lease_owner = %(owner)s
                    RETURNING id
                )
                UPDATE fusion_delivery_attempt a
                   SET outcome = 'accepted', http_status = %(status)s,
                       duration_ms = %(duration)s, response_excerpt = %(excerpt)s
                  FROM delivered d
                 WHERE a.delivery_id = d.id AND a.number = %(number)s
                """,
                id=claim.record_id,
                owner=claim.owner,
                status=verdict.http_status,
                duration=verdict.duration_ms,
                excerpt=verdict.excerpt,
                number=claim.data["attempt"],
            )
        )
        return bool(self.env.cr.rowcount)

    def _store(self, claim, verdict):
        """Store what an attempt came to; another worker, or an acknowledgement, may be ahead."""
        self._lock()
        self._store_attempt(claim.data["attempt"], verdict)
        self.endpoint_id._note_verdict(verdict)
        is_ours = self.lease_owner == claim.owner
        if self.state == "acknowledged":
            return
        if verdict.accepted:
            self._set_accepted(is_ours)
        elif is_ours:
            self._set_failed(verdict)

    def _store_attempt(self, number, verdict):
        self.attempt_ids.filtered(lambda attempt: attempt.number == number).write(
            {
                "outcome": "accepted" if verdict.accepted else "failed",
                "http_status": verdict.http_status,
                "duration_ms": verdict.duration_ms,
                "response_excerpt": verdict.excerpt,
                "error": verdict.error,
            }
        )

    def _set_accepted(self, is_ours):
        """The receiver answered 2xx: that is all, or its acknowledgement is waited for."""
        values = {"delivered_at": fields.Datetime.now(), "last_error": False}
        if not self._awaits_acknowledgement():
            self.write({**values, "state": "delivered", **self._no_plans()})
            self.activity_ids.unlink()
            self._tell_handler()
        elif is_ours:
            self.write({**values, "state": "delivered", **self._plans_without_ack()})
        else:
            # Another attempt is under way; what comes after it, it decides.
            self.write(values)

    def _set_failed(self, verdict):
        """No 2xx: plan the next attempt, or give up."""
        values = {"last_error": redact_text(verdict.error or "")[:500], "state": "pending"}
        if self._awaits_acknowledgement():
            # The receiver may have it all the same and acknowledge it in a moment.
            self.write({**values, **self._plans_without_ack(verdict.retry_after)})
            return
        delay = self.endpoint_id._next_delay(self._attempts_counted(), verdict.retry_after)
        if delay is None:
            self.write(values)
            self._set_dead()
            return
        at = self.env.cr.now() + timedelta(seconds=delay)
        self.write({**values, **self._no_plans(), "next_attempt_at": at})

    @api.model
    def _no_plans(self):
        return {
            "next_attempt_at": False,
            "lease_owner": False,
            "lease_until": False,
            "is_last": False,
        }

    def _plans_without_ack(self, retry_after=None):
        """Return what is planned should the acknowledgement not come."""
        delay = self.endpoint_id._next_delay(self._attempts_counted(), retry_after)
        wait = self.endpoint_id.ack_timeout + (delay or 0)
        return {
            **self._no_plans(),
            "next_attempt_at": self.env.cr.now() + timedelta(seconds=wait),
            "is_last": delay is None,
        }

    def _attempts_counted(self):
        """Return the attempts since the delivery was enqueued or sent again by hand."""
        return self.attempt_count - self.replay_offset

    def _give_up(self, claim):
        """Every attempt was made and the acknowledgement did not come in time."""
        self._lock()
        if self.lease_owner != claim.owner:
            return
        if not self.last_error:
            self.last_error = "not_acknowledged"
        self._set_dead()

    def _set_dead(self):
        """Give up. One activity per endpoint is open at a time: an outage kills many at once."""
        self.write({"state": "dead", **self._no_plans()})
        self._tell_handler()
        others = self.search(
            [
                ("endpoint_id", "=", self.endpoint_id.id),
                ("state", "=", "dead"),
                ("activity_ids", "!=", False),
            ],
            limit=1,
        )
        if not others:
            alerts = self.env["fusion.alert"]
            alerts._schedule_once(
                self,
                "dead",
                alerts._recipient(self.endpoint_id.company_id),
                summary=self.env._("Not delivered to %s", self.endpoint_id.name),
                note=self.env._(
                    "Given up after %(count)s attempts. %(problem)s Others may have been given up "
                    "as well: filter the deliveries by Dead Letters, and send them again once the "
                    "receiver works.",
                    count=self._attempts_counted(),
                    problem=self.problem or "",
                ),
            )

    def _tell_handler(self):
        """Tell the document how it ended; what that breaks must not undo what arrived."""
        handler = self._handler_record()
        if not handler:
            return
        try:
            with self.env.cr.savepoint():
                handler._fusion_delivery_settled(self)
        except Exception:
            _logger.exception(
                "%s could not take notice of delivery %s (%s)",
                handler,
                self.delivery_uuid,
                self.state,
            )


def _send(transport, make_request):
    """Make one attempt, in a thread; return the verdict."""
    try:
        request = make_request()
    except errors.GatewayError as error:
        return rules.judge_preparation(error)
    started = time.monotonic()
    try:
        return rules.judge(transport.send(request))
    except errors.GatewayError as error:
        duration_ms = round((time.monotonic() - started) * 1000)
        return replace(rules.judge_error(error), duration_ms=duration_ms)
