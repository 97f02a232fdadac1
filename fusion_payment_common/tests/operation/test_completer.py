from datetime import timedelta

import psycopg2.errors

from odoo import fields
from odoo.tests import tagged

from ...lib import errors
from ..common import KEY, OperationCommon

COMPLETER = "odoo.addons.fusion_payment_common.models.operation.completer"
LEDGER = "odoo.addons.fusion_payment_common.models.operation.result"


@tagged("post_install", "-at_install")
class TestCompleter(OperationCommon):
    def _lose_the_answer(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        return self._operation()

    def test_a_lost_answer_is_found_and_booked(self):
        operation = self._lose_the_answer()
        self.remote.will_know(self._succeeded("PROV7"))
        self._complete(operation)
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(self.transaction.state, "done")
        self.assertFalse(self.transaction.fusion_outcome_unknown)
        self.assertEqual(self.move.amount_residual, 0)
        self.assertFalse(operation.hold_ids)
        self.assertEqual(self.remote.calls, [KEY])

    def test_one_empty_look_up_is_no_proof(self):
        operation = self._lose_the_answer()
        self.remote.will_know(None)
        self._complete(operation)
        self.assertEqual(operation.state, "unknown")
        self.assertEqual(self.remote.calls, [KEY])
        self.assertTrue(operation.hold_ids)
        self.assertGreater(operation.next_attempt_at, fields.Datetime.now())

    def test_the_call_is_repeated_under_the_same_key(self):
        operation = self._lose_the_answer()
        self.remote.will_know(None, None)
        self.remote.will_answer(self._succeeded("PROV8"))
        self._complete(operation)
        self._complete(operation)
        self.assertEqual(self.remote.calls, [KEY, KEY])
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(
            operation.attempt_ids.sorted("number").mapped("action"),
            ["call", "look_up", "look_up", "repeat"],
        )

    def test_a_call_that_nobody_expects_any_more_is_not_repeated_but_put_before_a_person(self):
        operation = self._lose_the_answer()
        operation.repeat_until = fields.Datetime.now() - timedelta(seconds=1)
        self.remote.will_know(None, None)
        self._complete(operation)
        self.assertFalse(operation.review_reason)
        self._complete(operation)
        self.assertEqual(self.remote.calls, [KEY])
        self.assertEqual(operation.state, "unknown")
        self.assertIn("too old", operation.review_reason)
        self.assertTrue(operation.hold_ids)
        self.assertEqual(len(operation.activity_ids), 1)
        self.assertFalse(operation.next_attempt_at)

    def test_an_old_call_is_found_all_the_same(self):
        operation = self._lose_the_answer()
        operation.repeat_until = fields.Datetime.now() - timedelta(seconds=1)
        self.remote.will_know(None, self._succeeded("PROV7"))
        self._complete(operation)
        self._complete(operation)
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(self.transaction.state, "done")

    def test_a_call_may_be_repeated_for_a_day_unless_its_intent_says_otherwise(self):
        operation = self._lose_the_answer()
        self.assertEqual(operation.repeat_until - operation.started_at, timedelta(days=1))

    def test_a_repetition_that_is_refused_for_other_reasons_proves_nothing(self):
        operation = self._lose_the_answer()
        for error in (
            errors.AuthenticationError("token revoked"),
            errors.NotSentError("connection refused"),
            errors.RequestRejectedError("used", code="token_already_used"),
        ):
            with self.subTest(error=error):
                self.remote.will_know(None, None)
                self.remote.will_answer(error)
                self._complete(operation)
                self._complete(operation)
                self.remote.lookup_script.clear()
                self.remote.call_script.clear()
                self.assertEqual(operation.state, "unknown")
                self.assertEqual(self.transaction.state, "pending")

    def test_a_repetition_that_is_declined_closes_the_operation(self):
        operation = self._lose_the_answer()
        self.remote.will_know(None, None)
        self.remote.will_answer(errors.DeclinedError("no", code="card_declined"))
        self._complete(operation)
        self._complete(operation)
        self.assertEqual(operation.state, "declined")
        self.assertEqual(self.transaction.state, "error")
        self.assertFalse(operation.hold_ids)

    def test_a_provider_that_cannot_be_asked_is_asked_again_later(self):
        operation = self._lose_the_answer()
        self.remote.will_know(errors.NotSentError("connection refused"))
        self._complete(operation)
        self.assertEqual(operation.state, "unknown")
        self.assertEqual(operation.empty_lookup_count, 0)
        self.assertTrue(operation.next_attempt_at)

    def test_a_provider_that_is_back_is_asked_again_soon_however_long_it_was_away(self):
        operation = self._lose_the_answer()
        operation.attempt_count = 6
        self.remote.will_know(None)
        before = fields.Datetime.now()
        self._complete(operation)
        self.assertEqual(operation.empty_lookup_count, 1)
        self.assertLess(operation.next_attempt_at - before, timedelta(seconds=10))

    def test_a_provider_that_stays_away_is_asked_ever_less_often(self):
        operation = self._lose_the_answer()
        operation.attempt_count = 4
        operation.started_at = fields.Datetime.now() - timedelta(minutes=11)
        self.remote.will_know(errors.NotSentError("connection refused"))
        before = fields.Datetime.now()
        self._complete(operation)
        self.assertGreater(operation.next_attempt_at - before, timedelta(seconds=120))

    def test_while_somebody_may_wait_it_is_asked_every_minute(self):
        operation = self._lose_the_answer()
        operation.attempt_count = 4
        self.remote.will_know(errors.NotSentError("connection refused"))
        before = fields.Datetime.now()
        self._complete(operation)
        self.assertLessEqual(operation.next_attempt_at - before, timedelta(seconds=62))

    def test_a_process_that_died_during_the_call_is_completed(self):
        begun = self._begin_committed()
        operation = self.env["fusion.operation"].sudo().browse(begun.operation_id)
        self.assertEqual(operation.state, "in_flight")
        self.remote.will_know(self._succeeded("PROV5"))
        self._make_due(operation, lease_until="2020-01-01")
        self.env["fusion.operation"].sudo()._complete_due()
        self.env.invalidate_all()
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(self.transaction.state, "done")
        first = operation.attempt_ids.sorted("number")[0]
        self.assertEqual((first.action, first.outcome), ("call", "unknown"))

    def test_a_call_that_is_under_way_is_left_alone(self):
        begun = self._begin_committed()
        operation = self.env["fusion.operation"].sudo().browse(begun.operation_id)
        self._complete(operation)
        self.assertEqual(operation.state, "in_flight")
        self.assertEqual(self.remote.lookups, [])
        self.assertEqual(operation.next_attempt_at, operation.lease_until)

    def test_a_process_that_died_before_booking_is_completed_without_a_call(self):
        begun = self._begin_committed()
        operation = self.env["fusion.operation"].sudo().browse(begun.operation_id)
        operation._finish(self._succeeded("PROV6"), [])
        self.assertTrue(operation.hold_ids)
        self._complete(operation)
        self.assertEqual(self.transaction.state, "done")
        self.assertTrue(operation.applied_at)
        self.assertEqual(self.remote.lookups, [])
        self.assertEqual(self.remote.calls, [])

    def test_a_result_that_cannot_be_booked_is_tried_again(self):
        self.remote.will_answer(self._succeeded())
        model = type(self.env["payment.transaction"])
        original = model._process
        self.patch(model, "_process", lambda *args: 1 / 0)
        with self.assertLogs(LEDGER, "ERROR"):
            self._perform()
        operation = self._operation()
        self.assertEqual(operation.state, "succeeded")
        self.assertFalse(operation.applied_at)
        self.assertTrue(operation.hold_ids)
        self.assertTrue(operation.next_attempt_at)
        self.patch(model, "_process", original)
        self._complete(operation)
        self.assertEqual(self.transaction.state, "done")
        self.assertFalse(operation.hold_ids)
        self.assertEqual(self.remote.calls, [KEY])

    def test_a_conflict_while_booking_is_run_again_and_nobody_is_alarmed(self):
        self.remote.will_answer(self._succeeded())
        model = type(self.env["payment.transaction"])
        original, tries = model._post_process, []

        def conflicts_once(transactions):
            if transactions:
                tries.append(transactions.state)
            if len(tries) == 1:
                raise psycopg2.errors.SerializationFailure("somebody else was faster")
            return original(transactions)

        self.patch(model, "_post_process", conflicts_once)
        self._perform()
        operation = self._operation()
        self.assertEqual(tries, ["done", "done"])
        self.assertTrue(operation.applied_at)
        self.assertTrue(self.transaction.is_post_processed)
        self.assertEqual(self.move.amount_residual, 0)
        self.assertFalse(operation.activity_ids)
        self.assertFalse(operation.alerted_at)
        self.assertEqual(self.remote.calls, [KEY])

    def test_one_operation_in_trouble_does_not_stop_the_others(self):
        first = self._lose_the_answer()
        other_move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[50.0], taxes=[], post=True
        )
        other_key = "99999999-2222-4333-8444-555555555555"
        other = self._new_transaction(other_move)
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform(other, key=other_key)
        second = self._operation(other_key)
        self._make_due(first)
        self._make_due(second)
        self.remote.will_know(ZeroDivisionError("oops"), self._succeeded())
        with self.assertLogs(COMPLETER, "ERROR"):
            self.env["fusion.operation"].sudo()._complete_due()
        self.env.invalidate_all()
        self.assertEqual({first.state, second.state}, {"unknown", "succeeded"})

    def test_a_manager_is_told_once_when_it_takes_too_long(self):
        operation = self._lose_the_answer()
        operation.started_at = fields.Datetime.now() - timedelta(minutes=11)
        self.remote.will_know(None)
        self._complete(operation)
        self.assertEqual(len(operation.activity_ids), 1)
        self.remote.will_know(errors.NotSentError("down"))
        self._complete(operation)
        self.assertEqual(len(operation.activity_ids), 1)

    def test_the_scheduler_is_woken_by_an_unknown_outcome(self):
        cron = self.env.ref("fusion_payment_common.ir_cron_complete_operations")
        before = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)])
        self._lose_the_answer()
        triggers = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)]) - before
        self.assertTrue(
            triggers.filtered(lambda trigger: trigger.call_at <= fields.Datetime.now()),
            "the completer must be woken at once",
        )

    def test_the_completer_plans_to_look_when_the_lease_of_a_call_ends(self):
        """Should the process die, nobody else wakes the completer: its own run each minute does."""
        begun = self._begin_committed()
        operation = self.env["fusion.operation"].sudo().browse(begun.operation_id)
        own = operation.with_context(fusion_queue_reference=operation.reference)
        due_at = own._queue_next_due()
        self.assertEqual(due_at.replace(microsecond=0), operation.lease_until)
