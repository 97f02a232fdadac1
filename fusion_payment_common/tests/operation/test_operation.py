from ast import literal_eval

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...exceptions import IdempotencyKeyConflict, OperationInProgress
from ...lib import errors
from ...lib.ledger import Answer
from ...lib.outcome import Outcome
from ..common import KEY, OperationCommon

LEDGER = "odoo.addons.fusion_payment_common.models.operation.perform"
BEGIN = "odoo.addons.fusion_payment_common.models.operation.begin"


@tagged("post_install", "-at_install")
class TestOperation(OperationCommon):
    # === ONE EFFECT PER INTENT === #

    def test_success_is_booked_and_frees_the_invoice(self):
        self.remote.will_answer(self._succeeded("PROV1"))
        answer = self._perform()
        operation = self._operation()
        self.assertEqual(answer.outcome, Outcome.SUCCEEDED)
        self.assertEqual(operation.state, "succeeded")
        self.assertEqual(operation.provider_reference, "PROV1")
        self.assertTrue(operation.applied_at)
        self.assertFalse(operation.next_attempt_at)
        self.assertFalse(operation.hold_ids)
        self.assertEqual(operation.request_payload["source"], "clv_***0001")
        self.assertEqual(self.transaction.state, "done")
        self.assertTrue(self.transaction.payment_id)
        self.assertEqual(self.move.payment_state, self.move._get_invoice_in_payment_state())
        self.assertEqual(self.move.amount_residual, 0)

    def test_it_leads_to_what_it_is_about(self):
        self.remote.will_answer(self._succeeded("PROV1"))
        self._perform()
        operation = self._operation()
        self.assertEqual((operation.res_model, operation.res_id), ("account.move", self.move.id))
        action = operation.action_open_documents()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", self.move.id))
        other = self.move.copy()
        operation.documents = [["account.move", self.move.id], ["account.move", other.id]]
        domain = operation.action_open_documents()["domain"]
        self.assertEqual(set(domain[0][2]), {self.move.id, other.id})
        operation.write({"res_model": "no.such.model", "documents": False})
        with self.assertRaisesRegex(UserError, "not about a document"):
            operation.action_open_documents()

    def test_what_waits_in_the_queue_for_too_long_is_stuck(self):
        view = self.env.ref("fusion_payment_common.fusion_operation_view_search")
        [stuck] = etree.fromstring(view.arch).xpath("//filter[@name='stuck']/@domain")
        ledger = self.env["fusion.operation"].sudo()
        operation = ledger._enqueue(self._intent())
        self.env.flush_all()
        self.assertNotIn(operation, ledger.search(literal_eval(stuck)))
        self.env.cr.execute(
            "UPDATE fusion_operation SET create_date = create_date - interval '11 minutes'"
            " WHERE id = %s",
            [operation.id],
        )
        self.env.invalidate_all()
        self.assertIn(operation, ledger.search(literal_eval(stuck)))

    def test_the_same_intent_again_calls_nobody(self):
        self.remote.will_answer(self._succeeded("PROV1"))
        first = self._perform()
        second = self._perform()
        self.assertEqual(self.remote.calls, [KEY])
        self.assertEqual(second.outcome, first.outcome)
        self.assertEqual(second.provider_reference, "PROV1")
        self.assertEqual(
            self.env["account.payment"].search_count(
                [("payment_transaction_id", "=", self.transaction.id)]
            ),
            1,
        )

    def test_same_key_with_other_parameters_is_refused_loudly(self):
        self.remote.will_answer(self._succeeded())
        self._perform()
        with (
            self.assertLogs(BEGIN, "ERROR"),
            self.assertRaises(IdempotencyKeyConflict),
        ):
            self._perform(amount=5000)
        self.assertEqual(self.remote.calls, [KEY])

    def test_the_key_is_committed_before_the_provider_is_called(self):
        seen = {}

        def look_at_the_ledger():
            with self.registry.cursor() as cr:
                cr.execute(
                    "SELECT state, lease_until > now() at time zone 'UTC', next_attempt_at IS NOT "
                    "NULL FROM fusion_operation WHERE idempotency_key = %s",
                    [KEY],
                )
                seen["row"] = cr.fetchone()

        self.remote.on_call = look_at_the_ledger
        self.remote.will_answer(self._succeeded())
        self._perform()
        self.assertEqual(seen["row"], ("in_flight", True, True))

    # === ONE OPERATION PER DOCUMENT === #

    def test_an_unknown_outcome_blocks_every_other_payment_of_the_invoice(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        answer = self._perform()
        self.assertEqual(answer.outcome, Outcome.UNKNOWN)
        self.assertEqual(self.transaction.state, "pending")
        self.assertTrue(self.transaction.fusion_outcome_unknown)
        self.assertIn(self.transaction.reference, self.move.fusion_payment_notice)
        other = self._new_transaction(self.move)
        with self.assertRaises(OperationInProgress):
            self._perform(other, key="99999999-2222-4333-8444-555555555555")
        self.assertEqual(self.remote.calls, [KEY])
        self.assertEqual(other.state, "draft")

    @mute_logger("odoo.sql_db")
    def test_the_database_itself_refuses_a_second_hold(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"))
        self._perform()
        with self.assertRaisesRegex(Exception, "document_unique"), self.env.cr.savepoint():
            self.env["fusion.operation.hold"].sudo().create(
                {
                    "operation_id": self._operation().id,
                    "res_model": "account.move",
                    "res_id": self.move.id,
                }
            )
            self.env.flush_all()

    def test_a_payment_of_another_invoice_is_not_blocked(self):
        self.remote.will_answer(errors.UnknownOutcomeError("no answer"), self._succeeded())
        self._perform()
        other_move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[50.0], taxes=[], post=True
        )
        other = self._new_transaction(other_move)
        self._perform(other, key="99999999-2222-4333-8444-555555555555")
        self.assertEqual(other.state, "done")

    def test_a_failed_check_sends_nothing_and_frees_the_invoice(self):
        def check(env):
            raise UserError("Paid meanwhile.")

        with self.assertRaisesRegex(UserError, "Paid meanwhile"):
            self._perform(check=check)
        operation = self._operation()
        self.assertEqual(self.remote.calls, [])
        self.assertEqual(operation.state, "not_sent")
        self.assertFalse(operation.hold_ids)
        self.assertFalse(self.move.fusion_payment_notice)

    def test_amount_due_counts_money_that_is_not_booked_yet(self):
        self.assertEqual(self.move._fusion_amount_due(), 113.0)
        self._new_transaction(self.move, amount=13.0).state = "pending"
        self.assertEqual(self.move._fusion_amount_due(), 100.0)
        self._new_transaction(self.move, amount=40.0).state = "done"
        self.assertEqual(self.move._fusion_amount_due(), 60.0)

    # === OUTCOMES === #

    def test_a_bug_of_ours_after_the_call_is_an_unknown_outcome(self):
        self.remote.will_answer(ZeroDivisionError("oops"))
        with self.assertLogs(LEDGER, "ERROR"):
            answer = self._perform()
        self.assertEqual(answer.outcome, Outcome.UNKNOWN)
        self.assertEqual(self._operation().state, "unknown")
        self.assertEqual(self.transaction.state, "pending")

    def test_a_different_amount_waits_for_a_person(self):
        self.remote.will_answer(
            Answer(Outcome.UNKNOWN, provider_reference="PROV1", review="took 999, not 11300")
        )
        self._perform()
        operation = self._operation()
        self.assertEqual(operation.state, "unknown")
        self.assertEqual(operation.review_reason, "took 999, not 11300")
        self.assertFalse(operation.next_attempt_at)
        self.assertTrue(operation.hold_ids)
        self.assertEqual(self.transaction.state, "pending")
        self.assertFalse(self.transaction.payment_id)
        self.assertEqual(len(operation.activity_ids), 1)

    def _will_say(self, amount, currency="USD"):
        """Have the provider's success speak of this amount, as an integration reads it."""
        self.patch(
            type(self.env["payment.transaction"]),
            "_extract_amount_data",
            lambda transaction, data: (
                None if data["review"] else {"amount": amount, "currency_code": currency}
            ),
        )

    def test_a_success_over_another_amount_is_no_error_that_may_be_tried_again(self):
        for amount, currency in ((112.99, self.currency.name), (113.0, "XXX")):
            with self.subTest(amount=amount, currency=currency):
                move = self.init_invoice(
                    "out_invoice", partner=self.partner_a, amounts=[113.0], taxes=[], post=True
                )
                transaction, key = self._new_transaction(move), f"key-{amount}-{currency}"
                self._will_say(amount, currency)
                self.remote.will_answer(self._succeeded())
                self._perform(transaction, key=key)
                operation = self._operation(key)
                self.assertEqual(transaction.state, "pending")
                self.assertIn("113.0", operation.review_reason)
                self.assertEqual(len(operation.activity_ids), 1)
                self.assertEqual(operation.hold_ids.res_id, move.id)
                with self.assertRaises(OperationInProgress):
                    self._perform(self._new_transaction(move), key=f"{key}-again")
                self.assertFalse(transaction.payment_id)

    def test_what_a_manager_has_read_is_booked_with_the_amount_that_moved(self):
        self._will_say(100.0, self.currency.name)
        self.remote.will_answer(self._succeeded(amount=10000, currency=self.currency.name))
        self._perform()
        operation = self._operation()
        self.assertEqual(self.transaction.state, "pending")
        operation.write({"resolved_by_id": self.env.uid, "review_reason": False})
        self.env.flush_all()
        operation._settle(operation.id)
        self.env.invalidate_all()
        self.assertEqual((self.transaction.state, self.transaction.amount), ("done", 100.0))
        self.assertFalse(operation.hold_ids)

    def test_a_late_contradicting_answer_is_put_before_a_person(self):
        self.remote.will_answer(errors.DeclinedError("no", code="card_declined"))
        self._perform()
        operation = self._operation()
        answer = operation._finish(self._succeeded("PROV9"), [])
        self.assertEqual(answer.outcome, Outcome.DECLINED)
        self.assertIn("PROV9", operation.review_reason)
        self.assertEqual(len(operation.activity_ids), 1)

    def test_received_money_stays_received_when_booking_fails(self):
        def fail(self):
            raise UserError("The period is locked.")

        self.patch(type(self.env["payment.transaction"]), "_post_process", fail)
        self.remote.will_answer(self._succeeded())
        with self.assertLogs(
            "odoo.addons.fusion_payment_common.models.payment_transaction", "ERROR"
        ):
            self._perform()
        self.assertEqual(self.transaction.state, "done")
        self.assertFalse(self.transaction.is_post_processed)
        self.assertEqual(self.move._fusion_amount_due(), 0)
        self.assertTrue(self._operation().activity_ids)
