import time
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ...lib.wake_plan import WakePlan
from ...tools import alarm
from ...tools.cursors import in_own_transaction

#: Planned wake-ups of this process, for rows that arrive in large numbers.
_wakes = WakePlan()


class FusionQueueMixin(models.AbstractModel):
    """Wake the workers of a queue: for new rows, by another worker, for rows due soon."""

    _inherit = "fusion.queue.mixin"

    # === BY NEW ROWS === #

    @api.model
    def _queue_wake(self, at=None, lane=0):
        """Wake the worker of a lane when the current transaction commits.

        Calls after the second one in a transaction cost nothing.

        :param datetime at: when (UTC); now if empty
        """
        if at is None and self._queue_is_woken(lane):
            return
        # Elevated: users cannot trigger scheduled actions.
        self.env.ref(self._queue_lanes()[lane]).sudo()._trigger(at=at)

    @api.model
    def _queue_is_woken(self, lane):
        """Count the wake-ups of this transaction; return whether this is not the first."""
        woken = self.env.cr.postcommit.data.setdefault("fusion.queue.woken", {})
        key = (self._name, lane)
        woken[key] = woken.get(key, 0) + 1
        if woken[key] == 2:
            # Rolling back a savepoint may undo the first wake-up; a post-commit hook stays.
            queue = self.browse()
            self.env.cr.postcommit.add(lambda: queue._queue_wake_at_once(lane=lane))
        return woken[key] > 1

    @api.model
    def _queue_wake_in_turn(self, delay=0):
        """Wake the worker for a row of this transaction, one of many that may arrive at once.

        This process wakes the worker about once a second for all of them, and at once for the
        first. A wake-up per row would take longer than storing the row.

        :param delay: seconds until the row is due
        """
        env, queue, now = self.env, (self.env.cr.dbname, self._name), time.monotonic()
        moment = _wakes.moment_for(queue, now + delay)
        if moment is None:
            # A wake-up is planned already. If this transaction outlasts it, wake the worker again.
            env.cr.postcommit.add(lambda: env[queue[1]]._queue_wake_if_missed())
        elif moment <= now:
            self._queue_wake()
            env.cr.postcommit.add(lambda: _wakes.note(queue, now))
        else:
            at = self._queue_wake_later(env.cr.now() + timedelta(seconds=moment - now))
            moment = now + (at - env.cr.now()).total_seconds()
            env.cr.postcommit.add(lambda: env[queue[1]]._queue_count_on(at, moment))

    @api.model
    def _queue_count_on(self, at, moment):
        """Note the wake-up at ``at`` for other rows; plan it again if a savepoint undid it."""

        def keep(env):
            cron = env.ref(self._queue_lanes()[0])
            planned = [("cron_id", "=", cron.id), ("call_at", "=", at)]
            if not env["ir.cron.trigger"].search_count(planned, limit=1):
                env[self._name]._queue_wake(at=at)

        in_own_transaction(self.env, keep)
        _wakes.note((self.env.cr.dbname, self._name), moment)

    @api.model
    def _queue_wake_if_missed(self):
        if _wakes.is_over((self.env.cr.dbname, self._name), time.monotonic()):
            self._queue_wake_at_once()

    @api.model
    def _queue_wake_later(self, at):
        """Wake the worker at ``at`` (UTC), rounded up to a whole second; return that time.

        The scheduler's triggers have a resolution of one second.
        """
        at = (at + timedelta(microseconds=999_999)).replace(microsecond=0)
        wait = (at - self.env.cr.now()).total_seconds()
        env, queue = self.env, self._name
        self._queue_wake(at=at)
        env.cr.postcommit.add(lambda: alarm.set_alarm(env, queue, wait))
        return at

    # === BY A WORKER === #

    @api.model
    def _queue_is_deep(self):
        """Wake the next lane, as there are more rows than this one can take at once."""
        lane = self.env.context.get("fusion_queue_lane")
        if lane is not None and lane + 1 < len(self._queue_lanes()):
            self._queue_wake_at_once(lane=lane + 1)

    @api.model
    def _queue_wake_at_once(self, lane=0):
        """Wake the worker of a lane even if the current transaction is rolled back."""
        in_own_transaction(self.env, lambda env: env[self._name]._queue_wake(lane=lane))

    @api.model
    def _queue_plan_next(self):
        """Plan a run for the next row that is due before the scheduler looks again by itself."""
        due_at = self._queue_next_due()
        if not due_at:
            return
        # What is due now could not be claimed: try again after a second.
        now = self.env.cr.now()
        due_at = max(due_at, now + timedelta(seconds=1))
        if due_at < now + timedelta(seconds=alarm.MAX_DELAY):
            self._queue_wake_later(due_at)

    @api.model
    def _queue_next_due(self):
        """Return when the next claimable row is due (UTC), or None if there is none."""
        self.env.cr.execute(
            SQL(
                "SELECT min(next_attempt_at) FROM %s WHERE next_attempt_at IS NOT NULL AND %s",
                SQL.identifier(self._table),
                self._queue_condition(),
            )
        )
        return self.env.cr.fetchone()[0]
