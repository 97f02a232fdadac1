import logging
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.fusion_payment_common.lib.errors import GatewayError

from .. import const
from ..client.period import entries_of

_logger = logging.getLogger(__name__)

CRON = "fusion_clover.ir_cron_clover_reconciliation"
#: Hour of the merchant's day from which the day before is compared: batches are closed by then.
COMPARE_FROM_HOUR = 3
#: Entries that are written at once; progress is committed with them.
BATCH = 500
#: Seconds that are left out at the end of a period that is not over: what is happening just now.
SETTLING_SECONDS = 60
#: System parameter that overrides it.
SETTLING_PARAMETER = "fusion_clover.comparison_settling_seconds"
#: Days in one comparison, and times that a comparison is tried while Clover cannot be asked.
MOST_DAYS = 31
MOST_TRIES = 12
MANAGER = "fusion_payment_common.group_fusion_manager"


class CloverReconciliation(models.Model):
    """What Clover has of a day, or of several, set against the books.

    Webhooks are hints; this is the truth. Everything Clover lists for the period is read and kept,
    matched with transactions and payments, and whatever does not agree becomes a difference with
    its evidence and its repair. A comparison that was made is not changed: the next one shows
    whether the repairs have worked.
    """

    _name = "clover.reconciliation"
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
        "clover.reconciliation.difference", "reconciliation_id", string="List of Differences"
    )
    difference_count = fields.Integer(string="Differences", readonly=True)
    open_count = fields.Integer(string="Open", compute="_compute_open_count", store=True)
    entry_ids = fields.One2many("clover.reconciliation.entry", "reconciliation_id", readonly=True)
    total_ids = fields.One2many("clover.reconciliation.total", "reconciliation_id", readonly=True)
    progress_notice = fields.Char(compute="_compute_progress_notice")
    conclusion = fields.Char(compute="_compute_conclusion")

    # === DEFAULTS, COMPUTED, CONSTRAINTS === #

    @api.model
    def _default_provider(self):
        return self._providers().filtered(lambda one: one.company_id == self.env.company)[:1]

    @api.model
    def _providers(self):
        """Return all Clover providers that are in use."""
        # Elevated: Managers need not have access to providers.
        return (
            self.env["payment.provider"]
            .sudo()
            .search([("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")])
            .sudo(False)
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
                "Clover and the books agree: %(entries)s entries, %(amount)s.",
                entries=self.entry_count,
                amount=money(self.clover_amount),
            )
        return self.env._(
            "Clover has %(gap)s more than the books had. %(count)s differences explain all of it; "
            "%(open)s of them are open.",
            gap=money(self.gap),
            count=self.difference_count,
            open=self.open_count,
        )

    @api.constrains("date_from", "date_to")
    def _check_days(self):
        for one in self:
            if one.date_to < one.date_from or (one.date_to - one.date_from).days >= MOST_DAYS:
                raise ValidationError(
                    self.env._("Choose 1 to %s days, the first one first.", MOST_DAYS)
                )

    # === ACTION METHODS === #

    def action_compare(self):
        """Have the period compared now; the form shows how far it is.

        :raise UserError: it is being compared, or was: a comparison stays as it is
        """
        self._require_manager()
        for one in self:
            if one.state not in ("draft", "failed"):
                raise UserError(
                    self.env._("This comparison was made. Compare again to see what is left.")
                )
        # Elevated: results are written by the comparison alone.
        self.sudo().write({"state": "queued", "message": False, "try_count": 0})
        # Elevated: Managers start the scheduled action, they do not own it.
        self.env.ref(CRON).sudo()._trigger()

    def action_compare_again(self):
        """Compare the same days once more, as a comparison of its own."""
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
        """Open what was read from Clover."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_clover.clover_reconciliation_entry_action"
        )
        return {**action, "domain": [("reconciliation_id", "=", self.id)]}

    def action_export(self):
        """Download the comparison as a spreadsheet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/fusion_clover/reconciliation/{self.id}/xlsx",
            "target": "download",
        }

    def _require_manager(self):
        if not (self.env.su or self.env.user.has_group(MANAGER)):
            raise AccessError(self.env._("Only a Manager of Fusion Payments compares."))

    # === SCHEDULE === #

    @api.model
    def _cron_compare(self):
        """Compare the day before of every merchant, and what people have asked for."""
        self._queue_yesterdays()
        cron = self.env["ir.cron"]
        # One process at a time runs a scheduled action: what is "running" was interrupted.
        waiting = self.search([("state", "in", ("queued", "running"))], order="id")
        cron._commit_progress(remaining=len(waiting))
        for one in waiting:
            one._compare_or_say_why_not()
            if not cron._commit_progress(1):
                return

    @api.model
    def _queue_yesterdays(self):
        """Queue the day before of each merchant, once its night is over."""
        for provider in self._providers().sudo():
            now = datetime.now(ZoneInfo(self._zone_of(provider)))
            if now.hour < COMPARE_FROM_HOUR or not provider.clover_merchant_id:
                continue
            yesterday = now.date() - timedelta(days=1)
            known = self.search_count(
                [
                    ("provider_id", "=", provider.id),
                    ("date_from", "<=", yesterday),
                    ("date_to", ">=", yesterday),
                    ("create_date", ">=", _as_utc(now.date(), now.tzinfo)),
                ]
            )
            if not known:
                values = {"provider_id": provider.id, "state": "queued"}
                self.create({**values, "date_from": yesterday, "date_to": yesterday})

    @api.model
    def _zone_of(self, provider):
        """Return the merchant's time zone, as far as it is known without asking."""
        latest = self.search(
            [("provider_id", "=", provider.id), ("timezone", "!=", False)],
            order="id desc",
            limit=1,
        )
        return latest.timezone or provider.company_id.partner_id.tz or "UTC"

    # === COMPARISON === #

    def _compare_or_say_why_not(self):
        """Compare; when Clover cannot be asked, say so and try again with the next run."""
        self.ensure_one()
        self.try_count += 1
        try:
            self._compare()
        except GatewayError as error:
            problem = self.provider_id._clover_connection_problem(error)
            _logger.warning("The comparison of %s was not possible: %s", self.name, error)
            is_last = self.try_count >= MOST_TRIES
            self.write({"state": "failed" if is_last else "queued", "message": problem})

    def _compare(self):
        """Read the period from Clover, match it with the books and list what differs.

        :raise GatewayError: Clover cannot be asked
        """
        self.ensure_one()
        # Elevated: set against set, whoever's documents they are; results are nobody's to write.
        self = self.sudo().with_company(self.company_id)
        started, calls = clock.monotonic(), []
        self._forget()
        client = self.provider_id._clover_client(calls.append)
        properties = client.merchants.properties()
        self.timezone = properties.timezone or self._zone_of(self.provider_id)
        period = self._period()
        self._read(client, period)
        self.env.flush_all()
        self._match_entries()
        self._find_differences(period)
        self._verify(client)
        self._carry_decisions_over()
        self._sum_up()
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
        """Begin anew, also after an interruption."""
        self.write({"state": "running", "progress": 0, "message": False})
        self.difference_ids.unlink()
        self.total_ids.unlink()
        self.env.cr.execute(
            "DELETE FROM clover_reconciliation_entry WHERE reconciliation_id = %s", [self.id]
        )
        self.invalidate_recordset()

    def _read(self, client, period):
        """Keep everything that Clover lists; a batch is committed with the progress."""
        since_ms, until_ms = (int(moment.timestamp() * 1000) for moment in period)
        batch = []
        for entry in entries_of(client, since_ms, until_ms):
            batch.append(entry)
            if len(batch) == BATCH:
                passed = (until_ms - entry.created_ms) / max(until_ms - since_ms, 1)
                self._keep(batch, percent=int(90 * min(max(passed, 0), 1)))
                batch = []
        self._keep(batch, percent=90)

    def _keep(self, batch, *, percent):
        self.env["clover.reconciliation.entry"]._insert(self, batch)
        # The lists are read one after the other: what was reached stays reached.
        self.progress = max(self.progress, percent)
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()

    def _period(self):
        """Return the first moment of the period and the first one after it (aware, UTC)."""
        zone = ZoneInfo(self.timezone)
        since = datetime.combine(self.date_from, time(), tzinfo=zone).astimezone(UTC)
        end = datetime.combine(self.date_to + timedelta(days=1), time(), tzinfo=zone)
        # Elevated: system parameters are readable by administrators only.
        settling = self.env["ir.config_parameter"].sudo().get_param(
            SETTLING_PARAMETER, SETTLING_SECONDS
        )
        settled = datetime.now(UTC) - timedelta(seconds=float(settling))
        return since, max(since, min(end.astimezone(UTC), settled))


def _as_utc(day: date, zone):
    """Return the beginning of a day as Odoo writes moments: UTC without saying so."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
