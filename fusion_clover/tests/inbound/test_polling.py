from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.health import Level
from odoo.addons.fusion_payment_common.tools import alarm

from .reading_common import OutsideCommon

CRON = "fusion_clover.ir_cron_clover_polling"


@tagged("post_install", "-at_install")
class TestPolling(OutsideCommon):
    """What is not final is asked after without any webhook, and ever more rarely."""

    def setUp(self):
        super().setUp()
        self.provider.capture_manually = True
        self.held = self._paid(self._new_invoice(60.0))

    def _poll(self):
        """Let the time pass that the transaction waits for."""
        self.held.clover_poll_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env.flush_all()
        self.env.ref(CRON).method_direct_trigger()
        self.env.invalidate_all()

    def _reads(self):
        path = f"/payments/{self.held.provider_reference}"
        return [call for call in self.simulator.requests() if call["path"].endswith(path)]

    def test_an_authorization_that_was_released_in_the_dashboard_is_heard_of(self):
        self.assertEqual(self.held.state, "authorized")
        self._dashboard("refund", payment=self.held.provider_reference)
        self._poll()
        self.assertEqual(self.held.state, "cancel")
        self.assertFalse(self.held.clover_poll_at)

    def test_an_authorization_that_was_captured_in_the_dashboard_is_booked(self):
        self._dashboard("capture", payment=self.held.provider_reference)
        self._poll()
        self.assertEqual(self.held.state, "done")
        captured = self.held.child_transaction_ids
        self.assertEqual((captured.state, captured.payment_id.amount), ("done", 60.0))

    def test_it_is_asked_after_ever_more_rarely(self):
        waits = []
        for _ in range(8):
            self._poll()
            waits.append((self.held.clover_poll_at - fields.Datetime.now()).total_seconds())
        self.assertEqual(self.held.clover_poll_count, 8)
        self.assertEqual(len(self._reads()), 8)
        # 5 s, 15 s, 1 min, ... 1 h, half of each at random; an hour from then on.
        for wait, planned in zip(waits, (5, 15, 60, 300, 900, 3600, 3600, 3600), strict=True):
            self.assertGreaterEqual(wait, planned / 2 - 5)
            self.assertLessEqual(wait, planned + 1)

    def test_the_scheduler_is_woken_for_whoever_is_next(self):
        """Left to itself it looks once a minute, and the first questions are seconds apart."""
        other = self._paid(self._new_invoice(61.0))
        other.clover_poll_at = fields.Datetime.now() + timedelta(seconds=30)
        with patch.object(type(self.held), "_clover_wake_scheduler_in", autospec=True) as there:
            self._poll()
        delays = [call.args[1] for call in there.call_args_list]
        self.assertLessEqual(min(delays), 5.0)
        self.held.clover_poll_at = fields.Datetime.now() + timedelta(hours=1)
        other.clover_poll_at = fields.Datetime.now() + timedelta(seconds=3600 / 2)
        self.env.flush_all()
        with patch.object(type(self.held), "_clover_wake_scheduler_in", autospec=True) as there:
            self.env.ref(CRON).method_direct_trigger()
        (call,) = there.call_args_list
        self.assertAlmostEqual(call.args[1], 1800, delta=300)

    def test_the_alarm_is_set_once_the_plan_is_committed(self):
        with patch.object(alarm, "set_alarm") as set_alarm:
            self.held._clover_wake_scheduler_in(3.5)
            set_alarm.assert_not_called()
            self.env.cr.postcommit.run()
        self.assertEqual(set_alarm.call_args.args[1:], (CRON, 3.5))

    def test_one_that_fails_stops_no_other(self):
        other = self._paid(self._new_invoice(61.0))
        other.clover_poll_at = fields.Datetime.now() - timedelta(seconds=30)
        self._dashboard("capture", payment=self.held.provider_reference)
        ask = type(self.held)._clover_poll

        def poll(transaction):
            if transaction == other:
                raise ValueError("a row that nobody thought of")
            return ask(transaction)

        with (
            patch.object(type(self.held), "_clover_poll", poll),
            self.assertLogs("odoo.addons.fusion_clover", "ERROR"),
        ):
            self._poll()
        self.assertEqual(self.held.state, "done")
        since = fields.Datetime.now() - timedelta(seconds=15)
        self.assertGreater(other.clover_poll_at, since)

    def test_nothing_is_asked_before_its_time_nor_after_the_end(self):
        self.held.clover_poll_at = fields.Datetime.now() + timedelta(hours=1)
        self.env.flush_all()
        self.env.ref(CRON).method_direct_trigger()
        self.assertFalse(self._reads())
        self.held._set_canceled()
        self._poll()
        self.assertFalse(self._reads())

    def test_clover_away_changes_nothing_and_is_asked_again(self):
        self.simulator.fault("http_500", "*/payments/*", "GET", count=99)
        self._poll()
        self.assertEqual(self.held.state, "authorized")
        self.assertGreater(self.held.clover_poll_at, fields.Datetime.now())

    def test_pending_money_without_an_operation_is_found_by_our_reference(self):
        name = self.transaction.clover_external_reference
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_transaction SET state = 'pending', provider_reference = NULL, "
            "payment_id = NULL WHERE id = %s",
            [self.transaction.id],
        )
        self.env.invalidate_all()
        self._poll()
        self.assertEqual((self.transaction.state, self.transaction.amount), ("done", 113.0))
        self.assertEqual(self.transaction.clover_external_reference, name)
        self.assertEqual(self.transaction.provider_reference, self.charge_id)

    def test_stuck_is_a_filter_and_an_alert_after_ten_minutes(self):
        probe = self.env["payment.transaction"].sudo()._probe_clover_stuck
        transactions = self.env["payment.transaction"]
        stuck = [("clover_is_stuck", "=", True)]
        for minutes, level in ((9, Level.OK), (11, Level.ERROR)):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE payment_transaction SET state = 'pending', last_state_change = %s "
                "WHERE id = %s",
                [fields.Datetime.now() - timedelta(minutes=minutes), self.transaction.id],
            )
            self.env.invalidate_all()
            self.assertEqual(probe(self.env.company).level, level)
        self.assertEqual(transactions.search(stuck), self.transaction)
        self.assertTrue(self.transaction.clover_is_stuck)
        self.assertNotIn(self.transaction, transactions.search([("clover_is_stuck", "=", False)]))
