import random

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.ledger import CLOSED_STATES

from .common import APPROVED, DECLINED
from .refund_common import RefundCommon

SEED = 20260719
OPERATIONS = 40

#: One call in five goes wrong: before it is processed, after it, or on its way back.
FAULTS = (
    ("reset_before", {}),
    ("reset_after", {}),
    ("http_500", {"when": "before"}),
    ("http_500", {"when": "after"}),
    ("http_503", {"when": "either"}),
    ("http_429", {"when": "either"}),
    ("truncate", {}),
)


@tagged("post_install", "-at_install")
class TestRefundLedger(RefundCommon):
    """Charges, refunds and voids in any order with faults: both ledgers are the same afterwards."""

    def setUp(self):
        super().setUp()
        self.dice = random.Random(SEED)
        # The payment that the others start from is no part of this.
        self.simulator.post("reset", {"seed": SEED})
        self.simulator.post("faults?replace=1", self._fault_rules())
        self.paid = []
        self.references = []

    def _fault_rules(self):
        share = 0.2 / len(FAULTS)
        return [
            {
                "match": {"method": "POST", "path": path},
                "fault": fault,
                "probability": share,
                **options,
            }
            for path in ("/v1/charges", "/v1/refunds")
            for fault, options in FAULTS
        ]

    def _charge_one(self):
        move = self._new_invoice(round(self.dice.uniform(5.0, 400.0), 2))
        transaction = self._paid(move, DECLINED if self.dice.random() < 0.1 else APPROVED)
        self.references.append(transaction.reference)
        self.paid.append(transaction)

    def _refund_one(self):
        done = [transaction for transaction in self.paid if transaction.state == "done"]
        if not done:
            return
        transaction = self.dice.choice(done)
        left = transaction._clover_left()
        share = self.dice.choice([1.0, 0.5, 0.3, 1.5])
        try:
            child = transaction._clover_refund_for(
                round(max(left, 1.0) * share, 2), self.env["account.move"]
            )
        except UserError:
            return
        self._commit()
        self.references.append(child.reference)

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
            if number % 3 == 0 or self.dice.random() < 0.2:
                self._charge_one()
            else:
                self._refund_one()
            if number == OPERATIONS // 2:
                self.simulator.post("batch/close")
        self._settle_everything()

        ours = self.env["payment.transaction"].search([("reference", "in", self.references)])
        booked = {
            transaction.provider_reference: round(transaction.amount * 100)
            for transaction in ours
            if transaction.state == "done"
        }
        sign = {"charge": 1, "refund": -1}
        moved = {
            effect["id"]: sign[effect["kind"]] * effect["amount"]
            for effect in self.simulator.ledger()
        }
        self.assertEqual(booked, moved)
        self.assertEqual(len(moved), len(self.simulator.ledger()), "every effect once")
        self._check_the_run_was_worth_it(ours, moved)

    def _check_the_run_was_worth_it(self, ours, moved):
        """A run in which nothing went wrong or nothing was given back would prove nothing."""
        operations = self.env["fusion.operation"].sudo().search(
            [("reference", "in", self.references)]
        )
        self.assertLessEqual(set(operations.mapped("state")), set(CLOSED_STATES))
        self.assertFalse(operations.hold_ids)
        self.assertGreater(sum(1 for amount in moved.values() if amount < 0), 6)
        self.assertGreater(len(operations.filtered(lambda op: op.attempt_count > 1)), 3)
        for transaction in ours.filtered(lambda tx: tx.state == "done"):
            self.assertEqual(transaction.payment_id.amount, abs(transaction.amount))
            self.assertIn(transaction.payment_id.state, ("in_process", "paid"))
        for charge in ours.filtered(lambda tx: tx.state == "done" and tx.amount > 0):
            self.assertGreaterEqual(charge._clover_left(), 0)
