import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...lib.health import Check, Finding, Level
from ...tools.cursors import in_own_transaction
from ..alert import MANAGER_GROUP

_logger = logging.getLogger(__name__)

#: Seconds for which results count as fresh, however many people look at the page.
FRESH_SECONDS = 5


class FusionHealthCheck(models.Model):
    """The latest result of each registered check, per company where that makes sense.

    A Manager is told when a check turns red and again when it no longer is, once each: the row
    remembers, and changes in the same transaction in which the message is made.
    """

    _name = "fusion.health.check"
    _description = "Health Check"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "severity desc, sequence, company_id, id"

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(readonly=True, aggregator=None)
    company_id = fields.Many2one(
        "res.company", readonly=True, index=True, ondelete="cascade", help="Empty: the database."
    )
    level = fields.Selection(
        [("ok", "Fine"), ("warning", "Warning"), ("error", "Error")],
        required=True,
        readonly=True,
        default="ok",
    )
    severity = fields.Integer(compute="_compute_severity", store=True, aggregator=None)
    sentence = fields.Char(string="Finding", readonly=True)
    value = fields.Float(readonly=True, aggregator=None)
    has_value = fields.Boolean(readonly=True)
    checked_at = fields.Datetime(readonly=True)
    changed_at = fields.Datetime(string="Since", readonly=True)
    alerted_at = fields.Datetime(
        readonly=True, help="When a Manager was told that it is red; empty: nobody has to know."
    )
    remedy_label = fields.Char(compute="_compute_remedy_label")

    _code_company_unique = models.UniqueIndex("(code, COALESCE(company_id, 0))")

    @api.depends("level")
    def _compute_severity(self):
        for row in self:
            row.severity = Level(row.level).rank

    @api.depends_context("lang")
    @api.depends("code")
    def _compute_remedy_label(self):
        labels = {check.code: check.remedy_label for check in self._checks() if check.remedy}
        for row in self:
            row.remedy_label = labels.get(row.code, False)

    # === REGISTRY === #

    @api.model
    def _checks(self):
        """Return the registered checks, in the order of the page.

        Each addon overrides it once, to add the
        :class:`~odoo.addons.fusion_payment_common.lib.health.Check` of each thing that can go wrong
        in any of its rooms. The method of a check must not write.
        """
        return [*self._ledger_checks(), *self._queue_checks(), *self._server_checks()]

    @api.model
    def _ledger_checks(self):
        """Return the checks of the ledger."""
        probe = "fusion.health.probe"
        return [
            Check(
                "operations_queued",
                self.env._("Payments waiting to be sent"),
                probe,
                "_probe_queued",
                remedy="_remedy_queued",
                remedy_label=self.env._("Send Now"),
            ),
            Check(
                "operations_unknown",
                self.env._("Payments of unknown outcome"),
                probe,
                "_probe_unknown",
                remedy="_remedy_unknown",
                remedy_label=self.env._("Show"),
            ),
            Check(
                "operations_review",
                self.env._("Payments that need a decision"),
                probe,
                "_probe_review",
                remedy="_remedy_review",
                remedy_label=self.env._("Decide"),
            ),
            Check(
                "operations_unbooked",
                self.env._("Received but not booked"),
                probe,
                "_probe_unbooked",
                remedy="_remedy_unbooked",
                remedy_label=self.env._("Book Now"),
            ),
        ]

    @api.model
    def _queue_checks(self):
        """Return the checks of the inbox and the outbox."""
        probe = "fusion.health.probe"
        return [
            Check(
                "events_waiting",
                self.env._("Events waiting"),
                probe,
                "_probe_events_waiting",
                remedy="_remedy_events_waiting",
                remedy_label=self.env._("Process Now"),
            ),
            Check(
                "events_failed",
                self.env._("Events that failed"),
                probe,
                "_probe_events_failed",
                remedy="_remedy_events_failed",
                remedy_label=self.env._("Show"),
            ),
            Check(
                "deliveries_stuck",
                self.env._("Deliveries on their way"),
                probe,
                "_probe_deliveries_stuck",
                remedy="_remedy_deliveries_stuck",
                remedy_label=self.env._("Show"),
            ),
            Check(
                "deliveries_dead",
                self.env._("Dead letters"),
                probe,
                "_probe_deliveries_dead",
                remedy="_remedy_deliveries_dead",
                remedy_label=self.env._("Show"),
            ),
        ]

    @api.model
    def _server_checks(self):
        """Return the checks of the server and the database."""
        probe = "fusion.health.probe"
        return [
            Check(
                "schedules",
                self.env._("Scheduled actions"),
                probe,
                "_probe_schedules",
                per_company=False,
                remedy="_remedy_schedules",
                remedy_label=self.env._("Run Now"),
            ),
            Check("vault", self.env._("Encryption key"), probe, "_probe_vault", per_company=False),
            Check(
                "neutralized",
                self.env._("Production database"),
                probe,
                "_probe_neutralized",
                per_company=False,
            ),
        ]

    @api.model
    def _evaluate(self):
        """Run every check; return ``[(check, company, finding)]``. Writes nothing."""
        results = []
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        for check in self._checks():
            scopes = companies if check.per_company else [self.env["res.company"]]
            results += [(check, company, self._run(check, company)) for company in scopes]
        return results

    @api.model
    def _run(self, check, company):
        # Elevated: the result is shown to the Managers of the company only. In one language for
        # all, because it is stored.
        model = self.env[check.model].sudo().with_company(company or self.env.company)
        model = model.with_context(lang=self._language(company))
        try:
            with self.env.cr.savepoint():
                return getattr(model, check.method)(company)
        except Exception as error:
            # A check that fails is a finding, not the end of the page. The log has the details.
            _logger.warning("Health check %s failed", check.code, exc_info=True)
            return Finding(
                Level.ERROR,
                self.env._("This could not be checked (%s). See the log.", type(error).__name__),
            )

    @api.model
    def _language(self, company):
        # Elevated: the language of a company is no secret.
        company = (company or self.env.ref("base.main_company")).sudo()
        return company.partner_id.lang or "en_US"

    # === RESULTS === #

    @api.model
    def _refresh(self):
        """Run the checks and store the results, in a transaction of its own."""
        # In the database's language, not in that of the user who opens the page.
        model = self.with_context(lang=self._language(self.env["res.company"]))
        in_own_transaction(model.env, lambda env: env[self._name]._store_results())

    @api.model
    def _store_results(self):
        # One at a time, or two would tell the Manager about the same change.
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(hashtext('fusion.health.check'))")
        if not self.env.cr.fetchone()[0]:
            return
        rows = {(row.code, row.company_id): row for row in self.search([])}
        for sequence, (check, company, finding) in enumerate(self._evaluate()):
            row = rows.pop((check.code, company), None)
            if row is None:
                row = self.create(
                    {"code": check.code, "name": check.name, "company_id": company.id}
                )
            row._take(check, finding, sequence)
        # Checks of an addon that is gone.
        self.browse([row.id for row in rows.values()]).unlink()

    def _take(self, check, finding, sequence):
        now = fields.Datetime.now()
        values = {
            "name": check.name,
            "sequence": sequence,
            "level": str(finding.level),
            "sentence": finding.sentence,
            "value": finding.value or 0.0,
            "has_value": finding.value is not None,
            "checked_at": now,
        }
        if self.level != values["level"] or not self.changed_at:
            values["changed_at"] = now
        self.write(values)
        if finding.level == Level.ERROR and not self.alerted_at:
            self._tell_red()
        elif finding.level != Level.ERROR and self.alerted_at:
            self._tell_clear()

    def _tell_red(self):
        self.alerted_at = fields.Datetime.now()
        self.env["fusion.alert"]._schedule_once(
            self,
            self.code,
            self._managers(),
            summary=self.env._("%s: error", self.name),
            note=self.sentence,
        )

    def _tell_clear(self):
        self.alerted_at = False
        text = self.env._("Cleared: %(name)s. %(finding)s", name=self.name, finding=self.sentence)
        self.activity_ids.action_feedback(feedback=text)
        self.message_notify(
            partner_ids=self._managers().partner_id.ids,
            subject=self.env._("%s: cleared", self.name),
            body=text,
        )

    def _managers(self):
        """Return whom to tell: Managers of the company, or those of any for the whole database."""
        return self.env["fusion.alert"]._recipients(MANAGER_GROUP, self.company_id)

    @api.model
    def _cron_check(self):
        """Run all checks, whether or not the page is open."""
        self._refresh()

    # === PAGE === #

    @api.model
    def refresh(self):
        """Run the checks for the page, unless that was done a moment ago.

        :raise AccessError: the user is no Manager
        """
        self.browse().check_access("read")
        since = fields.Datetime.now() - timedelta(seconds=FRESH_SECONDS)
        fresh = fields.Domain("checked_at", ">", since)
        # Elevated: users cannot write results.
        rows = self.sudo()
        if not rows.search_count(fresh, limit=1) or rows.search_count(~fresh, limit=1):
            rows._refresh()
        self.env.invalidate_all()
        return True

    def action_remedy(self):
        """Do what helps against the finding, with the rights of the user."""
        self.ensure_one()
        if not self.env.user.has_group(MANAGER_GROUP):
            raise AccessError(self.env._("Only a Manager can do that."))
        self.check_access("read")
        check = next((check for check in self._checks() if check.code == self.code), None)
        if not check or not check.remedy:
            raise UserError(self.env._("There is no remedy to start from here."))
        model = self.env[check.model].with_company(self.company_id or self.env.company)
        action = getattr(model, check.remedy)(self.company_id)
        # Elevated: the result is out of date now; the page looks again when it is loaded.
        self.sudo().checked_at = False
        return action or {"type": "ir.actions.client", "tag": "soft_reload"}
