from dataclasses import replace
from unittest.mock import patch

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ...exceptions import IdempotencyKeyConflict, OperationInProgress
from ...lib import errors
from ...lib.ledger import Answer
from ...lib.outcome import Outcome
from ..common import KEY, OperationCommon

QUEUED = "odoo.addons.fusion_payment_common.models.operation.queued"


@tagged("post_install", "-at_install")
class TestQueuedOperation(OperationCommon, CronMixinCase):
    def _enqueue(self, **values):
        operation = self.env["fusion.operation"]._enqueue(replace(self._intent(), **values))
        self.env.flush_all()
        return operation

    def _work(self, operation=None):
        if operation:
            self._make_due(operation)
        self.env.flush_all()
        self.env["fusion.operation"].sudo()._queue_work()
        self.env.invalidate_all()

    def _actions(self, operation):
        return [
            (attempt.action, attempt.outcome) for attempt in operation.attempt_ids.sorted("number")
        ]

    # === ENQUEUE === #

    def test_nobody_is_called_before_the_worker_comes(self):
        operation = self._enqueue()
        self.assertEqual((operation.state, operation.is_queued), ("ready", True))
        self.assertEqual(operation.attempt_count, 0)
        self.assertEqual(self.remote.calls, [])
        self.assertTrue(operation.hold_ids)

    def test_the_worker_is_woken_by_the_enqueuing_transaction(self):
        cron = self.env.ref("fusion_payment_common.ir_cron_complete_operations")
        with self.capture_triggers(cron.id) as captured:
            self._enqueue()
        self.assertEqual(len(captured.records), 1)

    def test_what_is_rolled_back_is_never_called_for(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._enqueue()
            raise ZeroDivisionError
        self._work()
        self.assertEqual(self.remote.calls, [])
        self.assertFalse(self._operation())

    def test_the_same_intent_is_the_same_operation(self):
        operation = self._enqueue()
        self.assertEqual(self._enqueue(), operation)
        self.remote.will_answer(self._succeeded())
        self._work()
        self.assertEqual(self._enqueue(), operation)
        self._work()
        self.assertEqual(self.remote.calls, [KEY])

    def test_the_same_key_for_something_else_is_refused(self):
        self._enqueue()
        with mute_logger("odoo.addons.fusion_payment_common"), self.assertRaises(
            IdempotencyKeyConflict
        ):
            self._enqueue(parameters={"amount": 1})

    def test_a_document_that_is_held_is_refused(self):
        operation = self._enqueue()
        with self.assertRaises(OperationInProgress) as refused:
            self._enqueue(idempotency_key="99999999-2222-4333-8444-555555555555")
        self.assertIn(operation.reference, str(refused.exception))
        self.assertIn("about to", str(refused.exception))

    def test_a_clerk_may_enqueue(self):
        clerk = new_test_user(
            self.env, login="queue_clerk", groups="fusion_payment_common.group_fusion_collector"
        )
        operation = self.env["fusion.operation"].with_user(clerk)._enqueue(self._intent())
        self.assertEqual(operation.user_id, clerk)

    # === CARRY OUT === #

    def test_a_queued_call_is_made_once_and_booked(self):
        operation = self._enqueue()
        self.remote.will_answer(self._succeeded("PROV1"))
        self._work()
        self._work()
        self.assertEqual(self.remote.calls, [KEY])
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(operation.provider_reference, "PROV1")
        self.assertEqual(self._actions(operation), [("call", "succeeded")])
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.move.amount_residual, 0)
        self.assertFalse(operation.hold_ids)

    def test_a_decline_closes_it(self):
        operation = self._enqueue()
        self.remote.will_answer(errors.DeclinedError("no", code="card_declined"))
        self._work()
        self.assertEqual(operation.state, "declined")
        self.assertEqual(self.transaction.state, "error")
        self.assertFalse(operation.hold_ids)
        self.assertEqual(self.move.amount_residual, 113)

    def test_a_lost_answer_is_unknown_and_looked_up(self):
        operation = self._enqueue()
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._work()
        self.assertEqual(operation.state, "unknown")
        self.assertEqual(self.transaction.state, "pending")
        self.assertTrue(operation.hold_ids)
        self.remote.will_know(self._succeeded("PROV2"))
        self._work(operation)
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(self.remote.calls, [KEY])

    def test_the_worker_dying_during_the_call_is_looked_up_and_not_called_again(self):
        operation = self._enqueue()
        [claim] = self.env["fusion.operation"].sudo()._queue_claim(5, {})
        self.env.invalidate_all()
        self.assertEqual((claim.record_id, operation.state), (operation.id, "in_flight"))
        self.assertEqual(self._actions(operation), [("call", False)])
        self.remote.will_know(self._succeeded("PROV3"))
        operation.lease_until = "2020-01-01"
        self._work(operation)
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(self.remote.calls, [])
        self.assertEqual(self._actions(operation), [("call", "unknown"), ("look_up", "succeeded")])

    def test_the_rows_of_another_worker_are_left_alone(self):
        self._enqueue()
        ledger = self.env["fusion.operation"].sudo()
        self.assertEqual(len(ledger._queue_claim(5, {})), 1)
        self.assertEqual(ledger._queue_claim(5, {}), [])

    def test_a_call_under_way_keeps_its_lease(self):
        operation = self._enqueue()
        ledger = self.env["fusion.operation"].sudo()
        [claim] = ledger._queue_claim(5, {})
        self.env.invalidate_all()
        operation.write({"lease_until": "2020-01-01", "next_attempt_at": "2020-01-01"})
        self.env.flush_all()
        ledger._queue_extend([claim])
        self.env.invalidate_all()
        self.assertEqual(ledger._queue_claim(5, {}), [])

    # === NOT SENT === #

    def test_what_never_left_goes_back_into_the_queue(self):
        operation = self._enqueue()
        self.remote.will_answer(errors.NotSentError("refused", code="connection_failed"))
        self._work()
        self.assertEqual((operation.state, operation.error_code), ("ready", "connection_failed"))
        self.assertTrue(operation.hold_ids)
        self.assertEqual(self.transaction.state, "draft")
        self.remote.will_answer(self._succeeded())
        self._work(operation)
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(self.remote.calls, [KEY, KEY])
        self.assertEqual(self._actions(operation), [("call", "not_sent"), ("call", "succeeded")])

    def test_what_never_left_is_given_up_in_time(self):
        operation = self._enqueue(send_within=1.0)
        self.remote.will_answer(errors.NotSentError("refused", code="connection_failed"))
        self._work()
        self.assertEqual(operation.state, "not_sent")
        self.assertEqual(self.transaction.state, "error")
        self.assertFalse(operation.hold_ids)

    def test_what_has_waited_too_long_for_a_worker_is_not_sent_any_more(self):
        operation = self._enqueue()
        operation.send_until = "2020-01-01"
        self._work(operation)
        self.assertEqual((operation.state, operation.error_code), ("not_sent", "not_sent_in_time"))
        self.assertEqual(self.remote.calls, [])
        self.assertEqual(self.transaction.state, "error")
        self.assertFalse(operation.hold_ids)

    def test_settings_that_make_the_call_impossible_reject_it(self):
        operation = self._enqueue()

        def refuse(self, operation, observer):
            raise errors.ConfigurationError("no token", code="not_connected")

        self.patch(type(self.env["payment.transaction"]), "_fusion_prepare_call", refuse)
        self._work()
        self.assertEqual((operation.state, operation.error_code), ("rejected", "not_connected"))
        self.assertFalse(operation.hold_ids)

    def test_a_document_that_cannot_be_read_now_is_tried_later(self):
        operation = self._enqueue()
        model = type(self.env["payment.transaction"])
        original = model._fusion_prepare_call
        self.patch(model, "_fusion_prepare_call", lambda *args: 1 / 0)
        with self.assertLogs(QUEUED, "ERROR"):
            self._work()
        self.assertEqual((operation.state, operation.error_code), ("ready", "ZeroDivisionError"))
        self.patch(model, "_fusion_prepare_call", original)
        self.remote.will_answer(self._succeeded())
        self._work(operation)
        self.assertEqual(operation.state, "succeeded")

    def test_a_review_keeps_the_documents_held(self):
        operation = self._enqueue()
        self.remote.will_answer(
            Answer(outcome=Outcome.SUCCEEDED, provider_reference="P", review="Other amount")
        )
        self._work()
        self.assertEqual((operation.state, operation.review_reason), ("unknown", "Other amount"))
        self.assertTrue(operation.hold_ids)
        self.assertEqual(len(operation.activity_ids), 1)

    def test_a_long_call_without_room_plans_nothing(self):
        ledger = self.env["fusion.operation"].sudo()
        operation = self._enqueue(is_long=True)
        operation.sudo().next_attempt_at = "2020-01-01"
        self.env.flush_all()
        scheduler = ledger.with_context(fusion_queue_long_calls=True)
        self.assertTrue(scheduler._queue_next_due())
        with patch("odoo.addons.fusion_payment_common.tools.long_calls.room", return_value=0):
            self.assertFalse(scheduler._queue_next_due(), "it would ring every second")
