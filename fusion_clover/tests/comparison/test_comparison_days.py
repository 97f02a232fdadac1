from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.lib.health import Level

from .comparison_common import ComparisonCommon, zone_where_it_is_noon

COMPARISON = "odoo.addons.fusion_clover.models.comparison.clover_comparison"
SCHEDULE = "odoo.addons.fusion_clover.models.comparison.clover_comparison_schedule"


@tagged("post_install", "-at_install")
class TestDays(ComparisonCommon):
    """What belongs to which day of the merchant's, and which days are compared."""

    def setUp(self):
        super().setUp()
        zone = zone_where_it_is_noon()
        self.simulator.post("config", {"merchant_timezone": zone})
        comparisons = self.env.registry["clover.comparison"]
        self.patch(comparisons, "_zone_of", lambda self, provider: zone)
        # Only what a test asks for is compared.
        self.queue_yesterdays = comparisons._queue_yesterdays
        self.patch(comparisons, "_queue_yesterdays", lambda self: None)
        self.today = datetime.now(ZoneInfo(zone)).date()

    # === WHAT MOVED === #

    def test_a_refund_of_an_earlier_payment_is_all_that_moved_on_its_day(self):
        self._set_clock_back(self.charge_id)
        self._refund(13.0)
        today = self._compared_day(0)
        self.assertEqual(self._found(today), {})
        self.assertEqual((today.clover_amount, today.odoo_amount), (-13.0, -13.0))
        self.assertEqual(self._totals(today, "tender"), {"Credit Card": (1, -13.0)})
        then = self._compared_day(3)
        self.assertEqual((then.clover_amount, then.odoo_amount), (113.0, 113.0))
        both = self._compared_day(3, 0)
        self.assertEqual(both.clover_amount, 100.0)
        self.assertEqual(sorted(self._deposits(both)), [-13.0, 113.0])

    def test_an_earlier_payment_that_is_voided_is_taken_back_on_that_day(self):
        self._set_clock_back(self.charge_id)
        self._dashboard("refund", payment=self.charge_id)
        today = self._compared_day(0)
        self.assertEqual((today.clover_amount, today.odoo_amount), (-113.0, 0.0))
        self.assertEqual(today.difference_ids.mapped("state"), ["repaired"])
        self.assertEqual(self._compared_day(0).odoo_amount, -113.0)
        # On its own day the money was there.
        self.assertEqual(self._compared_day(3).clover_amount, 113.0)

    def test_an_authorization_is_money_on_the_day_of_its_capture(self):
        self.provider.capture_manually = True
        ours, outside = (self._paid(self._new_invoice(due)) for due in (80.0, 70.0))
        for hold in (ours, outside):
            self._set_clock_back(hold.provider_reference)
        ours._capture()
        self._commit()
        self._dashboard("capture", payment=outside.provider_reference)
        self._hear(f"P:{outside.provider_reference}")
        # A refund changes the payment, too.
        self._refund(30.0, ours.child_transaction_ids or ours)
        today = self._compared_day(0)
        self.assertEqual(self._found(today), {})
        self.assertEqual(self._deposits(today), [113.0 + 80.0 + 70.0 - 30.0])
        self.assertEqual(self._compared_day(3).clover_amount, 0.0)

    def test_cash_is_no_deposit_and_neither_is_what_is_given_back_of_it(self):
        cash = self._dashboard("payment", amount=5000, cash=True)
        self._dashboard("refund", payment=cash["id"], amount=1000)
        one = self._compared()
        self.assertEqual(self._deposits(one), [113.0])
        self.assertEqual(self._totals(one, "tender")["Cash"], (2, 40.0))

    # === DAYS === #

    def test_a_day_is_one_of_the_merchants_whatever_its_length(self):
        new = self.env["clover.comparison"].new
        lengths = {}
        for day in ("2026-03-08", "2026-07-01", "2026-11-01"):
            one = new({"date_from": day, "date_to": day, "timezone": "America/Toronto"})
            since, until, _settled = one._period()
            lengths[day] = (until - since).total_seconds() / 3600
        past = [hours for day, hours in lengths.items() if day < str(self.today)]
        self.assertEqual(past, [23, 24, 25][: len(past)])

    def test_a_time_zone_that_nobody_knows_is_utc(self):
        self.simulator.post("config", {"merchant_timezone": "Mars/Olympus"})
        with self.assertLogs(COMPARISON, "WARNING"):
            one = self._compared()
        self.assertEqual((one.state, one.timezone), ("done", "UTC"))

    def test_days_that_clover_does_not_list_are_refused(self):
        long_ago = fields.Date.today() - timedelta(days=90)
        with self.assertRaisesRegex(ValidationError, "89"):
            self.comparisons.create(
                {"provider_id": self.provider.id, "date_from": long_ago, "date_to": long_ago}
            )

    def test_nights_that_were_missed_are_made_up_for(self):
        self._compared_day(4)
        self.comparisons.create(
            {
                "provider_id": self.provider.id,
                "date_from": self._day(1),
                "date_to": self._day(1),
            }
        )
        self.assertEqual(self._queued(), [self._day(number) for number in (3, 2, 1)])
        self.assertEqual(self._queued(), [self._day(number) for number in (3, 2, 1)])

    def test_a_day_that_was_compared_before_it_was_over_is_compared_again(self):
        early = self._compared_day(1)
        self._by_sql("clover_comparison", early, compared_at=self._day(1))
        self.assertEqual(self._queued(), [self._day(1)])

    def test_a_day_that_failed_is_tried_anew_the_next_night(self):
        failed = self._compared_day(1)
        self._by_sql("clover_comparison", failed, state="failed")
        self.assertEqual(self._queued(), [])
        self._by_sql("clover_comparison", failed, create_date=self._day(1))
        self.assertEqual(self._queued(), [self._day(1)])

    # === WHAT CANNOT BE COMPARED === #

    @mute_logger(SCHEDULE)
    def test_books_that_cannot_be_compared_do_not_keep_others_waiting(self):
        # More than a column of minor units holds.
        self._by_sql("account_payment", self.transaction.payment_id, amount=30_000_000.0)
        poison, other = (
            self.comparisons.create(
                {
                    "provider_id": self.provider.id,
                    "date_from": self._day(ago),
                    "date_to": self._day(ago),
                }
            )
            for ago in (0, 5)
        )
        (poison | other).action_compare()
        self._run_schedule()
        self.assertEqual((poison.state, other.state), ("queued", "done"))
        self.assertIn("log", poison.message)
        self._by_sql("clover_comparison", poison, try_count=12, state="running")
        self._run_schedule()
        self.assertEqual(poison.state, "failed")

    # === LATER COMPARISONS === #

    def test_a_later_comparison_takes_the_place_of_an_earlier_one(self):
        self._dashboard("payment", amount=5000)
        first = self._compared()
        found = first.difference_ids
        second = self._compared()
        self.assertEqual((found.state, first.open_count), ("superseded", 0))
        self.assertEqual(second.open_count, 1)
        with self.assertRaisesRegex(UserError, "later comparison"):
            found.action_repair()
        # One of another day leaves it open.
        self._compared_day(5)
        self.assertEqual(second.open_count, 1)

    def test_differences_are_shown_on_the_day_on_which_they_happened(self):
        old, new = (self._dashboard("payment", amount=amount) for amount in (5000, 6000))
        self._set_clock_back(old["id"])
        one = self._compared_day(5, 0)
        days = {found.clover_ref: found.date for found in one.difference_ids}
        self.assertEqual(days, {old["id"]: self._day(3), new["id"]: self._day(0)})

    def test_health_remembers_open_days_and_failed_ones(self):
        probe = self.env["clover.comparison"].sudo()._probe_comparison
        paid = self._dashboard("payment", amount=5000)
        self._set_clock_back(paid["id"])
        self._compared_day(3)
        self._compared_day(0)
        self.assertEqual((probe(self.env.company).level, probe(self.env.company).value),
                         (Level.WARNING, 1))  # fmt: skip
        self._by_sql("clover_comparison", self._compared_day(4), state="failed", message="Why")
        self._compared_day(0)
        self.assertEqual(probe(self.env.company).level, Level.ERROR)
        self._compared_day(5, 3)
        self.assertEqual(probe(self.env.company).level, Level.WARNING)

    # === helpers === #

    def _day(self, ago):
        return self.today - timedelta(days=ago)

    def _compared_day(self, ago, until=None):
        return self._compare_days(self._day(ago), self._day(ago if until is None else until))

    def _queued(self):
        comparisons = self.env["clover.comparison"].sudo()
        self.queue_yesterdays(comparisons)
        queued = comparisons.search([("state", "=", "queued")], order="id")
        return queued.mapped("date_from")

    def _totals(self, one, dimension):
        return {
            total.label: (total.count, total.clover_amount)
            for total in one.total_ids
            if total.dimension == dimension
        }

    def _deposits(self, one):
        return [amount for _count, amount in self._totals(one, "deposit").values()]


@tagged("post_install", "-at_install")
class TestStatementHelper(ComparisonCommon):
    """What models of bank comparison see."""

    def test_clovers_ids_are_in_the_memo_and_in_the_label(self):
        payment = self.transaction.payment_id
        (label,) = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.outstanding_account_id
        ).mapped("name")
        names = [self.charge_id, self.transaction.clover_external_reference]
        for name in names:
            self.assertIn(name, payment.memo)
            self.assertIn(name, label)
        self.transaction._clover_read_order()
        order = self.transaction.clover_order_ref
        (label,) = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.outstanding_account_id
        ).mapped("name")
        for name in [*names, order]:
            self.assertEqual((payment.memo.count(name), label.count(name)), (1, 1))
