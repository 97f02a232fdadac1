from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ...exceptions import OperationInProgress
from ...lib import errors
from ...lib.ledger import Answer
from ...lib.outcome import Outcome
from ..common import OperationCommon
from .test_resolution import ResolutionCommon

OTHER_KEY = "99999999-2222-4333-8444-555555555555"


@tagged("post_install", "-at_install")
class TestReviewOfClosedOperation(ResolutionCommon):
    """The provider says otherwise after the operation was closed."""

    def setUp(self):
        super().setUp()
        self.remote.will_answer(errors.DeclinedError("no", code="card_declined"))
        self._perform()
        self.operation = self._operation()
        self.assertEqual((self.operation.state, self.transaction.state), ("declined", "error"))
        self.operation._finish(self._succeeded("PROV9"), [])
        self.env.flush_all()
        self.assertTrue(self.operation.can_resolve)

    def test_money_that_moved_after_all_is_booked_once(self):
        self.remote.will_know(self._succeeded("PROV9"))
        self._resolve(verdict="happened", provider_reference="PROV9")
        self.assertEqual(self.operation.state, "succeeded")
        self.assertEqual(self.operation.provider_reference, "PROV9")
        self.assertFalse(self.operation.review_reason)
        self.assertFalse(self.operation.hold_ids)
        self.assertFalse(self.operation.activity_ids)
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.move.amount_residual, 0)
        self.assertEqual(
            self.env["account.payment"].search_count(
                [("payment_transaction_id", "=", self.transaction.id)]
            ),
            1,
        )
        self.assertFalse(self.operation.can_resolve)

    def test_nobody_may_charge_again_while_it_is_in_doubt(self):
        other = self._new_transaction(self.move)
        with self.assertRaises(OperationInProgress) as refused:
            self._perform(other, key=OTHER_KEY)
        self.assertIn("needs a decision", str(refused.exception))
        self.assertEqual(len(self.remote.calls), 1)

    def test_a_document_that_another_holds_meanwhile_is_left_to_it(self):
        self.operation.hold_ids.unlink()
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform(self._new_transaction(self.move), key=OTHER_KEY)
        self.operation._require_review("Once more.")
        self.assertFalse(self.operation.hold_ids)
        self.assertTrue(self._operation(OTHER_KEY).hold_ids)

    def test_that_it_was_given_back_there_leaves_it_declined_and_frees_the_invoice(self):
        self.remote.will_know(None)
        self._resolve(verdict="nothing")
        self.assertEqual(self.operation.state, "declined")
        self.assertFalse(self.operation.review_reason)
        self.assertFalse(self.operation.hold_ids)
        self.assertFalse(self.operation.activity_ids)
        self.assertFalse(self.operation.next_attempt_at)
        self.assertEqual(self.transaction.state, "error")
        self.assertEqual(self.operation.resolved_by_id, self.manager)

    def test_what_is_not_kept_any_more_cannot_be_compared(self):
        self.operation.request_payload = False
        with self.assertRaisesRegex(UserError, "by hand"):
            self._resolve(verdict="happened", provider_reference="PROV9")
        self.assertEqual(self.reads, [])
        self._resolve(verdict="nothing")
        self.assertFalse(self.operation.review_reason)


@tagged("post_install", "-at_install")
class TestResolutionAlone(ResolutionCommon):
    """While a Manager decides nobody else works on the operation, and the other way round."""

    def setUp(self):
        super().setUp()
        self.ledger = self.env["fusion.operation"].sudo()
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        self.operation = self._operation()

    def test_an_operation_that_is_being_looked_up_or_repeated_is_not_resolved(self):
        self.operation.empty_lookup_count = 1
        self._make_due(self.operation)
        self.assertEqual(len(self.ledger._queue_claim(1, {})), 1)
        self.assertEqual(self.operation.state, "unknown")
        self.assertFalse(self.operation.can_resolve)
        with self.assertRaisesRegex(UserError, "working on it"):
            self._resolve(verdict="nothing")
        self.assertTrue(self._operation().hold_ids)
        self.assertEqual(self.remote.lookups, [])

    def test_nobody_else_takes_it_while_the_provider_is_asked(self):
        claims = []

        def ask(reference):
            operation = self._operation()
            operation._hasten()
            self.env.flush_all()
            claims.extend(self.ledger._queue_claim(1, {}))

        self.patch(self.remote, "look_up", ask)
        self._make_due(self.operation)
        self._resolve(verdict="nothing")
        self.assertEqual(claims, [])
        self.assertEqual(self.operation.state, "rejected")

    def test_an_operation_that_was_taken_over_meanwhile_is_not_closed(self):
        def ask(reference):
            self._operation().lease_owner = "another:1:x"
            self.env.flush_all()

        self.patch(self.remote, "look_up", ask)
        with self.assertRaisesRegex(UserError, "working on it"):
            self._resolve(verdict="nothing")
        operation = self._operation()
        self.assertEqual(operation.state, "unknown")
        self.assertTrue(operation.hold_ids)
        self.assertFalse(operation.resolved_at)

    def test_an_operation_that_could_not_be_resolved_goes_on_by_itself(self):
        self.remote.will_know(errors.NotSentError("down"))
        with self.assertRaisesRegex(UserError, "Try again later"):
            self._resolve(verdict="nothing")
        self.remote.will_know(self._succeeded("PROV5"))
        self.ledger._queue_work()
        self.env.invalidate_all()
        self.assertEqual(self.operation.state, "succeeded")

    def test_a_call_whose_process_died_may_be_resolved_and_is_left_as_it_was(self):
        self.operation.write({"state": "in_flight", "lease_until": "2020-01-01"})
        self.env.flush_all()
        self.remote.will_know(errors.NotSentError("down"))
        with self.assertRaisesRegex(UserError, "Try again later"):
            self._resolve(verdict="nothing")
        self.assertEqual(self.operation.state, "in_flight")
        self.assertIn("We are checking", self.move.fusion_payment_notice)
        self.assertEqual(self._perform().outcome, Outcome.UNKNOWN)

    def test_what_still_waits_in_the_queue_is_closed_without_asking(self):
        move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[50.0], taxes=[], post=True
        )
        transaction = self._new_transaction(move)
        self.ledger._enqueue(self._intent(transaction, key=OTHER_KEY))
        self.env.flush_all()
        waiting = self._operation(OTHER_KEY)
        self.assertEqual((waiting.state, waiting.can_resolve), ("ready", True))
        self._resolve(waiting, verdict="nothing")
        self.assertEqual((waiting.state, waiting.error_code), ("not_sent", "resolved_by_hand"))
        self.assertEqual(self.remote.lookups, [])
        self.assertFalse(waiting.hold_ids)
        self.ledger._queue_work()
        self.assertNotIn(OTHER_KEY, self.remote.calls)

    def test_the_dialog_of_another_manager_is_none_of_ours(self):
        other = new_test_user(
            self.env,
            login="fusion_manager_2",
            groups="fusion_payment_common.group_fusion_manager",
            company_id=self.env.company.id,
            company_ids=self.env.company.ids,
        )
        dialog = self._dialog(verdict="nothing")
        with self.assertRaises(AccessError):
            dialog.with_user(other).action_confirm()

    def test_a_manager_of_another_company_resolves_nothing(self):
        company = self.env["res.company"].create({"name": "Other Company"})
        stranger = new_test_user(
            self.env,
            login="fusion_stranger",
            groups="fusion_payment_common.group_fusion_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        with self.assertRaises(AccessError):
            self.operation.with_user(stranger)._resolve(note="me")
        self.assertEqual(self._operation().state, "unknown")
        self.assertEqual(self.remote.lookups, [])


@tagged("post_install", "-at_install")
class TestAlerts(OperationCommon):
    """Each reason to look at an operation is told once, whatever was told before."""

    def setUp(self):
        super().setUp()
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        self.operation = self._operation()
        self.operation.started_at = fields.Datetime.now() - timedelta(minutes=11)
        self.remote.will_know(None)
        self._complete(self.operation)
        self.assertEqual(len(self.operation.activity_ids), 1)

    def _end(self, answer):
        self.remote.will_know(answer)
        self._complete(self.operation)

    def test_a_contradiction_after_a_late_answer(self):
        self._end(Answer(Outcome.DECLINED, error_code="card_declined"))
        self.assertFalse(self.operation.activity_ids)
        self.operation._finish(self._succeeded("PROV9"), [])
        self.assertEqual(len(self.operation.activity_ids), 1)
        self.assertIn("PROV9", self.operation.activity_ids.note)

    def test_a_review_although_somebody_was_told_that_it_takes_long(self):
        self.operation.activity_ids.action_done()
        self._end(Answer(Outcome.UNKNOWN, provider_reference="PROV9", review="took 999"))
        self.assertEqual(len(self.operation.activity_ids), 1)
        self.assertIn("took 999", self.operation.activity_ids.note)

    def test_a_payment_that_cannot_be_booked_after_a_late_answer(self):
        def fail(self):
            raise UserError("The period is locked.")

        self.patch(type(self.env["payment.transaction"]), "_post_process", fail)
        with self.assertLogs(
            "odoo.addons.fusion_payment_common.models.payment_transaction", "ERROR"
        ):
            self._end(self._succeeded("PROV9"))
        self.assertEqual(self.operation.state, "succeeded")
        self.assertEqual(len(self.operation.activity_ids), 1)
        self.assertIn("cannot be booked", self.operation.activity_ids.note)

    def test_a_result_that_cannot_be_applied_is_told_once(self):
        def fail(self, *args):
            raise ZeroDivisionError

        self.patch(type(self.env["payment.transaction"]), "_process", fail)
        with self.assertLogs(
            "odoo.addons.fusion_payment_common.models.operation.result", "ERROR"
        ):
            self._end(self._succeeded("PROV9"))
            self._complete(self.operation)
        notes = self.operation.activity_ids.mapped("note")
        self.assertEqual(len([note for note in notes if "cannot be booked" in note]), 1)
