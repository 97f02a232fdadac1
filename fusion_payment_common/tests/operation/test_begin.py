from dataclasses import replace
from unittest.mock import patch

from odoo.exceptions import ConcurrencyError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ...exceptions import IdempotencyKeyConflict, OperationInProgress
from ...lib.ledger import Answer
from ...lib.outcome import Outcome
from ...tools.queue_runner import outcome_of
from ..common import OperationCommon

LEDGER = "odoo.addons.fusion_payment_common.models.operation"
#: What differs between two operations of one kind, whoever begins them.
OWN_FIELDS = {
    "id", "idempotency_key", "fingerprint", "reference", "request_payload", "res_id", "documents",
    "create_date", "write_date", "started_at", "finished_at", "next_attempt_at", "lease_until",
    "lease_owner", "repeat_until", "send_until", "is_queued",
}  # fmt: skip
ENTRIES = ("perform", "queued", "direct")


@tagged("post_install", "-at_install")
class TestBeginAndFinish(OperationCommon):
    """However an operation is begun, it makes the same rows, in as few statements."""

    def setUp(self):
        super().setUp()
        self.ledger = self.env["fusion.operation"].sudo()

    def _new_intent(self, number):
        move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[113.0], taxes=[], post=True
        )
        key = f"11111111-2222-4333-8444-{number:012}"
        intent = self._intent(self._new_transaction(move), key=key)
        self.env.flush_all()
        return intent

    def _begin(self, entry, intent):
        """Begin as this entry does, up to the call."""
        if entry != "queued":
            return self._begin_committed(intent)
        self.ledger._enqueue(intent)
        return self.ledger._begun_of(self._claim(intent))

    def _claim(self, intent):
        ledger = self.ledger.with_context(fusion_queue_reference=intent.reference)
        [claim] = ledger._queue_claim(1, {})
        return claim

    def _run(self, entry, intent, result):
        """Carry the intent out as this entry does; return what its call saw, and was left."""
        seen = {}
        self.remote.on_call = lambda: seen.update(self._facts(intent))
        self.remote.will_answer(result)
        if entry == "perform":
            self.ledger._perform(intent)
        elif entry == "direct":
            begun = self._begin(entry, intent)
            self.ledger._carry_out(begun, lambda: self.remote.call(intent.idempotency_key), [])
        else:
            self.ledger._enqueue(intent)
            [(claim, call)] = self.ledger._queue_prepare([self._claim(intent)])
            # What is booked is the same for all, and no part of this.
            with patch.object(type(self.ledger), "_settle", lambda ledger, operation_id: True):
                self.ledger._queue_finish(claim, outcome_of(call))
        return seen, self._facts(intent)

    def _facts(self, intent):
        """Return what the rows of an operation say, apart from what is its own."""
        operation = self._operation(intent.idempotency_key)
        names = [
            name
            for name, field in operation._fields.items()
            if field.store and field.column_type and name not in OWN_FIELDS
        ]
        holds = [(hold.res_model, hold.res_id) for hold in operation.hold_ids]
        return {
            **{name: operation[name] for name in names},
            "payload": sorted(operation.request_payload),
            "attempts": [
                (one.number, one.action, one.outcome, one.user_id, bool(one.started_at))
                for one in operation.attempt_ids
            ],
            "holds_its_documents": sorted(holds) == sorted(intent.documents),
            "is_leased": operation.lease_until and operation.lease_until
            == operation.next_attempt_at,
        }

    def test_every_entry_makes_the_same_rows(self):
        results = (
            self._succeeded("PROV1", amount=11300),
            Answer(outcome=Outcome.DECLINED, error_code="card_declined", error_message="No"),
            Answer(outcome=Outcome.PENDING, provider_reference="PROV2"),
        )
        for number, result in enumerate(results):
            facts = [
                self._run(entry, self._new_intent(10 * number + place), result)
                for place, entry in enumerate(ENTRIES)
            ]
            for entry, (seen, left) in zip(ENTRIES, facts, strict=True):
                with self.subTest(outcome=result.outcome, entry=entry):
                    self.assertEqual(seen["state"], "in_flight")
                    self.assertTrue(seen["is_leased"] and seen["holds_its_documents"])
                    self.assertEqual(seen, facts[0][0])
                    self.assertEqual(left["state"], str(result.outcome))
                    self.assertTrue(left["holds_its_documents"], "it is not booked yet")
                    self.assertEqual(left, facts[0][1])

    def test_a_known_key_begins_nothing(self):
        intent = self._new_intent(1)
        self._begin("direct", intent)
        begun = self._begin_committed(intent)
        self.assertTrue(begun.is_known)
        self.assertEqual(begun.operation_id, self._operation(intent.idempotency_key).id)
        self.assertEqual(len(self._operation(intent.idempotency_key).attempt_ids), 1)
        with mute_logger(LEDGER + ".begin"), self.assertRaises(IdempotencyKeyConflict):
            self._begin_committed(replace(intent, parameters={"amount": 1}))

    def test_a_held_document_is_refused_whoever_asks(self):
        intent = self._new_intent(1)
        self._begin("direct", intent)
        other = replace(intent, idempotency_key="99999999-2222-4333-8444-555555555555")
        for entry in ENTRIES:
            with self.subTest(entry=entry), self.assertRaises(OperationInProgress):
                self._begin(entry, other)
        self.assertFalse(self._operation(other.idempotency_key))

    def test_what_is_taken_while_we_look_is_refused_by_the_database(self):
        intent = self._new_intent(1)
        self._begin("direct", intent)
        same_key = replace(intent, documents=())
        same_document = replace(intent, idempotency_key="99999999-2222-4333-8444-555555555555")
        unseen = patch.object(
            type(self.ledger), "_is_taken", lambda ledger, *args, **kwargs: SQL("FALSE")
        )
        for taken in (same_key, same_document):
            with self.subTest(taken=taken), unseen, self.assertRaises(ConcurrencyError):
                self.ledger._enqueue(taken)
        self.assertEqual(len(self._operation(intent.idempotency_key)), 1)
        self.assertFalse(self._operation(same_document.idempotency_key))

    # === AS FAST AS THE FASTEST === #

    def _statements(self, function, *args):
        """Return how many statements a function takes, and what it returns."""
        before = self.cr.sql_log_count
        result = function(*args)
        self.env.flush_all()
        return self.cr.sql_log_count - before, result

    def test_to_begin_and_to_finish_take_one_statement_each(self):
        answer = self._succeeded("PROV1", amount=11300)
        for number in (1, 2):  # the first time, names are looked up as well
            intent = self._new_intent(number)
            begin, begun = self._statements(self._begin_committed, intent)
            finish, _stored = self._statements(self.ledger._finish_committed, begun, answer, [])
        self.assertEqual((begin, finish), (1, 1))

    def test_to_perform_takes_four_statements(self):
        for number in (1, 2):
            self.remote.will_answer(self._succeeded(f"PROV{number}"))
            intent = self._new_intent(number)
            count, _result = self._statements(self.ledger._perform, intent)
        self.assertLessEqual(count, 4, "begin, read for the call, renew the lease, finish")

    def test_to_enqueue_takes_one_statement_and_a_wake_up(self):
        for number in (1, 2):
            intent = self._new_intent(number)
            count, _operation = self._statements(self.ledger._enqueue, intent)
        self.assertLessEqual(count, 3)
