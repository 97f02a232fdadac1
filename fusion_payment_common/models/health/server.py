from datetime import timedelta

from odoo import api, fields, models

from ...lib.health import Finding, Level

#: Seconds that a scheduled action with an interval in minutes may be overdue.
SCHEDULE_ERROR_AFTER = 600


class FusionHealthProbe(models.AbstractModel):
    _inherit = "fusion.health.probe"

    @api.model
    def _schedules(self):
        """Return the scheduled actions of the suite that run every few minutes."""
        data = (
            self.env["ir.model.data"]
            .sudo()
            .search([("model", "=", "ir.cron"), ("module", "=like", "fusion\\_%")])
        )
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        return (
            crons.browse(data.mapped("res_id"))
            .exists()
            .filtered(lambda cron: cron.interval_type == "minutes")
        )

    @api.model
    def _probe_schedules(self, company):
        now = fields.Datetime.now()
        crons = self._schedules()
        last = max((cron.lastcall for cron in crons if cron.lastcall), default=None)
        idle = (now - last).total_seconds() if last else None
        off = crons.filtered(lambda cron: not cron.active)
        late = now - timedelta(seconds=SCHEDULE_ERROR_AFTER)
        overdue = (crons - off).filtered(lambda cron: cron.nextcall < late)
        if off and not self._is_neutralized():
            text = self.env._("Switched off: %s.", ", ".join(off.mapped("cron_name")))
            return Finding(Level.ERROR, text, idle)
        if overdue:
            text = self.env._(
                "The scheduler does not run: %s is overdue. Start the server with at least one "
                "cron thread.",
                overdue[0].cron_name,
            )
            return Finding(Level.ERROR, text, idle)
        failing = crons.filtered("failure_count")
        if failing:
            text = self.env._("Failed lately: %s.", ", ".join(failing.mapped("cron_name")))
            return Finding(Level.WARNING, text, idle)
        if idle is None:
            return Finding(Level.OK, self.env._("They have not been due yet."))
        return Finding(
            Level.OK, self.env._("They ran %s ago.", self._duration(max(idle, 0))), max(idle, 0)
        )

    @api.model
    def _remedy_schedules(self, company):
        crons = self._schedules()
        off = crons.filtered(lambda cron: not cron.active)
        if off and not self._is_neutralized():
            off.active = True
        for cron in crons:
            cron._trigger()

    @api.model
    def _probe_vault(self, company):
        vault = self.env["fusion.vault"]
        stored = self.env["fusion.secret"].search_count([("wiped_at", "=", False)])
        if problem := vault._problem():
            return Finding(Level.ERROR if stored else Level.WARNING, problem, stored)
        if not vault._opens_newest():
            return Finding(
                Level.ERROR,
                self.env._(
                    "The configured keys do not open the newest stored values. Add the key that "
                    "was in use when they were stored."
                ),
                stored,
            )
        return Finding(
            Level.OK, self.env._("Configured. Values stored encrypted: %s.", stored), stored
        )

    @api.model
    def _is_neutralized(self):
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param("database.is_neutralized") == "true"

    @api.model
    def _probe_neutralized(self, company):
        if self._is_neutralized():
            return Finding(
                Level.WARNING,
                self.env._("This is a neutralized copy: nothing is charged and nothing is sent."),
                1,
            )
        return Finding(Level.OK, self.env._("This database is not a neutralized copy."), 0)
