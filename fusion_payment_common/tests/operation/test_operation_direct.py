from unittest.mock import patch

from odoo.tests import tagged

from ...lib import errors
from ...lib.outcome import Outcome
from ...lib.wake_plan import WakePlan
from ...models.queue import queue_wake as fusion_queue_wake
from ..common import KEY, OperationCommon


@tagged("post_install", "-at_install")
class TestOperationDirect(OperationCommon):
    """The ledger's promises hold for callers that do not wait for the books."""

    def setUp(self):
        super().setUp()
        self.ledger = self.env["fusion.operation"].sudo()

    def _begin(self, **changes):
        begun = self.ledger._begin(self._intent(**changes))
        self.env.invalidate_all()
        return begun

    def _carry_out(self, begun, result):
        self.remote.will_answer(result)
        answer = self.ledger._carry_out(begun, lambda: self.remote.call(KEY), [])
        self.env.invalidate_all()
        return answer

    def test_the_answer_is_stored_and_booked_by_the_worker(self):
        begun = self._begin()
        answer = self._carry_out(begun, self._succeeded("PROV1", amount=11300))
        operation = self._operation()
        self.assertEqual((answer.outcome, operation.state), (Outcome.SUCCEEDED, "succeeded"))
        self.assertEqual(operation.response_summary, {"amount": 11300})
        self.assertEqual(operation.provider_reference, "PROV1")
        self.assertEqual(operation.attempt_ids.outcome, "succeeded")
        self.assertFalse(operation.lease_owner or operation.lease_until or operation.applied_at)
        self.assertTrue(operation.hold_ids, "held until it is booked")
        self._complete(operation)
        self.assertTrue(operation.applied_at)
        self.assertFalse(operation.hold_ids)
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.remote.calls, [KEY])

    def test_an_unknown_outcome_is_left_to_the_completer(self):
        answer = self._carry_out(self._begin(), errors.UnknownOutcomeError("no answer"))
        operation = self._operation()
        self.assertEqual((answer.outcome, operation.state), (Outcome.UNKNOWN, "unknown"))
        self.assertTrue(operation.next_attempt_at)
        self.remote.will_know(self._succeeded("PROV1"))
        self._complete(operation)
        self.assertEqual(operation.state, "succeeded")

    def test_what_another_worker_found_meanwhile_stands(self):
        begun = self._begin()
        operation = self._operation()
        self.remote.will_know(self._succeeded("PROV1"))
        self._make_due(operation, lease_until="2020-01-01")
        self._complete(operation)
        answer = self._carry_out(begun, self._succeeded("PROV1"))
        self.assertEqual(answer.provider_reference, "PROV1")
        self.assertEqual(operation.state, "succeeded")
        self.assertFalse(operation.review_reason)

    def test_the_worker_is_woken_when_the_answer_is_to_be_booked(self):
        triggers = self.env["ir.cron.trigger"].sudo()
        cron = self.env.ref("fusion_payment_common.ir_cron_complete_operations")
        before = triggers.search([("cron_id", "=", cron.id)])
        self.enterContext(patch.object(fusion_queue_wake, "_wakes", WakePlan()))
        self._carry_out(self._begin(), self._succeeded("PROV1"))
        (trigger,) = triggers.search([("cron_id", "=", cron.id)]) - before
        self.assertGreaterEqual(trigger.call_at, self._operation().next_attempt_at)
