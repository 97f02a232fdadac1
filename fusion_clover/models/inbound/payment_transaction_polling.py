import logging
import random
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.fusion_payment_common.exceptions import EventTooEarly
from odoo.addons.fusion_payment_common.lib import retry
from odoo.addons.fusion_payment_common.lib.errors import GatewayError, NotFoundError
from odoo.addons.fusion_payment_common.lib.health import Finding, Level
from odoo.addons.fusion_payment_common.models.operation.completer import ALERT_AFTER
from odoo.addons.fusion_payment_common.tools import alarm
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction

from ... import const

_logger = logging.getLogger(__name__)
_random = random.SystemRandom()

CRON = "fusion_clover.ir_cron_clover_polling"
#: States that may still change at Clover: authorized money, and payments with unknown outcome.
NOT_FINAL = ("pending", "authorized")
#: Most transactions polled in one run: Clover's rate limits are shared with waiting users.
BATCH = 100


class PaymentTransaction(models.Model):
    """Polling: look up transactions that are not final, at growing intervals.

    The ledger looks up open operations. Polling covers transactions without one: an authorization
    that may be captured or released in Clover's dashboard, and a payment that is still pending.
    Webhooks only shorten the wait.
    """

    _inherit = "payment.transaction"

    clover_poll_at = fields.Datetime(
        string="Asked Again On", readonly=True, copy=False, index="btree_not_null"
    )
    clover_poll_count = fields.Integer(
        string="Times Asked", readonly=True, copy=False, aggregator=None
    )
    clover_is_stuck = fields.Boolean(
        string="Stuck", compute="_compute_clover_is_stuck", search="_search_clover_is_stuck"
    )

    # === STUCK === #

    @api.depends("state", "last_state_change", "provider_code")
    def _compute_clover_is_stuck(self):
        stuck = self.filtered_domain(self._clover_stuck_domain())
        for transaction in self:
            transaction.clover_is_stuck = transaction in stuck

    def _search_clover_is_stuck(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._clover_stuck_domain() if True in value else ~self._clover_stuck_domain()

    @api.model
    def _clover_stuck_domain(self):
        since = fields.Datetime.now() - timedelta(seconds=ALERT_AFTER)
        return (
            Domain("provider_code", "=", const.PROVIDER_CODE)
            & Domain("state", "=", "pending")
            & Domain("last_state_change", "<", since)
        )

    @api.model
    def _probe_clover_stuck(self, company):
        """Return how many of the company's payments have been without an outcome for too long."""
        # Elevated by the health page: the result is the same for all users of the company.
        stuck = self.search_count(
            Domain("company_id", "=", company.id) & self._clover_stuck_domain()
        )
        if not stuck:
            return Finding(Level.OK, self.env._("No payment waits for an outcome."), 0)
        return Finding(
            Level.ERROR,
            self.env._(
                "Payments without an outcome for %(minutes)s minutes: %(count)s. Look them up in "
                "Clover's dashboard.",
                count=stuck,
                minutes=ALERT_AFTER // 60,
            ),
            stuck,
        )

    @api.model
    def _remedy_clover_stuck(self, company):
        """Open the payments."""
        domain = Domain("company_id", "=", company.id) & self._clover_stuck_domain()
        action = self.env["ir.actions.act_window"]._for_xml_id("payment.action_payment_transaction")
        return {**action, "domain": list(domain), "context": {}}

    # === POLLING === #

    def _update_state(self, allowed_states, target_state, state_message):
        """Override of `payment` to start polling what is not final, and to stop it afterwards."""
        changed = super()._update_state(allowed_states, target_state, state_message)
        ours = changed.filtered(lambda tx: tx.provider_code == const.PROVIDER_CODE)
        if target_state in NOT_FINAL:
            for transaction in ours:
                transaction.clover_poll_count = 0
                transaction._clover_plan_poll()
        else:
            ours.filtered("clover_poll_at").clover_poll_at = False
        return changed

    def _clover_plan_poll(self, *, retry_after=None):
        """Set the time of the next poll and wake the scheduler for it.

        :param float retry_after: seconds that Clover told us to wait
        """
        self.ensure_one()
        number = min(self.clover_poll_count + 1, len(retry.DECAYING.delays))
        delay = retry.next_delay(retry.DECAYING, number, retry_after=retry_after, rng=_random)
        self.clover_poll_at = fields.Datetime.now() + timedelta(seconds=delay)
        # Elevated: customers and clerks trigger the scheduled action without access to it.
        self.env.ref(CRON).sudo()._trigger(self.clover_poll_at)
        self._clover_wake_scheduler_in(delay)

    @api.model
    def _clover_wake_scheduler_in(self, delay):
        """Wake the scheduler ``delay`` seconds after the commit; its own interval is a minute."""
        self.env.cr.postcommit.add(lambda: alarm.set_alarm(self.env, CRON, delay))

    @api.model
    def _clover_polled_domain(self):
        return Domain(
            [
                ("provider_code", "=", const.PROVIDER_CODE),
                ("provider_id.state", "!=", "disabled"),
                ("state", "in", NOT_FINAL),
            ]
        )

    @api.model
    def _cron_clover_poll(self):
        """Poll every due transaction, one read at a time; a failure does not stop the rest."""
        polled = self._clover_polled_domain()
        due = polled & (
            Domain("clover_poll_at", "=", False)
            | Domain("clover_poll_at", "<=", fields.Datetime.now())
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(due))
        for transaction in self.search(due, order="clover_poll_at, id", limit=BATCH):
            try:
                self._clover_in_own_transaction(transaction.id, "_clover_poll")
            except Exception:
                _logger.exception("Transaction %s could not be asked after", transaction.id)
                self._clover_in_own_transaction(transaction.id, "_clover_plan_poll")
            if not cron._commit_progress(1):
                return
        later = self.search(
            polled & Domain("clover_poll_at", ">", fields.Datetime.now()),
            order="clover_poll_at",
            limit=1,
        )
        if later:
            # An earlier row's wake-up may have replaced the one for this row.
            wait = (later.clover_poll_at - fields.Datetime.now()).total_seconds()
            self._clover_wake_scheduler_in(wait)

    @api.model
    def _clover_in_own_transaction(self, transaction_id, method):
        """Call the method on one row, in a separate database transaction."""
        in_own_transaction(
            self.env, lambda env: getattr(env[self._name].browse(transaction_id), method)()
        )

    def _clover_poll(self):
        """Look up this transaction at Clover and apply the answer."""
        self.ensure_one()
        if not self.try_lock_for_update():
            return
        self.clover_poll_count += 1
        retry_after = None
        try:
            if self._clover_is_ours_to_ask():
                payment = self._clover_look_up()
                if payment:
                    with self.env.cr.savepoint():
                        self._clover_take_reading(self.provider_id, payment)
        except EventTooEarly:
            _logger.info("Transaction %s is being worked on; asked again later", self.reference)
        except GatewayError as error:
            retry_after = error.retry_after
            _logger.info("Clover cannot say about %s now: %s", self.reference, error)
        if self.state in NOT_FINAL:
            self._clover_plan_poll(retry_after=retry_after)

    def _clover_is_ours_to_ask(self):
        """Return whether no open operation of the ledger looks it up already."""
        return not self.fusion_operation_ids.filtered(
            lambda operation: not operation.applied_at or operation.review_reason
        )

    def _clover_look_up(self):
        """Return the payment at Clover by its id or by our reference; None when there is none.

        :raise GatewayError: Clover cannot be reached
        """
        payments = self.provider_id._clover_client().payments
        if self.provider_reference:
            try:
                return payments.retrieve(self.provider_reference)
            except NotFoundError:
                return None
        name = self.clover_external_reference or self.fusion_operation_ids[:1].external_reference
        if not name:
            return None
        since_ms = int(self.create_date.timestamp() * 1000) - 24 * 3600 * 1000
        found = payments.find_by_external_reference(name, since_ms)
        moved = [payment for payment in found if not payment.is_failed]
        return (moved or found or [None])[0]
