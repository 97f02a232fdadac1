import logging
import time

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import long_calls, processes, restart, shutdown
from ...tools.cursors import in_own_transaction
from ...tools.queue_runner import Claim, QueueRunner

_logger = logging.getLogger(__name__)

#: Seconds between two progress reports to the scheduler; each commits a transaction.
REPORT_PAUSE = 0.5


class FusionQueueMixin(models.AbstractModel):
    """A queue: due rows are claimed, their calls run in threads, and each is finished separately.

    A row is due when ``next_attempt_at`` has passed; a row without one is done. Claiming a row
    leases it: ``next_attempt_at`` is set to the end of the lease and committed before anything is
    sent. The rows of a process that died therefore become due again, and one query finds all due
    rows. Workers on all hosts skip each other's locks and leases. All times are PostgreSQL's.

    A model that inherits from it implements four hooks: :meth:`_queue_lanes`, :meth:`_queue_take`,
    :meth:`_queue_prepare` and :meth:`_queue_finish`.
    """

    _name = "fusion.queue.mixin"
    _description = "Queue"

    #: Seconds until the lease of a claim ends unless it is renewed.
    _queue_lease_seconds = 60
    #: Parallel calls per worker.
    _queue_threads = 16

    lease_owner = fields.Char(readonly=True, copy=False, help="The worker that has it, if any.")
    lease_until = fields.Datetime(readonly=True, copy=False)
    next_attempt_at = fields.Datetime(
        string="Next Attempt",
        readonly=True,
        copy=False,
        help="When a worker takes it next; empty: never.",
    )

    # === HOOKS === #

    @api.model
    def _queue_lanes(self):
        """Return the external ids of the scheduled actions that run this queue.

        Each action has its own lock, so there can be one worker per lane. New rows wake the first
        lane; each lane wakes the next one when there are more rows than it can take at once.
        """
        raise NotImplementedError(f"{self._name} does not say which scheduled actions run it")

    def _queue_take(self, owner, lease_until):
        """Lease these due, locked rows; return claims for the ones that need work.

        :param str owner: value of ``lease_owner``
        :param datetime lease_until: value of ``lease_until`` and ``next_attempt_at``
        """
        self.write(
            {"lease_owner": owner, "lease_until": lease_until, "next_attempt_at": lease_until}
        )
        return [Claim(record.id, owner) for record in self]

    @api.model
    def _queue_prepare(self, claims):
        """Return ``(claim, call)`` pairs for committed claims.

        ``call`` is a function without parameters that makes the request and touches no database,
        or None when there is nothing to call. A row that cannot be prepared is left out.
        """
        raise NotImplementedError(f"{self._name} does not prepare its calls")

    @api.model
    def _queue_finish(self, claim, outcome):
        """Store the outcome of a claim in its own transaction.

        :param outcome: a :class:`~odoo.addons.fusion_payment_common.tools.queue_runner.Outcome`
        :return: another call for the same claim, or None when it is finished
        """
        raise NotImplementedError(f"{self._name} does not finish its calls")

    # === WORK === #

    @api.model
    def _cron_work(self, lane=0):
        """Work on due rows until none is left, the time is up, or the server shuts down.

        :param int lane: index of the scheduled action, from 0
        """
        cron = self.env["ir.cron"]
        if shutdown.is_requested():
            # Report nothing remaining, or the scheduler calls again. The next server continues.
            cron._commit_progress(remaining=0)
            return
        meter = _Meter(cron)
        model = self.with_context(fusion_queue_lane=lane, fusion_queue_long_calls=True)
        runner = model._queue_runner(
            self._queue_threads, meter.may_continue, start_long=long_calls.start
        )
        runner.run()
        if runner.has_more:
            # Without this, the scheduler would come back only at its next poll.
            self._queue_wake(lane=lane)
        elif lane == 0:
            model._queue_plan_next()
        cron._commit_progress(meter.unreported, remaining=int(runner.has_more))

    @api.model
    def _queue_work(self, *, threads=4, limit=None):
        """Work on the rows that are due now, outside a scheduled action.

        :return: how many rows were worked on
        """
        return self._queue_runner(threads, lambda done, has_more: True, limit).run()

    @api.model
    def _queue_runner(self, threads, may_continue, limit=None, start_long=None):
        return QueueRunner(
            self,
            threads=threads,
            lease_seconds=self._queue_lease_seconds,
            may_continue=may_continue,
            limit=limit,
            start_long=start_long,
        )

    # === LEASES === #

    @api.model
    def _queue_now(self):
        """Return the database's time (UTC) in whole seconds, the unit of leases.

        The clocks of hosts differ, so they are not used. The time is that of the transaction's
        start.
        """
        return self.env.cr.now().replace(microsecond=0)

    @api.model
    def _queue_claim(self, limit, running):
        """Lease up to ``limit`` due rows, oldest first, and commit.

        :param dict running: number of this worker's running calls, by group
        :return: a list of :class:`Claim`
        """

        def claim(env):
            model = env[self._name]
            while rows := model._queue_lock_due(limit):
                until = rows[0][1].replace(microsecond=0)
                due = model.browse([row[0] for row in rows])
                if claims := due._queue_take(processes.lease_owner(), until):
                    return claims
                # None of them needed work, and none is due any more. Look for further rows.
                env.flush_all()
            return []

        return in_own_transaction(self.env, claim, read_committed=True)

    @api.model
    def _queue_lock_due(self, limit):
        """Lock due rows that are not locked; return pairs of an id and the end of a new lease."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id, statement_timestamp() AT TIME ZONE 'UTC'
                           + %(lease)s * interval '1 second'
                  FROM %(table)s
                 WHERE next_attempt_at <= statement_timestamp() AT TIME ZONE 'UTC'
                   AND %(condition)s
                 ORDER BY next_attempt_at, id
                 LIMIT %(limit)s
                   FOR UPDATE SKIP LOCKED
                """,
                lease=self._queue_lease_seconds,
                table=SQL.identifier(self._table),
                condition=self._queue_condition(),
                limit=limit,
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _queue_condition(self):
        """Return a further SQL condition on the columns of due rows that may be claimed."""
        return SQL("TRUE")

    @api.model
    def _queue_extend(self, claims):
        """Renew the leases of running calls."""

        def extend(env):
            env.cr.execute(
                SQL(
                    """
                    UPDATE %(table)s
                       SET lease_until = lease.until, next_attempt_at = lease.until
                      FROM (SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC')
                                   + %(lease)s * interval '1 second' AS until) lease
                     WHERE id = ANY(%(ids)s) AND lease_owner = ANY(%(owners)s)
                    """,
                    table=SQL.identifier(self._table),
                    lease=self._queue_lease_seconds,
                    ids=[claim.record_id for claim in claims],
                    owners=[claim.owner for claim in claims],
                )
            )
            if env.cr.rowcount < len(claims):
                _logger.info(
                    "%s: %s of %s leases are no longer ours",
                    self._name,
                    len(claims) - env.cr.rowcount,
                    len(claims),
                )

        if claims:
            in_own_transaction(self.env, extend)

    # === RESTART === #

    def _register_hook(self):
        """Override of `base`: report that the registry of this process is ready."""
        super()._register_hook()
        if self._name == "fusion.queue.mixin":
            restart.registry_is_ready(self.env.cr.dbname)

    @api.model
    def _queue_resume_all(self):
        """End the leases of processes that are gone, and wake every queue."""
        for name in self.env.registry.descendants(["fusion.queue.mixin"], "_inherit"):
            queue = self.env[name]
            if not queue._abstract:
                in_own_transaction(self.env, lambda env, name=name: env[name]._queue_take_back())
                queue._queue_wake()

    @api.model
    def _queue_take_back(self):
        """End the leases of those processes of this machine that no longer exist."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id, lease_owner
                  FROM %(table)s
                 WHERE next_attempt_at > statement_timestamp() AT TIME ZONE 'UTC'
                   AND starts_with(lease_owner, %(prefix)s)
                   FOR UPDATE SKIP LOCKED
                """,
                table=SQL.identifier(self._table),
                prefix=processes.owner_prefix(),
            )
        )
        orphans = [row[0] for row in self.env.cr.fetchall() if processes.is_gone(row[1])]
        if not orphans:
            return
        now = self._queue_now()
        self.browse(orphans).write({"lease_until": now, "next_attempt_at": now})
        _logger.info(
            "%s: %s rows are taken back from processes that are gone", self._name, len(orphans)
        )


class _Meter:
    """Report progress to the scheduler, and tell the runner when to stop."""

    def __init__(self, cron):
        self.cron = cron
        self.unreported = 0
        self._report_at = 0.0

    def may_continue(self, done, has_more):
        self.unreported += done
        if shutdown.is_requested():
            return False
        if time.monotonic() < self._report_at:
            return True
        self._report_at = time.monotonic() + REPORT_PAUSE
        done, self.unreported = self.unreported, 0
        return self.cron._commit_progress(done, remaining=int(has_more)) > 0
