"""Everything that can go wrong with a charge, in both modes, and what becomes of it."""

from typing import NamedTuple

from odoo.fields import Command
from odoo.tests import tagged

from .common import APPROVED, DECLINED, CloverCommon


class Case(NamedTuple):
    """One way for a charge to go, and what it leaves behind.

    ``first`` and ``last`` are ``(operation, transaction)`` states after the call, and after the
    completer has had its turns; ``calls`` and ``effects`` count charge calls that arrived at Clover
    and charges that were made there, each first and last. A connection that is reset at once may or
    may not count as a call, so ``calls`` may be one fewer where ``may_not_arrive``.
    """

    name: str
    first: tuple
    last: tuple
    calls: tuple
    effects: tuple
    fault: dict | None = None
    card: str = APPROVED
    setup: str | None = None
    queued_first: tuple | None = None
    may_not_arrive: bool = False


BOOKED = ("succeeded", "done")
OPEN = ("unknown", "pending")
REFUSED = ("rejected", "error")


def lost(name, fault, effects, when=None):
    """A case in which the answer to the first call proves nothing.

    Found at Clover it is booked without another call, else the call is repeated under its key.
    """
    rule = {"name": fault, **({"when": when} if when else {})}
    calls = (1, 1) if effects else (1, 2)
    return Case(
        name, OPEN, BOOKED, calls, (effects, 1), rule, may_not_arrive=fault == "reset_before"
    )


CASES = (
    Case("approved", BOOKED, BOOKED, (1, 1), (1, 1)),
    Case("slow", BOOKED, BOOKED, (1, 1), (1, 1), {"name": "slow", "delay_s": 0.3}),
    Case("declined", ("declined", "error"), ("declined", "error"), (1, 1), (0, 0), card=DECLINED),
    Case("credentials refused", REFUSED, REFUSED, (1, 1), (0, 0), setup="wrong credentials"),
    Case("card token used up", REFUSED, REFUSED, (1, 1), (0, 0), setup="used token"),
    Case("not configured", REFUSED, REFUSED, (0, 0), (0, 0), setup="no credentials"),
    Case(
        "unreachable",
        ("not_sent", "error"),
        ("not_sent", "error"),
        (0, 0),
        (0, 0),
        setup="unreachable",
        # Nobody waits: it is tried again while there is time.
        queued_first=("ready", "draft"),
    ),
    lost("request lost in a timeout", "timeout_before", 0),
    lost("answer lost in a timeout", "timeout_after", 1),
    lost("request lost in a reset", "reset_before", 0),
    lost("answer lost in a reset", "reset_after", 1),
    lost("answer cut off", "truncate", 1),
    lost("500 instead of work", "http_500", 0, "before"),
    lost("500 after the work", "http_500", 1, "after"),
    lost("503 instead of work", "http_503", 0, "before"),
    lost("503 after the work", "http_503", 1, "after"),
    lost("429 instead of work", "http_429", 0, "before"),
    lost("429 after the work", "http_429", 1, "after"),
)


@tagged("post_install", "-at_install")
class TestOutcomeMatrix(CloverCommon):
    """Each case in both modes: the same end, and never a second charge."""

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.ledger = self.env["fusion.operation"].sudo()

    def test_a_user_waits_for_the_answer(self):
        self._run_matrix(self._perform)

    def test_a_worker_carries_it_out(self):
        self._run_matrix(self._enqueue, queued=True)

    def _run_matrix(self, carry_out, *, queued=False):
        for case in CASES:
            with self.subTest(case.name, queued=queued):
                self._reset()
                transaction = self._new_transaction()
                source = self._source(case.card)
                self._set_up(case, source)
                carry_out(transaction, source)
                first = case.queued_first if queued and case.queued_first else case.first
                self._lost_call = case.may_not_arrive
                self._assert_left(transaction, first, case.calls[0], case.effects[0])
                if first[0] in ("unknown", "ready"):
                    self._put_right(case)
                    for _turn in range(3):
                        self._let_the_completer_work(transaction)
                last = BOOKED if queued and case.queued_first else case.last
                recovered = bool(queued and case.queued_first)
                self._assert_left(
                    transaction, last, case.calls[1] + recovered, case.effects[1] + recovered
                )
                self._assert_books(transaction, paid=last == BOOKED)

    # === THE TWO MODES === #

    def _perform(self, transaction, source):
        transaction._clover_charge(source, entry_mode="moto")
        self.env.invalidate_all()

    def _enqueue(self, transaction, source):
        intent = transaction._clover_charge_intent(source, entry_mode="moto")
        before = len(self.simulator.requests("/v1/charges"))
        self.ledger._enqueue(intent)
        self.assertEqual(len(self.simulator.requests("/v1/charges")), before)
        self._let_the_completer_work(transaction)

    # === WHAT GOES WRONG === #

    def _reset(self):
        self.simulator.post("reset", {})
        self.provider.write({"clover_api_key": "sim-ecommerce-private-key"})
        self._set_origin(self.origin)

    def _set_up(self, case, source):
        if case.fault:
            fault = dict(case.fault)
            self.simulator.fault(fault.pop("name"), **({"delay_s": 0} | fault))
        if case.setup == "wrong credentials":
            self.provider.clover_api_key = "wrong"
        elif case.setup == "no credentials":
            self.provider.clover_api_key = False
        elif case.setup == "used token":
            self._use_up(source)
        elif case.setup == "unreachable":
            self._set_origin("http://127.0.0.1:9")

    def _put_right(self, case):
        if case.setup == "unreachable":
            self._set_origin(self.origin)

    def _use_up(self, source):
        """Spend the token elsewhere; what that leaves at Clover is none of ours."""
        self._perform(self._new_transaction(), source)

    def _set_origin(self, origin):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("fusion_clover.sandbox_origin", origin)

    # === WHAT IS LEFT === #

    def _new_transaction(self):
        move = self._new_invoice(20.0)
        transactions = self.env["payment.transaction"]
        links = [Command.set(move.ids)]
        return transactions.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": transactions._compute_reference("clover", invoice_ids=links),
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": links,
            }
        )

    def _operation(self, transaction):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.ledger.search([("reference", "=", transaction.reference)])

    def _let_the_completer_work(self, transaction):
        operation = self._operation(transaction)
        if operation.next_attempt_at:
            operation.next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.ledger._complete_due(reference=transaction.reference)
        self.env.invalidate_all()

    def _assert_left(self, transaction, states, calls, effects):
        operation = self._operation(transaction)
        self.assertEqual(len(operation), 1)
        self.assertEqual((operation.state, transaction.state), states)
        key = operation.idempotency_key
        made = [
            request
            for request in self.simulator.requests("/v1/charges")
            if request["headers"].get("Idempotency-Key") == key
        ]
        self.assertIn(
            len(made), {calls, calls - self._lost_call}, "calls that arrived at Clover"
        )
        charged = [effect for effect in self._charges() if effect["idempotency_key"] == key]
        self.assertEqual(len(charged), effects, "charges made at Clover")
        is_open = states[0] in ("unknown", "ready")
        self.assertEqual(len(operation.hold_ids), int(is_open), "the invoice is held")
        self.assertEqual(bool(operation.applied_at), not is_open)
        self.assertTrue(operation.attempt_ids)
        self.assertNotIn(False, operation.attempt_ids.mapped("outcome"))

    def _assert_books(self, transaction, *, paid):
        move = transaction.invoice_ids
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "=", transaction.id)]
        )
        self.assertEqual(len(payments), int(paid))
        self.assertEqual(move.amount_residual, 0 if paid else 20.0)
        self.assertFalse(move.fusion_payment_notice)
