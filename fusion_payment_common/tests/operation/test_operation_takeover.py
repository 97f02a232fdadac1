from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...lib import errors
from ...lib.ledger import Answer
from ...lib.outcome import Outcome
from ...tools.queue_runner import outcome_of
from ..common import KEY, OperationCommon

PERFORM = "odoo.addons.fusion_payment_common.models.operation.perform"


@tagged("post_install", "-at_install")
class TestOperationTakeover(OperationCommon):
    """Whoever was away for longer than the lease finds somebody else at work."""

    def setUp(self):
        super().setUp()
        self.ledger = self.env["fusion.operation"].sudo()

    def _begin(self):
        begun = self._begin_committed()
        self.env.invalidate_all()
        return begun, self.ledger.browse(begun.operation_id)

    def _take_over(self, operation, *answers):
        """Let the lease end and the completer ask; it finds what ``answers`` say."""
        self.remote.will_know(*answers)
        self._make_due(operation, lease_until="2020-01-01")
        self.ledger._complete_due(reference=operation.reference)
        self.env.invalidate_all()

    def _claim(self, operation):
        """Return the claim of a worker that is about to ask the provider, and its call."""
        self._make_due(operation)
        [claim] = self.ledger._queue_claim(1, {})
        [(claim, call)] = self.ledger._queue_prepare([claim])
        self.env.invalidate_all()
        return claim, call

    def _finish(self, begun, answer):
        self.ledger._finish_committed(begun, answer, [])
        self.env.invalidate_all()

    # === THE FIRST CALLER COMES BACK === #

    def test_a_call_that_was_refused_does_not_close_what_another_has_taken_over(self):
        for outcome in (Outcome.NOT_SENT, Outcome.REJECTED, Outcome.DECLINED, Outcome.UNKNOWN):
            with self.subTest(outcome=outcome):
                begun, operation = self._begin()
                self._take_over(operation, None)
                planned = operation.next_attempt_at
                self._finish(begun, Answer(outcome, error_code="late"))
                self.assertEqual(operation.state, "unknown")
                self.assertTrue(operation.hold_ids)
                self.assertEqual(operation.next_attempt_at, planned)
                first = operation.attempt_ids.sorted("number")[0]
                self.assertEqual((first.outcome, first.error), (str(outcome), "late"))
                operation.unlink()

    def test_a_call_that_succeeded_counts_whoever_is_at_work_now(self):
        begun, operation = self._begin()
        self._take_over(operation, None)
        self._finish(begun, self._succeeded("PROV1"))
        self.assertEqual((operation.state, operation.provider_reference), ("succeeded", "PROV1"))

    def test_each_result_is_written_to_its_own_attempt(self):
        begun, operation = self._begin()
        operation.lease_until = "2020-01-01"
        claim, _look_up = self._claim(operation)
        self._finish(begun, Answer(Outcome.UNKNOWN, error_code="timeout"))
        attempts = operation.attempt_ids.sorted("number")
        self.assertEqual(attempts.mapped("action"), ["call", "look_up"])
        self.assertEqual((attempts[0].outcome, attempts[0].error), ("unknown", "timeout"))
        self.assertFalse(attempts[1].outcome)
        self.assertEqual(operation.lease_owner, claim.owner)

    def test_nothing_is_sent_after_another_has_taken_over(self):
        def check(env):
            # It took so long that the lease has ended, and the completer has asked twice.
            operation = self._operation()
            self._take_over(operation, None)

        answer = self._perform(check=check)
        self.assertEqual(answer.outcome, Outcome.UNKNOWN)
        self.assertEqual(self.remote.calls, [])
        self.assertEqual(self._operation().state, "unknown")
        self.assertTrue(self._operation().hold_ids)

    def test_a_check_that_fails_late_undoes_nothing_that_another_has_found(self):
        def check(env):
            self._take_over(self._operation(), self._succeeded("PROV7"))
            raise UserError("Paid meanwhile.")

        answer = self._perform(check=check)
        self.assertEqual((answer.outcome, answer.provider_reference), ("succeeded", "PROV7"))
        self.assertEqual(self._operation().state, "succeeded")
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.remote.calls, [])

    def test_the_lease_covers_the_whole_call_however_long_the_check_took(self):
        seen = []

        def check(env):
            self._operation().lease_until = fields.Datetime.now() + timedelta(seconds=1)
            self.env.flush_all()

        def look():
            seen.append(self._operation().lease_until - fields.Datetime.now())

        self.remote.on_call = look
        self.remote.will_answer(self._succeeded())
        self._perform(check=check)
        self.assertGreater(seen[0], timedelta(seconds=25))

    # === THE COMPLETER COMES BACK === #

    @mute_logger(PERFORM)
    def test_a_look_up_that_took_too_long_repeats_nothing(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        operation = self._operation()
        operation.empty_lookup_count = 1
        for name, values in (
            ("taken over", {"lease_owner": "another:1:x"}),
            ("closed", {"state": "rejected", "lease_owner": False}),
            ("pending", {"state": "pending"}),
        ):
            with self.subTest(name):
                operation.write({"state": "unknown", "lease_until": False})
                claim, look_up = self._claim(operation)
                operation.write(values)
                self.env.flush_all()
                self.remote.will_know(None)
                self.assertIsNone(self.ledger._queue_finish(claim, outcome_of(look_up)))
                self.assertEqual(self.remote.calls, [KEY])
                self.env.invalidate_all()

    def test_a_host_whose_clock_is_late_takes_what_the_database_says_is_due(self):
        begun, operation = self._begin()
        operation.lease_until = fields.Datetime.now() - timedelta(seconds=1)
        self._make_due(operation)
        self.patch(fields.Datetime, "now", lambda: fields.Datetime.to_datetime("2020-01-01"))
        claims = self.ledger._queue_claim(1, {})
        self.assertEqual([claim.record_id for claim in claims], [begun.operation_id])

    def test_a_lease_is_counted_by_the_databases_clock(self):
        self.patch(fields.Datetime, "now", lambda: fields.Datetime.to_datetime("2020-01-01"))
        begun, operation = self._begin()
        self.env.cr.execute(
            "SELECT lease_until > statement_timestamp() AT TIME ZONE 'UTC' FROM fusion_operation"
            " WHERE id = %s",
            [begun.operation_id],
        )
        self.assertTrue(self.env.cr.fetchone()[0])
        self.assertEqual(operation.started_at.year, operation.lease_until.year)
