from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ...lib import errors
from ...lib.ledger import Answer
from ...lib.outcome import Outcome
from ..common import KEY, OperationCommon


class ResolutionCommon(OperationCommon):
    """A Manager with the dialog, and a provider whose objects can be read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            login="fusion_manager",
            groups="fusion_payment_common.group_fusion_manager",
            company_id=cls.env.company.id,
            company_ids=cls.env.company.ids,
        )

    def setUp(self):
        super().setUp()
        remote = self.remote
        self.reads = []

        def prepare_read(transactions, operation, provider_reference, observer):
            def read():
                self.reads.append(provider_reference)
                return remote.look_up(provider_reference)

            return read

        self.patch(type(self.env["payment.transaction"]), "_fusion_prepare_read", prepare_read)

    def _dialog(self, operation=None, user=None, **values):
        operation = operation or self._operation()
        return (
            self.env["fusion.operation.resolution"]
            .with_user(user or self.manager)
            .create({"operation_id": operation.id, "note": "Seen on the dashboard."} | values)
        )

    def _resolve(self, operation=None, **values):
        self._dialog(operation, **values).action_confirm()
        self.env.invalidate_all()
        return self._operation()


@tagged("post_install", "-at_install")
class TestResolution(ResolutionCommon):
    def setUp(self):
        super().setUp()
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()

    def test_the_providers_own_object_closes_and_books_it(self):
        self.remote.will_know(self._succeeded("PROV4"))
        operation = self._resolve(verdict="happened", provider_reference="PROV4")
        self.assertEqual(self.reads, ["PROV4"])
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(operation.provider_reference, "PROV4")
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.move.amount_residual, 0)
        self.assertFalse(operation.hold_ids)

    def test_who_said_so_and_why_is_recorded(self):
        self.remote.will_know(self._succeeded("PROV4"))
        operation = self._resolve(verdict="happened", provider_reference="PROV4")
        self.assertEqual(operation.resolved_by_id, self.manager)
        self.assertEqual(operation.resolution_note, "Seen on the dashboard.")
        self.assertIn("resolve", operation.attempt_ids.mapped("action"))
        self.assertTrue(
            operation.message_ids.filtered(
                lambda message: message.author_id == self.manager.partner_id
                and "Seen on the dashboard." in message.body
            )
        )

    def test_a_managers_word_alone_books_nothing(self):
        self.remote.will_know(errors.NotFoundError("no such payment"))
        with self.assertRaisesRegex(UserError, "cannot be read"):
            self._resolve(verdict="happened", provider_reference="PROV4")
        self.assertEqual(self._operation().state, "unknown")
        self.assertEqual(self.transaction.state, "pending")
        with self.assertRaises(ValidationError):
            self._resolve(verdict="happened")

    def test_an_object_that_is_accounted_for_cannot_be_used_again(self):
        self.remote.will_answer(self._succeeded("PROV1"))
        other_move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[113.0], taxes=[], post=True
        )
        other = self._new_transaction(other_move)
        self._perform(other, key="99999999-2222-4333-8444-555555555555")
        with self.assertRaisesRegex(UserError, "belongs to"):
            self._resolve(verdict="happened", provider_reference="PROV1")
        self.assertEqual(self.reads, [])

    def test_nothing_moved_frees_the_invoice(self):
        self.remote.will_know(None)
        operation = self._resolve(verdict="nothing")
        self.assertEqual(operation.state, "rejected")
        self.assertEqual(operation.error_code, "resolved_by_hand")
        self.assertEqual(self.transaction.state, "error")
        self.assertFalse(operation.hold_ids)
        self.assertEqual(self.move.amount_residual, 113.0)

    def test_nothing_moved_is_not_believed_when_the_provider_knows_better(self):
        self.remote.will_know(self._succeeded("PROV4"))
        with self.assertRaisesRegex(UserError, "PROV4"):
            self._resolve(verdict="nothing")
        self.assertEqual(self._operation().state, "unknown")
        self.remote.will_know(errors.NotSentError("down"))
        with self.assertRaisesRegex(UserError, "Try again later"):
            self._resolve(verdict="nothing")
        self.assertEqual(self._operation().state, "unknown")

    def test_another_amount_is_booked_only_when_it_is_accepted(self):
        different = Answer(
            Outcome.UNKNOWN,
            provider_reference="PROV4",
            review="took 10000, not 11300",
            data={"amount": 10000, "currency": self.move.currency_id.name},
        )
        self.remote.will_know(different)
        with self.assertRaisesRegex(UserError, "took 10000"):
            self._resolve(verdict="happened", provider_reference="PROV4")
        self.remote.will_know(different)
        self._resolve(verdict="happened", provider_reference="PROV4", accept_difference=True)
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self.transaction.amount, 100.0)
        self.assertEqual(self.move.amount_residual, 13.0)

    def test_a_closed_operation_stays_closed(self):
        self.remote.will_know(self._succeeded("PROV4"))
        self._resolve(verdict="happened", provider_reference="PROV4")
        with self.assertRaisesRegex(UserError, "closed"):
            self._resolve(verdict="nothing")

    def test_only_a_manager_resolves(self):
        refunder = new_test_user(
            self.env, login="fusion_refunder", groups="fusion_payment_common.group_fusion_refunder"
        )
        with self.assertRaises(AccessError):
            self._resolve(user=refunder, verdict="nothing")
        with self.assertRaises(AccessError):
            self._operation().with_user(refunder).sudo()._resolve(note="me")
        self.assertEqual(self._operation().state, "unknown")
        self.assertEqual(self.remote.calls, [KEY])
