from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...lib import errors
from ...models.operation import reaper
from ..common import KEY, OperationCommon


@tagged("post_install", "-at_install")
class TestReaper(OperationCommon):
    def setUp(self):
        super().setUp()
        self.ledger = self.env["fusion.operation"].sudo()
        self.parameters = self.env["ir.config_parameter"].sudo()

    def _finished(self, days):
        """Return an operation that was booked so many days ago."""
        self.remote.will_answer(self._succeeded())
        self._perform()
        operation = self._operation()
        operation.attempt_ids.exchanges = [{"method": "POST", "url": "/v1/charges"}]
        operation.applied_at = fields.Datetime.now() - timedelta(days=days)
        self.env.flush_all()
        return operation

    def _reap(self):
        self.ledger._gc_details()
        self.ledger._gc_finished()
        self.env.invalidate_all()

    def test_requests_and_answers_go_first_and_the_rest_stays(self):
        operation = self._finished(181)
        self._reap()
        self.assertFalse(operation.attempt_ids.exchanges)
        self.assertFalse(operation.request_payload)
        self.assertTrue(operation.reduced_at)
        self.assertEqual(operation.attempt_ids.outcome, "succeeded")
        self.assertTrue(operation.response_summary is not None and operation.provider_reference)
        self._perform()
        self.assertEqual(self.remote.calls, [KEY], "the key still stands for what was done")

    def test_what_is_reduced_once_is_not_looked_at_again(self):
        operation = self._finished(181)
        self._reap()
        reduced_at = operation.reduced_at = operation.reduced_at - timedelta(days=1)
        self.assertEqual(self.ledger._gc_details(), (0, False))
        self.assertEqual(operation.reduced_at, reduced_at)

    def test_after_years_it_is_deleted_with_its_attempts(self):
        operation = self._finished(7 * 365 + 1)
        attempts = operation.attempt_ids
        self._reap()
        self.assertFalse(operation.exists())
        self.assertFalse(attempts.exists())

    def test_what_is_young_stays_whole(self):
        operation = self._finished(179)
        self._reap()
        self.assertTrue(operation.attempt_ids.exchanges)
        self.assertTrue(operation.request_payload)

    def test_what_somebody_has_to_do_with_stays(self):
        operation = self._finished(9999)
        for name, values in (
            ("not booked", {"applied_at": False}),
            ("under review", {"review_reason": "Another amount."}),
            ("open", {"state": "unknown"}),
            ("held", {"hold_ids": [fields.Command.create(
                {"res_model": "account.move", "res_id": self.move.id}
            )]}),
        ):
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                operation.write(values)
                self._reap()
                self.assertTrue(operation.exists())
                self.assertTrue(operation.attempt_ids.exchanges)
                savepoint.rollback()
                self.env.invalidate_all()
        self._reap()
        self.assertFalse(operation.exists())

    def test_the_key_of_a_payment_that_may_still_be_paid_stays(self):
        operation = self._finished(9999)
        for state in ("draft", "pending"):
            self.transaction.state = state
            self.env.flush_all()
            self._reap()
            self.assertTrue(operation.exists(), state)
        self.transaction.state = "done"
        self.env.flush_all()
        self._reap()
        self.assertFalse(operation.exists())

    def test_an_open_payment_does_not_keep_others(self):
        self.remote.will_answer(errors.DeclinedError("no"))
        other = self._new_transaction(self.move)
        self._perform(other, key="99999999-2222-4333-8444-555555555555")
        kept = self._operation("99999999-2222-4333-8444-555555555555")
        kept.applied_at = "2001-01-01"
        other.state = "draft"
        operation = self._finished(9999)
        with patch.object(reaper, "VACUUM_BATCH", 1):
            self.assertEqual(self.ledger._gc_finished(), (1, True))
        self.assertFalse(operation.exists())
        self.assertTrue(kept.exists())

    def test_settings_decide_but_no_operation_goes_within_ninety_days(self):
        operation = self._finished(89)
        self.parameters.set_param(reaper.RETENTION_PARAMETER, "1")
        self.parameters.set_param(reaper.DETAIL_PARAMETER, "100")
        self._reap()
        self.assertTrue(operation.attempt_ids.exchanges)
        operation.applied_at -= timedelta(days=2)
        self._reap()
        self.assertFalse(operation.exists())

    def test_zero_and_nonsense_keep_everything_that_the_defaults_keep(self):
        operation = self._finished(9999)
        self.env["res.config.settings"].create(
            {"fusion_operation_detail_days": 0, "fusion_operation_retention_days": 0}
        ).execute()
        self._reap()
        self.assertTrue(operation.attempt_ids.exchanges)
        operation.applied_at = fields.Datetime.now() - timedelta(days=179)
        for parameter in (reaper.DETAIL_PARAMETER, reaper.RETENTION_PARAMETER):
            self.parameters.set_param(parameter, "many")
        self._reap()
        self.assertTrue(operation.attempt_ids.exchanges)
