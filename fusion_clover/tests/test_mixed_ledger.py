import logging
import os
import random
from collections import Counter

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES

from .charge.surcharge_common import CREDIT_CARD, SurchargeCommon
from .common import APPROVED, DECLINED

_logger = logging.getLogger(__name__)

SEED = int(os.environ.get("SEED") or 20260719)
#: How many operations; RUNS in the environment. 500 take some minutes.
OPERATIONS = int(os.environ.get("RUNS") or 30)

#: One call in five goes wrong: before it is processed, after it, or on its way back.
FAULT_SHARE = 0.2
FAULTS = (
    ("reset_before", {}),
    ("reset_after", {}),
    ("http_500", {"when": "before"}),
    ("http_500", {"when": "after"}),
    ("http_503", {"when": "either"}),
    ("http_429", {"when": "either"}),
    ("truncate", {}),
)
PATHS = ("/v1/charges", "^/v1/charges/[^/]+/capture$", "/v1/refunds")
#: What is done, and how often among a hundred.
MIX = {
    "charge": 18,
    "decline": 8,
    "surcharge": 14,
    "saved_card": 14,
    "authorize": 16,
    "give_back": 30,
}


@tagged("post_install", "-at_install")
class TestMixedLedger(SurchargeCommon):
    """All kinds of operations in any order with faults: both ledgers are the same afterwards.

    In the first half Odoo adds surcharges, in the second Clover does.
    """

    def setUp(self):
        super().setUp()
        self.dice = random.Random(SEED)
        # The payment that the others start from is no part of this.
        self.simulator.post("reset", {"seed": SEED})
        self.simulator.post("faults?replace=1", self._fault_rules())
        self.first_id = self.env["payment.transaction"].search([], order="id desc", limit=1).id
        self.done = Counter()
        self.captured = self.env["payment.transaction"]

    def _fault_rules(self):
        share = FAULT_SHARE / len(FAULTS)
        return [
            {
                "match": {"method": "POST", "path": path},
                "fault": fault,
                # Each rule sees only what those before it let pass.
                "probability": share / (1 - number * share),
                **options,
            }
            for path in PATHS
            for number, (fault, options) in enumerate(FAULTS)
        ]

    # --- operations ---

    def _next_invoice(self):
        return self._new_invoice(round(self.dice.uniform(5.0, 400.0), 2))

    def _charge(self):
        self._paid(self._next_invoice(), APPROVED)

    def _decline(self):
        self._paid(self._next_invoice(), DECLINED)

    def _surcharge(self):
        """On a whole invoice or a part of it."""
        move = self._next_invoice()
        share = self.dice.choice((1.0, 1.0, 0.4))
        self._collect(move, CREDIT_CARD, amount=round(move.amount_residual * share, 2))

    def _saved_card(self):
        move = self._next_invoice()
        token = self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "partner_id": self.partner_a.id,
                "provider_ref": self.simulator.source_token(
                    self.provider._clover_get_public_key(), multipay=True
                ),
            }
        )
        transactions, links = self.env["payment.transaction"], [Command.set(move.ids)]
        transactions.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": token.payment_method_id.id,
                "token_id": token.id,
                "operation": "offline",
                "reference": transactions._compute_reference("clover", invoice_ids=links),
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "invoice_ids": links,
            }
        )._charge_with_token()

    def _authorize(self):
        """Hold an amount; then take all or a part of it, or let go of it, or leave it."""
        self.provider.capture_manually = True
        held = self._paid(self._next_invoice(), APPROVED)
        self.provider.capture_manually = False
        if held.state != "authorized":
            return
        next_step = self.dice.choice(("capture", "part", "void", "nothing"))
        if next_step == "void":
            held._void()
        elif next_step != "nothing":
            share = 1.0 if next_step == "capture" else 0.6
            held._capture(amount_to_capture=round(held.amount * share, 2))
            self.captured |= held

    def _give_back(self):
        paid = self._ours().filtered(
            lambda tx: tx.state == "done"
            and tx.operation != "refund"
            and not tx._clover_captures(states=("done",))
        )
        if not paid:
            return
        transaction = self.dice.choice(list(paid))
        left = transaction._clover_left()
        # More than is left is refused, and all of it may become a void.
        share = self.dice.choice([1.0, 0.5, 0.3, 1.5])
        try:
            transaction._clover_refund_for(
                round(max(left, 1.0) * share, 2), self.env["account.move"]
            )
        except UserError:
            return

    # --- the run ---

    def _ours(self):
        domain = [("id", ">", self.first_id), ("provider_code", "=", "clover")]
        return self.env["payment.transaction"].sudo().search(domain)

    def _commit(self):
        """What happens after the caller's commit; cursors of tests drop such hooks."""
        self.env.flush_all()
        operations = self.env["fusion.operation"].sudo()
        for operation in operations.search([("applied_at", "=", False)]):
            operation._settle(operation.id)
        self.env.invalidate_all()

    def _settle_everything(self):
        """Let the completer work until nothing is open any more."""
        for _ in range(40):
            operations = self.env["fusion.operation"].sudo().search(
                [("provider_code", "=", "clover"), ("applied_at", "=", False)]
            )
            if not operations:
                return
            operations.next_attempt_at = "2020-01-01"
            self.env.flush_all()
            operations._complete_due()
            self.env.invalidate_all()
        self.fail(f"still open: {operations.mapped('display_name')}")

    def test_both_ledgers_are_the_same_effect_by_effect(self):
        for number in range(OPERATIONS):
            if number == OPERATIONS // 2:
                self._settle_everything()
                self.simulator.post("batch/close")
                self._clover_adds()
            (kind,) = self.dice.choices(list(MIX), weights=list(MIX.values()))
            getattr(self, f"_{kind}")()
            self._commit()
            self.done[kind] += 1
        self._settle_everything()

        effects = self.simulator.ledger()
        moved = {(row["kind"], row["id"]): row["amount"] for row in effects}
        self.assertEqual(len(moved), len(effects), "every effect once")
        self.assertEqual(self._booked(), moved)
        for held in self.captured:
            if "done" in held.child_transaction_ids.mapped("state"):
                self.assertEqual(held.state, "done", "no rest stays held")
        self._check_the_payments()
        self._check_the_run_was_worth_it(moved)

    def _booked(self):
        """Return what our books say moved at Clover, in minor units, as Clover's ledger has it."""
        booked = {}
        for transaction in self._ours().filtered("provider_reference"):
            reference = transaction.provider_reference
            minor = abs(round(transaction.fusion_card_amount * 100))
            of_hold = transaction.source_transaction_id and transaction.operation != "refund"
            if of_hold and transaction.state == "cancel":
                booked["void", reference] = 0
            elif of_hold and transaction.state == "done":
                booked["capture", reference] = minor
            elif self._was_authorized(transaction):
                booked["authorize", reference] = 0
            elif transaction.state == "done":
                kind = "refund" if transaction.operation == "refund" else "charge"
                booked[kind, reference] = minor
        return booked

    def _was_authorized(self, transaction):
        operations = transaction.sudo().fusion_operation_ids
        return operations.filtered(lambda op: (op.kind, op.state) == ("authorize", "succeeded"))

    def _check_the_payments(self):
        """What moved is what is booked, and the surcharge in it has a document of its own."""
        for transaction in self._ours().filtered(lambda tx: tx.state == "done"):
            if self._was_authorized(transaction):
                self.assertFalse(transaction.payment_id)
                continue
            payment, document = transaction.payment_id, transaction.fusion_surcharge_move_id
            self.assertEqual(payment.amount, abs(transaction.fusion_card_amount))
            self.assertIn(payment.state, ("in_process", "paid"))
            self.assertEqual(document.amount_total, abs(transaction.fusion_surcharge_amount))
            self.assertEqual(document.amount_residual, 0.0)
            if transaction.operation != "refund":
                self.assertGreaterEqual(transaction._clover_left(), 0)

    def _check_the_run_was_worth_it(self, moved):
        """A run in which nothing went wrong or nothing was given back would prove nothing."""
        operations = self.env["fusion.operation"].sudo().search(
            [("reference", "in", self._ours().mapped("reference"))]
        )
        self.assertLessEqual(set(operations.mapped("state")), set(CLOSED_STATES))
        self.assertFalse(operations.hold_ids)
        self.assertFalse(operations.filtered("review_reason"))
        self.assertEqual(set(self.done), set(MIX))
        kinds = Counter(kind for kind, _id in moved)
        self.assertLessEqual({"charge", "authorize", "capture", "refund"}, set(kinds))
        origins = Counter(self._ours().filtered("fusion_surcharge_origin").mapped(
            "fusion_surcharge_origin"
        ))  # fmt: skip
        again = operations.filtered(lambda op: op.attempt_count > 1)
        self.assertGreater(len(again), OPERATIONS // 20)
        figures = {
            "operations": dict(self.done),
            "effects": dict(kinds),
            "moved": sum(moved.values()),
            "surcharges": dict(origins),
            "looked up or repeated": len(again),
        }
        self.assertEqual(set(origins), {"own", "provider"}, figures)
        _logger.info("Both ledgers are the same, seed %s: %s", SEED, figures)
