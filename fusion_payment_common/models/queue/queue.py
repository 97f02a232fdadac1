import logging
import time

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import long_calls, processes, restart, shutdown
from ...tools.cursors import in_own_transaction
from ...tools.queue_runner import Claim, QueueRunner

_logger = logging.getLogger(__name__)

#: Seconds between two reports to the scheduler; each is a transaction of its own.
REPORT_PAUSE = 0.5


class FusionQueueMixin(models.AbstractModel):
    """A queue: rows that are due are claimed, called for in threads, and finished one by one.

    A row is due when ``next_attempt_at`` has come; a row without one is done. To claim a row is to
    lease it: ``next_attempt_at`` becomes the end of the lease, committed before anything is sent,
    so the rows of a process that died come back by themselves and no second question is needed to
    find them. Workers, on this host or on others, skip each other's locks and leases; PostgreSQL's
    clock is the only one that counts.

    A model that inherits it offers four hooks: :meth:`_queue_lanes`, :meth:`_queue_take`,
    :meth:`_queue_prepare` and :meth:`_queue_finish`.
    """

    _name = "fusion.queue.mixin"
    _description = "Queue"

    #: Seconds that a claim is good for unless it is renewed.
    _queue_lease_seconds = 60
    #: Calls that one worker makes at once.
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

        Each is locked by itself, so there can be as many workers as there are lanes. The first is
        woken by new rows; each wakes the next one when there is more than it can take at once.
        """
        raise NotImplementedError(f"{self._name} does not say which scheduled actions run it")

    def _queue_take(self, owner, lease_until):
        """Lease these due rows, whose locks are held; return the ones that need work as claims.

        :param str owner: for ``lease_owner``
        :param datetime lease_until: for ``lease_until`` and ``next_attempt_at``
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
        """Store what came of a claim, in a transaction of its own.

        :param outcome: a :class:`~odoo.addons.fusion_payment_common.tools.queue_runner.Outcome`
        :return: another call for the same claim, or None when it is finished
        """
        raise NotImplementedError(f"{self._name} does not finish its calls")

    # === WORK === #

    @api.model
    def _cron_work(self, lane=0):
        """Work on what is due until nothing is, the time is up, or the server is to stop.

        :param int lane: which of the scheduled actions this is, counted from 0
        """
        cron = self.env["ir.cron"]
        if shutdown.is_requested():
            # The scheduler calls again after each run; what is left is the next server's.
            cron._commit_progress(remaining=0)
            return
        meter = _Meter(cron)
        model = self.with_context(fusion_queue_lane=lane, fusion_queue_long_calls=True)
        runner = model._queue_runner(
            self._queue_threads, meter.may_continue, start_long=long_calls.start
        )
        runner.run()
        if runner.has_more:
            # The scheduler would come back by itself, but only at its next look at the clock.
            self._queue_wake(lane=lane)
        elif lane == 0:
            model._queue_plan_next()
        cron._commit_progress(meter.unreported, remaining=int(runner.has_more))

    @api.model
    def _queue_work(self, *, threads=4, limit=None):
        """Work on what is due right now, outside a scheduled action.

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
        """Return the database's time (UTC) as leases are counted in: whole seconds.

        Hosts disagree about the time. It stands still during a transaction.
        """
        return self.env.cr.now().replace(microsecond=0)

    @api.model
    def _queue_claim(self, limit, running):
        """Lease up to ``limit`` due rows, oldest first, and commit that.

        :param dict running: how many calls of each group this worker has under way
        :return: a list of :class:`Claim`
        """

        def claim(env):
            model = env[self._name]
            while rows := model._queue_lock_due(limit):
                until = rows[0][1].replace(microsecond=0)
                due = model.browse([row[0] for row in rows])
                if claims := due._queue_take(processes.lease_owner(), until):
                    return claims
                # None of them needed work; what they were changed to is not due any more.
                env.flush_all()
            return []

        return in_own_transaction(self.env, claim, read_committed=True)

    @api.model
    def _queue_lock_due(self, limit):
        """Lock due rows that nobody else has locked; return their ids, each with a lease's end."""
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
        """Return what else must hold for a due row to be claimed, as SQL on its columns."""
        return SQL("TRUE")

    @api.model
    def _queue_extend(self, claims):
        """Renew the leases of calls that are under way."""

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
        """Override of `base`: the server has just been started, or this process has."""
        super()._register_hook()
        if self._name == "fusion.queue.mixin":
            restart.registry_is_ready(self.env.cr.dbname)

    @api.model
    def _queue_resume_all(self):
        """Take back what processes that are gone had leased, and wake every queue."""
        for name in self.env.registry.descendants(["fusion.queue.mixin"], "_inherit"):
            queue = self.env[name]
            if not queue._abstract:
                in_own_transaction(self.env, lambda env, name=name: env[name]._queue_take_back())
                queue._queue_wake()

    @api.model
    def _queue_take_back(self):
        """Make leases end now whose owners, processes of this machine, do not exist any more."""
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
    """Tells the scheduler about progress, often enough, and the runner when to stop."""

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
