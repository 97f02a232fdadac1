import logging
import time as clock
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from ... import const
from ...client.period import REACH_MS, Period, entries_of

_logger = logging.getLogger(__name__)

CRON = "fusion_clover.ir_cron_clover_comparison"
#: Entries written at once; the progress is committed with them.
BATCH = 500
#: Seconds left out at the end of a period that is not over, because changes are still under way.
SETTLING_SECONDS = 60
#: System parameter that overrides it.
SETTLING_PARAMETER = "fusion_clover.comparison_settling_seconds"
#: Most days in one comparison, and how many days back Clover's lists reach.
MOST_DAYS = 31
REACH_DAYS = REACH_MS // (24 * 3600 * 1000) - 1
#: Fields that a user fills in to request a comparison.
ASKED = {"provider_id", "provider_choice", "date_from", "date_to"}
MANAGER = "fusion_payment_common.group_fusion_manager"


class CloverComparison(models.Model):
    """A comparison of Clover's payments over one or more days with the books.

    Webhooks are hints; the comparison is authoritative. Everything Clover lists for the period is
    read, stored and matched with transactions and payments. Each mismatch becomes a difference with
    its evidence and its repair. A finished comparison does not change: the next one shows whether
    the repairs worked.
    """

    _name = "clover.comparison"
    _description = "Clover Comparison"
    _order = "date_from desc, id desc"

    name = fields.Char(compute="_compute_name")
    provider_id = fields.Many2one(
        "payment.provider",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")],
        default=lambda self: self._default_provider(),
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True, index=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id", store=True)
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._yesterday(), index=True
    )
    date_to = fields.Date(string="To", required=True, default=lambda self: self._yesterday())
    timezone = fields.Char(readonly=True, help="Of the merchant: its days are compared.")
    state = fields.Selection(
        [
            ("draft", "New"),
            ("queued", "Waiting"),
            ("running", "Reading"),
            ("done", "Compared"),
            ("failed", "Not Possible"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
    )
    progress = fields.Integer(readonly=True, aggregator=None, help="Percent.")
    message = fields.Char(readonly=True)
    try_count = fields.Integer(string="Tries", readonly=True, aggregator=None)
    compared_at = fields.Datetime(string="Compared On", readonly=True)
    seconds = fields.Float(readonly=True, aggregator=None)
    call_count = fields.Integer(string="Calls", readonly=True, aggregator=None)
    entry_count = fields.Integer(string="Read", readonly=True)
    clover_amount = fields.Monetary(
        string="Clover", readonly=True, help="Net of what was given back."
    )
    odoo_amount = fields.Monetary(string="Odoo", readonly=True)
    gap = fields.Monetary(
        string="Difference", readonly=True, help="What Clover has more than the books."
    )
    explained = fields.Monetary(readonly=True, help="By the differences listed below.")
    unexplained = fields.Monetary(
        readonly=True, help="Always zero, or the comparison itself is wrong."
    )
    difference_ids = fields.One2many(
        "clover.comparison.difference", "comparison_id", string="List of Differences"
    )
    difference_count = fields.Integer(string="Differences", readonly=True)
    open_count = fields.Integer(string="Open", compute="_compute_open_count", store=True)
    entry_ids = fields.One2many("clover.comparison.entry", "comparison_id", readonly=True)
    total_ids = fields.One2many("clover.comparison.total", "comparison_id", readonly=True)
    progress_notice = fields.Char(compute="_compute_progress_notice")
    conclusion = fields.Char(compute="_compute_conclusion")

    # === DEFAULTS, COMPUTED, CONSTRAINTS === #

    @api.model
    def _default_provider(self):
        return self._providers().filtered(lambda one: one.company_id == self.env.company)[:1]

    @api.model
    def _providers(self):
        """Return all enabled or test Clover providers, elevated."""
        # Elevated: Managers need not have access to providers.
        providers = self.env["payment.provider"].sudo()
        return providers.search(
            [("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")]
        )

    @api.model
    def _yesterday(self):
        return fields.Date.context_today(self) - timedelta(days=1)

    @api.depends("date_from", "date_to")
    def _compute_name(self):
        for one in self:
            days = [fields.Date.to_string(day) for day in (one.date_from, one.date_to) if day]
            one.name = " - ".join(dict.fromkeys(days))

    @api.depends("provider_id")
    def _compute_currency_id(self):
        for one in self:
            # Elevated: Managers need not have access to providers.
            provider = one.sudo().provider_id
            currencies = self.env["res.currency"].with_context(active_test=False)
            name = provider.clover_merchant_currency
            found = currencies.search([("name", "=", name)], limit=1) if name else currencies
            one.currency_id = found or (provider.company_id or self.env.company).currency_id

    @api.depends("difference_ids.state")
    def _compute_open_count(self):
        for one in self:
            one.open_count = len(one.difference_ids.filtered(lambda found: found.state == "open"))

    @api.depends("state", "gap", "explained", "unexplained", "open_count", "difference_count")
    def _compute_conclusion(self):
        for one in self:
            one.conclusion = one.state == "done" and one._conclusion_in_words()

    @api.depends("state", "progress")
    def _compute_progress_notice(self):
        for one in self:
            one.progress_notice = {
                "queued": self.env._("It begins in a moment."),
                "running": self.env._("Reading from Clover: %s %%", one.progress),
            }.get(one.state, False)

    def _conclusion_in_words(self):
        money = self.currency_id.format
        if self.currency_id.compare_amounts(self.unexplained, 0):
            return self.env._(
                "%s cannot be explained: please report this comparison.", money(self.unexplained)
            )
        if not self.difference_count:
            return self.env._(
                "Clover and the books agree. Entries: %(entries)s, together %(amount)s.",
                entries=self.entry_count,
                amount=money(self.clover_amount),
            )
        values = {
            "gap": money(abs(self.gap)),
            "count": self.difference_count,
            "open": self.open_count,
        }
        sign = self.currency_id.compare_amounts(self.gap, 0)
        if sign > 0:
            return self.env._(
                "Clover has %(gap)s more than the books had. Differences that explain all of it: "
                "%(count)s, open: %(open)s.",
                **values,
            )
        if sign < 0:
            return self.env._(
                "The books had %(gap)s more than Clover. Differences that explain all of it: "
                "%(count)s, open: %(open)s.",
                **values,
            )
        return self.env._(
            "Clover and the books add up to the same. Differences: %(count)s, open: %(open)s.",
            **values,
        )

    @api.constrains("date_from", "date_to")
    def _check_days(self):
        for one in self:
            if one.date_to < one.date_from or (one.date_to - one.date_from).days >= MOST_DAYS:
                raise ValidationError(
                    self.env._("Choose 1 to %s days, the first one first.", MOST_DAYS)
                )
            if one.date_from < fields.Date.today() - timedelta(days=REACH_DAYS):
                raise ValidationError(
                    self.env._(
                        "Clover lists payments of the last %s days only: choose later ones.",
                        REACH_DAYS,
                    )
                )

    # === WRITING === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: users may only set the request fields."""
        allowed = ASKED | {"difference_ids"}
        if not self.env.su and any(set(vals) - allowed for vals in vals_list):
            raise AccessError(self.env._("The result of a comparison is not written by hand."))
        created = super().create(vals_list)
        created._require_own_company()
        return created

    def write(self, vals):
        """Override of `base`: users may change only the request fields, before the comparison.

        Lines have their own access rules.
        """
        if not self.env.su:
            allowed = ASKED if all(one.state == "draft" for one in self) else set()
            if set(vals) - allowed - {"difference_ids"}:
                raise AccessError(self.env._("A comparison that was made is not changed by hand."))
        result = super().write(vals)
        self._require_own_company()
        return result

    # === ACTION METHODS === #

    def action_compare(self):
        """Start the comparison now; the form shows its progress.

        :raise UserError: it is running, or finished: a finished comparison does not change
        """
        self._require_manager()
        for one in self:
            if one.state not in ("draft", "failed"):
                raise UserError(
                    self.env._("This comparison was made. Compare again to see what is left.")
                )
        # Elevated: users cannot write results.
        self.sudo().write({"state": "queued", "message": False, "try_count": 0})
        # Elevated: Managers may trigger the scheduled action without access to it.
        self.env.ref(CRON).sudo()._trigger()

    def action_compare_again(self):
        """Compare the same days again, in a new comparison."""
        self.ensure_one()
        self._require_manager()
        again = self.create(
            {
                "provider_id": self.provider_id.id,
                "date_from": self.date_from,
                "date_to": self.date_to,
            }
        )
        again.action_compare()
        return again._get_records_action()

    def action_open_entries(self):
        """Open the entries read from Clover."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_clover.clover_comparison_entry_action"
        )
        return {**action, "domain": [("comparison_id", "=", self.id)]}

    def action_export(self):
        """Download the comparison as a spreadsheet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/fusion_clover/comparison/{self.id}/xlsx",
            "target": "download",
        }

    def _require_manager(self):
        if not (self.env.su or self.env.user.has_group(MANAGER)):
            raise AccessError(self.env._("Only a Manager of Fusion Payments compares."))

    # === COMPARISON === #

    def _compare(self):
        """Read the period from Clover, match it with the books and list the differences.

        :raise GatewayError: Clover cannot be reached
        """
        self.ensure_one()
        # Elevated: covers all documents of the merchant; users cannot write results.
        self = self.sudo().with_company(self.company_id)
        started, calls = clock.monotonic(), []
        self._forget()
        client = self.provider_id._clover_client(calls.append)
        properties = client.merchants.properties()
        self.timezone = zone_named(properties.timezone or self._zone_of(self.provider_id)).key
        since, until, settled = self._period()
        self._read(client, Period(*map(_unix_ms, (since, until, settled))))
        self._name_clerks(client)
        self.env.flush_all()
        self._match_entries((since, until))
        self._find_differences((since, until))
        self._verify(client)
        self._carry_decisions_over()
        self._sum_up()
        self._supersede()
        self._take_what_was_missed(client)
        self.write(
            {
                "state": "done",
                "progress": 100,
                "message": False,
                "compared_at": fields.Datetime.now(),
                "seconds": clock.monotonic() - started,
                "call_count": len(calls),
            }
        )

    def _forget(self):
        """Delete the results of an interrupted run, to start again."""
        self.write({"state": "running", "progress": 0, "message": False})
        self.difference_ids.unlink()
        self.total_ids.unlink()
        self.env.cr.execute(
            "DELETE FROM clover_comparison_entry WHERE comparison_id = %s", [self.id]
        )
        self.invalidate_recordset()

    def _read(self, client, period):
        """Store everything that Clover lists; commit each batch with the progress."""
        batch = []
        for entry in entries_of(client, period):
            batch.append(entry)
            if len(batch) == BATCH:
                length = max(period.until_ms - period.since_ms, 1)
                passed = (period.until_ms - entry.created_ms) / length
                self._keep(batch, percent=int(90 * min(max(passed, 0), 1)))
                batch = []
        self._keep(batch, percent=90)

    def _name_clerks(self, client):
        """Store the clerks' names; their ids if the app may not read the names."""
        entries = self.env["clover.comparison.entry"]
        by_clerks = [("comparison_id", "=", self.id), ("employee_ref", "!=", False)]
        if not entries.search_count(by_clerks, limit=1):
            return
        names = {}
        try:
            names = client.merchants.employees()
        except GatewayError as error:
            _logger.info("Clover does not say who its employees are: %s", error)
        entries._name_clerks(self, names)

    def _keep(self, batch, *, percent):
        self.env["clover.comparison.entry"]._insert(self, batch)
        # The lists are read one after the other, so the percentage may drop: keep the highest.
        self.progress = max(self.progress, percent)
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()

    def _period(self):
        """Return the start of the period, its end (exclusive), and the time from which changes are
        not settled yet (aware, UTC)."""
        zone = zone_named(self.timezone)
        since = datetime.combine(self.date_from, time(), tzinfo=zone).astimezone(UTC)
        end = datetime.combine(self.date_to + timedelta(days=1), time(), tzinfo=zone)
        # Elevated: system parameters are readable by administrators only.
        settling = self.env["ir.config_parameter"].sudo().get_param(
            SETTLING_PARAMETER, SETTLING_SECONDS
        )
        settled = datetime.now(UTC) - timedelta(seconds=float(settling))
        return since, max(since, min(end.astimezone(UTC), settled)), settled


def zone_named(name):
    """Return the time zone with this name; UTC for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError):
        _logger.warning("Unknown time zone %r: its days are taken to be those of UTC", name)
        return ZoneInfo("UTC")


def _unix_ms(moment):
    return int(moment.timestamp() * 1000)
