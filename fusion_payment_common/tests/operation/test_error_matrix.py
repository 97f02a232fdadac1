"""Each class of error in both modes: what it leaves behind, and how it ends once all is well."""

from typing import NamedTuple

from odoo.tests import tagged

from ...lib import errors
from ...lib.ledger import READY
from ..common import OperationCommon


class Left(NamedTuple):
    """``attempts`` counts rows, ``calls`` what the provider was asked to do."""

    operation: str
    transaction: str
    attempts: int
    calls: int


DECLINED = Left("declined", "error", 1, 1)
REFUSED = Left("rejected", "error", 1, 1)
OPEN = Left("unknown", "pending", 1, 1)
#: Two look-ups that found nothing, then the same key again.
REPEATED = Left("succeeded", "done", 4, 2)
#: Nobody waits: it never left, so that it may simply be called again.
WAITING = Left(READY, "draft", 1, 1)
CALLED_AGAIN = Left("succeeded", "done", 2, 2)

#: By class: what is left when somebody waits, when a worker calls, and what it ends in.
MATRIX = {
    errors.GatewayError: (OPEN, OPEN, REPEATED),
    errors.DeclinedError: (DECLINED, DECLINED, None),
    errors.RequestRejectedError: (REFUSED, REFUSED, None),
    errors.AuthenticationError: (REFUSED, REFUSED, None),
    errors.PermissionDeniedError: (REFUSED, REFUSED, None),
    errors.ConfigurationError: (REFUSED, REFUSED, None),
    errors.NotFoundError: (REFUSED, REFUSED, None),
    errors.IdempotencyConflictError: (REFUSED, REFUSED, None),
    errors.NotSentError: (Left("not_sent", "error", 1, 1), WAITING, CALLED_AGAIN),
    errors.RateLimitedError: (OPEN, OPEN, REPEATED),
    errors.UnknownOutcomeError: (OPEN, OPEN, REPEATED),
    errors.MalformedResponseError: (OPEN, OPEN, REPEATED),
    errors.InProgressError: (OPEN, OPEN, REPEATED),
}


@tagged("post_install", "-at_install")
class TestErrorMatrix(OperationCommon):
    def test_no_class_is_forgotten(self):
        known = {
            value
            for value in vars(errors).values()
            if isinstance(value, type) and issubclass(value, errors.GatewayError)
        }
        self.assertEqual(set(MATRIX), known)

    def test_somebody_waits_for_the_answer(self):
        for number, (error, (left, _queued, end)) in enumerate(MATRIX.items()):
            with self.subTest(error=error.__name__):
                self._run(number, error, left, end, self._perform_it)

    def test_a_worker_calls(self):
        for number, (error, (_left, left, end)) in enumerate(MATRIX.items()):
            with self.subTest(error=error.__name__):
                self._run(number, error, left, end, self._enqueue_it)

    def _run(self, number, error, left, end, carry_out):
        self.remote.__init__()
        key = f"00000000-0000-4000-8000-{number:012}"
        move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10.0], taxes=[], post=True
        )
        transaction = self._new_transaction(move)
        self.remote.will_answer(error("it went wrong"))
        carry_out(transaction, key)
        operation = self._operation(key)
        self._assert_left(operation, transaction, move, left)
        if not operation.next_attempt_at:
            return
        # All is well again: what was waited for happens.
        self.remote.will_know(None, None)
        self.remote.will_answer(self._succeeded(f"PROV{number}"))
        for _turn in range(3):
            if operation.next_attempt_at:
                self._complete(operation)
        self._assert_left(operation, transaction, move, end)

    def _perform_it(self, transaction, key):
        self._perform(transaction, key=key)

    def _enqueue_it(self, transaction, key):
        ledger = self.env["fusion.operation"].sudo()
        operation = ledger._enqueue(self._intent(transaction, key=key))
        self.assertEqual(self.remote.calls, [])
        self._complete(operation)

    def _assert_left(self, operation, transaction, move, left):
        self.assertEqual(
            Left(
                operation.state,
                transaction.state,
                len(operation.attempt_ids),
                len(self.remote.calls),
            ),
            left,
        )
        is_open = left in (OPEN, WAITING)
        self.assertEqual(len(operation), 1)
        self.assertEqual(bool(operation.hold_ids), is_open)
        self.assertEqual(bool(operation.applied_at), not is_open)
        self.assertEqual(len(set(self.remote.calls)), 1, "one key, whatever happens")
        self.assertNotIn(False, operation.attempt_ids.mapped("outcome"))
        is_paid = left.transaction == "done"
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "=", transaction.id)]
        )
        self.assertEqual(len(payments), int(is_paid))
        self.assertEqual(move.amount_residual, 0 if is_paid else 10.0)
