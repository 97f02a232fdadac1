"""Everything that can go wrong with a charge, in both modes, and what becomes of it."""

import json
import queue
from typing import NamedTuple

import requests

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.fusion_payment_common.tests.outbox.delivery_common import Receiver

from .common import APPROVED, DECLINED, CloverCommon


class Case(NamedTuple):
    """One way for a charge to go, and what it leaves behind.

    ``first`` and ``last`` are ``(operation, transaction)`` states after the call, and after the
    completer has had its turns; ``calls`` and ``effects`` count charge calls that arrived at Clover
    and charges that were made there, each first and last, ``attempts`` the rows of the trail. A
    connection that is reset at once may or may not count as a call, so ``calls`` may be one fewer
    where ``may_not_arrive``. ``review``: a person has to decide. ``notice`` is a fault on Clover's
    notice of the charge, and how often it arrives.
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
    attempts: tuple = (1, 1)
    review: bool = False
    notice: tuple | None = None


BOOKED = ("succeeded", "done")
OPEN = ("unknown", "pending")
REFUSED = ("rejected", "error")


def lost(name, fault, effects, when=None, notice=None):
    """A case in which the answer to the first call proves nothing.

    Found at Clover it is booked without another call, else the call is repeated under its key.
    """
    rule = {"name": fault, **({"when": when} if when else {})}
    calls = (1, 1) if effects else (1, 2)
    # The call, then one look-up; or two that find nothing, and the call again.
    attempts = (1, 2) if effects else (1, 4)
    return Case(
        name, OPEN, BOOKED, calls, (effects, 1), rule, may_not_arrive=fault == "reset_before",
        attempts=attempts, notice=notice,
    )  # fmt: skip


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
    Case("not permitted", REFUSED, REFUSED, (1, 1), (0, 0), {"name": "http_403"}),
    Case("permission missing", REFUSED, REFUSED, (1, 1), (0, 0), setup="area denied"),
    Case("not found", REFUSED, REFUSED, (1, 1), (0, 0), {"name": "http_404"}),
    Case("key used for something else", REFUSED, REFUSED, (2, 2), (1, 1), setup="key conflict"),
    Case("another amount", OPEN, OPEN, (1, 1), (1, 1), setup="another amount", review=True),
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
    lost("409 instead of work", "http_409", 0, "before"),
    lost("409 after the work", "http_409", 1, "after"),
    lost("a page instead of work", "html_200", 0, "before"),
    lost("a page after the work", "html_200", 1, "after"),
    lost("the notice comes twice", "reset_after", 1, notice=("duplicate_webhook", 2)),
    lost("the notice gets lost", "reset_after", 1, notice=("drop_webhook", 0)),
    lost("the notice is late", "reset_after", 1, notice=("reorder_webhook", 1)),
    Case(
        "approved, the notice comes twice", BOOKED, BOOKED, (1, 1), (1, 1),
        notice=("duplicate_webhook", 2),
    ),
)  # fmt: skip

ROUTE = "/payment/clover/webhook"
AUTH_CODE = "code-of-the-matrix"


@tagged("post_install", "-at_install")
class TestOutcomeMatrix(CloverCommon, HttpCase):
    """Each case in both modes: the same end, and never a second charge."""

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.ledger = self.env["fusion.operation"].sudo()
        self.inbox = self.env["fusion.event"].sudo()
        self.provider.clover_webhook_auth_code = AUTH_CODE
        self.notices = Receiver()
        self.addCleanup(self.notices.close)

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
                self._set_up(case, transaction, source)
                carry_out(transaction, source)
                first = case.queued_first if queued and case.queued_first else case.first
                self._lost_call = case.may_not_arrive
                self._assert_left(transaction, first, case.calls[0], case.effects[0])
                self._assert_trail(transaction, case.attempts[0], case)
                self._hear_the_notices(case)
                if first[0] in ("unknown", "ready"):
                    self._put_right(case)
                    for _turn in range(3):
                        self._let_the_completer_work(transaction)
                last = BOOKED if queued and case.queued_first else case.last
                recovered = bool(queued and case.queued_first)
                self._assert_left(
                    transaction, last, case.calls[1] + recovered, case.effects[1] + recovered
                )
                attempts = case.attempts[1] + recovered
                self._assert_trail(transaction, attempts, case)
                self._assert_books(transaction, paid=last == BOOKED, held=case.review)
                self._assert_heard(case)

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
        self.inbox.search([]).unlink()

    def _set_up(self, case, transaction, source):
        if case.fault:
            fault = dict(case.fault)
            self.simulator.fault(fault.pop("name"), **({"delay_s": 0} | fault))
        if case.notice:
            self._listen(case.notice[0])
        if case.setup == "wrong credentials":
            self.provider.clover_api_key = "wrong"
        elif case.setup == "no credentials":
            self.provider.clover_api_key = False
        elif case.setup == "used token":
            self._use_up(source)
        elif case.setup == "unreachable":
            self._set_origin("http://127.0.0.1:9")
        elif case.setup == "area denied":
            self.simulator.post("config", {"denied_areas": ["ecommerce"]})
        elif case.setup == "another amount":
            self.simulator.post("config", {"captured_difference": 1})
        elif case.setup == "key conflict":
            self._use_the_key(transaction, source)

    def _put_right(self, case):
        if case.setup == "unreachable":
            self._set_origin(self.origin)

    def _use_up(self, source):
        """Spend the token elsewhere; what that leaves at Clover is none of ours."""
        self._perform(self._new_transaction(), source)

    def _use_the_key(self, transaction, source):
        """Charge another amount under the very key; that must not be taken for ours."""
        intent = transaction._clover_charge_intent(source, entry_mode="moto")
        requests.post(
            f"{self.origin}/v1/charges",
            headers={
                "Authorization": "Bearer sim-ecommerce-private-key",
                "Idempotency-Key": intent.idempotency_key,
                "User-Agent": "FusionTests/1",
            },
            json={"amount": 999, "currency": "cad", "source": self._source()},
            timeout=10,
        ).raise_for_status()

    def _listen(self, fault):
        """Have Clover send its notices here, with a fault on the next one."""
        self.arrived = queue.Queue()
        self.notices.answers.clear()
        self.notices.will_answer(*[lambda body: self.arrived.put(body) or 200] * 10)
        self.simulator.post(
            "config",
            {
                "webhook_url": self.notices.url,
                "webhook_auth_code": AUTH_CODE,
                "webhook_reorder_s": 0.05,
            },
        )
        self.simulator.fault(fault, path="*")

    def _hear_the_notices(self, case):
        """Pass on what arrived, in its order, and let the inbox work on it."""
        if not case.notice:
            return
        for _arrival in range(case.notice[1]):
            body = json.dumps(self.arrived.get(timeout=20))
            headers = {"Content-Type": "application/json", "X-Clover-Auth": AUTH_CODE}
            self.env.flush_all()
            self.assertEqual(self.url_open(ROUTE, data=body, headers=headers).status_code, 200)
        self._work_on_the_inbox()

    def _work_on_the_inbox(self):
        self.env.invalidate_all()
        self.inbox.search([("state", "=", "received")]).next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.inbox._queue_work(threads=1)
        self.env.invalidate_all()

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

    def _assert_trail(self, transaction, attempts, case):
        operation = self._operation(transaction)
        self.assertEqual(len(operation.attempt_ids), attempts)
        self.assertNotIn(False, operation.attempt_ids.mapped("outcome"))
        self.assertEqual(bool(operation.review_reason), case.review)
        self.assertEqual(len(operation.activity_ids), int(case.review))

    def _assert_heard(self, case):
        if not case.notice:
            return
        self._work_on_the_inbox()
        # A notice tells of the payment and of its order; what comes again is the same event.
        events = self.inbox.search([])
        arrivals = case.notice[1]
        self.assertEqual(len(set(events.mapped("event_key"))), len(events))
        self.assertEqual(set(events.mapped("arrival_count")), {arrivals} if arrivals else set())
        self.assertLessEqual(set(events.mapped("state")), {"processed", "ignored"})

    def _assert_books(self, transaction, *, paid, held):
        move = transaction.invoice_ids
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "=", transaction.id)]
        )
        self.assertEqual(len(payments), int(paid))
        self.assertEqual(move.amount_residual, 0 if paid else 20.0)
        self.assertEqual(bool(move.fusion_payment_notice), held)
