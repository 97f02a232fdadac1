from odoo import api, models
from odoo.tools import SQL

from ...lib import delivery as rules
from ...tools import processes
from ...tools.cursors import in_own_transaction
from ...tools.queue_runner import Claim

#: Seconds for which a probe (the one attempt that may close a circuit) blocks other attempts.
PROBE_SECONDS = 60

#: The first row of each endpoint that may be called: the one due first or, for an ordered endpoint,
#: the oldest unfinished one. Each takes one index entry, however long the queue is.
_HEADS = SQL(
    """
    SELECT e.id, e.is_ordered, e.max_parallel, e.circuit_open_until, first.next_attempt_at,
           first.id AS head_id, coalesce(e.circuit_failures, 0) >= %(threshold)s AS is_probe
      FROM fusion_delivery_endpoint e
     CROSS JOIN LATERAL (
           (SELECT d.id, d.next_attempt_at FROM fusion_delivery d
             WHERE e.is_ordered IS NOT TRUE
               AND d.endpoint_id = e.id AND d.next_attempt_at IS NOT NULL
             ORDER BY d.next_attempt_at, d.id LIMIT 1)
            UNION ALL
           (SELECT d.id, d.next_attempt_at FROM fusion_delivery d
             WHERE e.is_ordered
               AND d.endpoint_id = e.id AND d.next_attempt_at IS NOT NULL
             ORDER BY d.id LIMIT 1)
           ) first
     WHERE e.active AND e.state IN ('test', 'enabled')
    """,
    threshold=rules.CIRCUIT_THRESHOLD,
)

#: Lock and lease in one statement, so that no other transaction can intervene. ``room`` is an
#: endpoint's share of this claim: every endpoint with due rows gets a share. Endpoints with the
#: fewest running calls come first, so that a few slow ones cannot take every free thread.
_CLAIM = """
    WITH moment AS (
        SELECT now, date_trunc('second', now) + %(lease)s * interval '1 second' AS until
          FROM timezone('UTC', statement_timestamp()) AS now
    ), heads AS MATERIALIZED (
        SELECT h.*, coalesce(busy.calls, 0) AS calls,
               CASE WHEN h.is_ordered OR h.is_probe
                    THEN (coalesce(busy.calls, 0) = 0)::int
                    ELSE greatest(0, least(
                            h.max_parallel - coalesce(busy.calls, 0),
                            ceil(%(limit)s::numeric / count(*) OVER ())::int))
               END AS room
          FROM (%(heads)s) h
          LEFT JOIN unnest(%(groups)s::int[], %(calls)s::int[]) AS busy(id, calls)
            ON busy.id = h.id
         CROSS JOIN moment
         WHERE h.next_attempt_at <= moment.now
           AND (h.circuit_open_until IS NULL OR h.circuit_open_until <= moment.now)
         ORDER BY coalesce(busy.calls, 0), h.next_attempt_at, h.id
    ), first_come AS MATERIALIZED (
        SELECT d.*, h.calls, h.next_attempt_at AS head_at FROM heads h CROSS JOIN moment
         CROSS JOIN LATERAL (
               SELECT d.id, d.next_trigger, d.next_user_id FROM fusion_delivery d
                WHERE h.is_ordered IS NOT TRUE AND d.endpoint_id = h.id
                  AND d.next_attempt_at <= moment.now
                ORDER BY d.next_attempt_at, d.id
                LIMIT h.room
                  FOR UPDATE SKIP LOCKED
               ) d
         LIMIT %(limit)s
    ), in_order AS MATERIALIZED (
        SELECT d.id, d.next_trigger, d.next_user_id, h.calls, h.next_attempt_at AS head_at
          FROM heads h CROSS JOIN moment
          JOIN fusion_delivery d ON d.id = h.head_id
         WHERE h.is_ordered AND h.room > 0 AND d.next_attempt_at <= moment.now
         LIMIT %(limit)s
           FOR UPDATE OF d SKIP LOCKED
    ), due AS (
        SELECT * FROM (SELECT * FROM in_order UNION ALL SELECT * FROM first_come) both_kinds
         ORDER BY calls, head_at, id
         LIMIT %(limit)s
    ), claimed AS (
        UPDATE fusion_delivery d
           SET lease_owner = %(owner)s, lease_until = moment.until,
               next_attempt_at = moment.until,
               attempt_count = coalesce(d.attempt_count, 0) + (d.is_last IS NOT TRUE)::int,
               next_trigger = 'schedule', next_user_id = NULL
          FROM due, moment
         WHERE d.id = due.id
        RETURNING d.id, d.endpoint_id, d.attempt_count, d.is_last,
                  due.next_trigger, due.next_user_id, moment.now
    ), lost AS (
        UPDATE fusion_delivery_attempt a SET outcome = 'lost'
          FROM claimed c WHERE a.delivery_id = c.id AND a.outcome = 'sending'
    ), begun AS (
        INSERT INTO fusion_delivery_attempt
               (delivery_id, number, trigger, user_id, started_at, outcome,
                create_uid, create_date, write_uid, write_date)
        SELECT c.id, c.attempt_count, c.next_trigger, c.next_user_id, c.now, 'sending',
               %(uid)s, c.now, %(uid)s, c.now
          FROM claimed c WHERE c.is_last IS NOT TRUE
    ), probed AS (
        UPDATE fusion_delivery_endpoint e
           SET circuit_open_until = moment.now + %(probe)s * interval '1 second'
          FROM heads h, moment
         WHERE e.id = h.id AND h.is_probe
           AND EXISTS (SELECT FROM claimed c WHERE c.endpoint_id = h.id)
    )
    SELECT id, endpoint_id, attempt_count, is_last FROM claimed ORDER BY id
"""


class FusionDelivery(models.Model):
    """Claim the next deliveries of a worker, fairly between endpoints."""

    _inherit = "fusion.delivery"

    #: Enough threads to serve the other endpoints while a few do not answer at all.
    _queue_threads = 32

    @api.model
    def _queue_claim(self, limit, running):
        """Override of the queue: claim by endpoint, oldest first, and commit the attempts too.

        Endpoints that are disabled or have an open circuit are skipped. An endpoint whose circuit
        was open gets a single delivery, to test whether it works again.
        """
        owner = processes.lease_owner()

        def claim(env):
            env.cr.execute(self._claim_query(owner, limit, running))
            return env.cr.fetchall()

        return [
            Claim(row[0], owner, row[1], data={"attempt": row[2], "is_last": row[3]})
            for row in in_own_transaction(self.env, claim, read_committed=True)
        ]

    @api.model
    def _claim_query(self, owner, limit, running):
        return SQL(
            _CLAIM,
            heads=_HEADS,
            owner=owner,
            limit=limit,
            groups=list(running),
            calls=list(running.values()),
            lease=self._queue_lease_seconds,
            probe=PROBE_SECONDS,
            uid=self.env.uid,
        )

    @api.model
    def _queue_next_due(self):
        """Override of the queue: consider active endpoints only, and when their circuit closes."""
        self.env.cr.execute(
            SQL("SELECT min(greatest(h.next_attempt_at, h.circuit_open_until)) FROM (%s) h", _HEADS)
        )
        return self.env.cr.fetchone()[0]
