from datetime import timedelta

from odoo import api, models

from ...tools import alarm

CRON = "fusion_payment_common.ir_cron_heartbeat"
#: Seconds between two heartbeats. Odoo's own interval, 60 to 70 seconds, is longer than `SILENCE`.
INTERVAL = 30
#: Seconds without a run of any scheduled action after which the scheduler counts as dead.
SILENCE = 60
#: Seconds that one run may take before it counts as stuck.
LONGEST_RUN = 600


class FusionHeartbeat(models.AbstractModel):
    """Check whether the scheduled actions of this database run.

    Each run of a scheduled action commits a row of Odoo's `ir.cron.progress` when it begins; the
    check reads these. The heartbeat is a scheduled action that only plans its next run, so that
    even an idle scheduler writes a row every `INTERVAL` seconds.
    """

    _name = "fusion.heartbeat"
    _description = "Heartbeat of the Scheduler"

    @api.model
    def _cron_beat(self):
        """Plan the next run in `INTERVAL` seconds; the run itself is the heartbeat."""
        cron = self._cron()
        now = self.env.cr.now().replace(microsecond=0)
        # If Odoo's own interval caused this run, the next one is planned already.
        planned = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", cron.id), ("call_at", ">", now)], order="call_at", limit=1
        )
        at = planned.call_at or now + timedelta(seconds=INTERVAL)
        if not planned:
            cron._trigger(at=at)
        env, wait = self.env, (at - self.env.cr.now()).total_seconds()
        env.cr.postcommit.add(lambda: alarm.set_alarm(env, self._name, wait))

    @api.model
    def _wake(self):
        """Run the heartbeat now, as the scheduler has just been started."""
        self._cron()._trigger()

    @api.model
    def _cron(self):
        # Elevated: users have no access to scheduled actions.
        return self.env.ref(CRON).sudo()

    @api.model
    def _problem(self):
        """Return in one word what is wrong with the server, or None. Only queries the database.

        A neutralized copy runs no scheduled actions, which is not a problem.
        """
        if self._has_run_lately() or self._runs_now():
            return None
        parameters = self.env["ir.config_parameter"].sudo()
        return None if parameters.get_param("database.is_neutralized") else "schedules"

    @api.model
    def _has_run_lately(self):
        self.env.cr.execute(
            """
            SELECT create_date > now() AT TIME ZONE 'UTC' - %s * interval '1 second'
              FROM ir_cron_progress
             ORDER BY id DESC
             LIMIT 1
            """,
            [SILENCE],
        )
        row = self.env.cr.fetchone()
        return bool(row and row[0])

    @api.model
    def _runs_now(self):
        """Return whether a scheduled action is running: the scheduler locks its row meanwhile.

        The only thread of a server may be busy for longer than `SILENCE`.
        """
        self.env.cr.execute(
            """
            SELECT EXISTS (
                SELECT FROM pg_locks
                  JOIN pg_stat_activity activity USING (pid)
                 WHERE locktype = 'relation'
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND relation = 'ir_cron'::regclass
                   AND mode = 'RowShareLock'
                   AND pid != pg_backend_pid()
                   AND xact_start > clock_timestamp() - %s * interval '1 second'
            )
            """,
            [LONGEST_RUN],
        )
        return self.env.cr.fetchone()[0]
