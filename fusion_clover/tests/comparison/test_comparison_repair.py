from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.comparison.clover_comparison_repair import REPAIRS
from .comparison_common import ComparisonCommon

OUTSIDE = "odoo.addons.fusion_clover.models.inbound.payment_transaction_reading"


@tagged("post_install", "-at_install")
class TestComparisonRepair(ComparisonCommon):
    """What is called repaired is in the books, and what cannot be repaired says why."""

    def test_every_class_has_its_repair(self):
        differences = self.env["clover.comparison.difference"]
        self.assertEqual(set(REPAIRS), set(differences._fields["kind"].get_values(self.env)))
        for method in REPAIRS.values():
            self.assertTrue(hasattr(differences, method), method)

    def test_a_refund_that_failed_is_not_booked_by_anybody(self):
        for status in ("FAIL", "PENDING", "VOIDED"):
            self._dashboard("refund", payment=self.charge_id, amount=1000, status=status)
        self._hear(f"P:{self.charge_id}")
        self.assertFalse(self.transaction.child_transaction_ids)
        self.assertEqual(self._found(self._compared()), {})

    def test_a_refund_that_was_booked_although_it_failed_leaves_the_books(self):
        refund = self._dashboard("refund", payment=self.charge_id, amount=1000, status="FAIL")
        child = self.transaction._create_child_transaction(
            10.0, is_refund=True, provider_reference=refund["refund"]
        )
        child._set_done()
        child._post_process()
        one = self._compared()
        self.assertEqual(self._found(one), {"state": [10.0]})
        self._repair_all(one)
        self.assertEqual((child.state, child.payment_id.state), ("cancel", "canceled"))
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self._found(self._compared()), {})

    def test_a_credit_given_at_a_terminal_is_no_difference_and_stays_in_the_books(self):
        credit = self._credit(20.0)
        self.assertEqual(self._found(self._compared()), {})
        # One that was reported before credits were known for what they are.
        found = self._compared().sudo().difference_ids.create(
            {
                "comparison_id": self._compared().id,
                "kind": "odoo_only",
                "transaction_id": credit.id,
                "payment_ref": self.charge_id,
            }
        )
        with self.assertRaisesRegex(UserError, "terminal"):
            found.with_user(self.manager).sudo(False).action_repair()
        self.assertEqual(credit.state, "done")

    def test_a_refund_of_a_payment_entered_by_hand_is_left_to_whoever_entered_it(self):
        entered, unmatched = self._matched_by_hand()
        self._dashboard("refund", payment=unmatched.payment_ref, amount=1000)
        self._hear(f"P:{unmatched.payment_ref}", moment=1700000000005)
        self.assertEqual(entered.activity_ids.summary, "Refunded at Clover")
        self.assertEqual(entered.activity_ids.user_id, self.manager)
        one = self._compared()
        self.assertEqual(self._found(one), {"refund_missing": [-10.0]})
        with self.assertRaisesRegex(UserError, "by hand"):
            self._repair_all(one)
        self.assertEqual(one.difference_ids.state, "open")
        # Heard of once more: one activity is enough.
        self._hear(f"P:{unmatched.payment_ref}", moment=1700000000006)
        self.assertEqual(len(entered.activity_ids), 1)

    def test_a_payment_that_was_matched_and_is_cancelled_is_not_repaired(self):
        entered, _unmatched = self._matched_by_hand()
        self.assertEqual(self._found(self._compared()), {})
        entered.action_draft()
        entered.action_cancel()
        one = self._compared()
        self.assertEqual(self._found(one), {"clover_only": [50.0]})
        with self.assertRaisesRegex(UserError, "not in the books"):
            self._repair_all(one)
        self.assertEqual(one.difference_ids.state, "open")

    @mute_logger(OUTSIDE)
    def test_what_a_person_has_to_look_at_is_not_repaired(self):
        self._by_sql("payment_transaction", self.transaction, state="error", payment_id=None)
        self._by_sql("payment_transaction", self.transaction, amount=100.0)
        one = self._compared()
        self.assertEqual(self._found(one), {"state": [113.0]})
        with self.assertRaisesRegex(UserError, "11300"):
            self._repair_all(one)
        self.assertEqual(one.difference_ids.state, "open")

    def test_a_payment_entered_by_hand_that_clover_never_had(self):
        entered = self._enter(25.0)
        other_method = self._enter(30.0, method="manual")
        one = self._compared()
        self.assertEqual(self._found(one), {"odoo_only": [-25.0]})
        self.assertIn(entered.name, one.difference_ids.evidence)
        self.assertEqual(one.gap, -25.0)
        # Not the last entry of its journal: it keeps its number.
        name = entered.move_id.name
        self._repair_all(one)
        self.assertEqual((entered.state, other_method.state), ("canceled", "in_process"))
        self.assertEqual((entered.move_id.name, entered.move_id.state), (name, "cancel"))
        self.assertEqual(self._found(self._compared()), {})

    def test_a_payment_entered_by_hand_that_clover_may_have_is_matched_not_cancelled(self):
        entered = self._enter(50.0)
        unmatched = self._outside()
        one = self._compared()
        self.assertEqual(self._found(one), {"clover_only": [50.0], "odoo_only": [-50.0]})
        by_hand = one.difference_ids.filtered(lambda found: found.kind == "odoo_only")
        action = by_hand.action_repair()
        self.assertEqual((action["res_model"], action["res_id"]), (unmatched._name, unmatched.id))
        self.assertEqual(entered.state, "in_process")
        unmatched._match(entered)
        self.assertEqual(self._found(self._compared()), {})

    def test_one_that_cannot_be_repaired_does_not_keep_the_others(self):
        ghosts = [self._book_by_hand(f"GHOST0000000{number}", 25.0) for number in range(3)]
        self._reconcile_with_statement(ghosts[1].payment_id)
        one = self._compared()
        self.assertEqual(self._found(one), {"odoo_only": [-25.0] * 3})
        told = self._repair_all(one)["params"]["message"]
        self.assertIn("2 repaired, 1 not", told)
        self.assertIn("bank statement", told)
        self.assertEqual([ghost.state for ghost in ghosts], ["cancel", "done", "cancel"])
        self.assertTrue(ghosts[1].payment_id.reconciled_statement_line_ids)
        self.assertEqual(self._found(self._compared()), {"odoo_only": [-25.0]})

    def test_a_surcharge_that_was_booked_wrongly_is_booked_anew(self):
        self.simulator.post("config", {"surcharge": True})
        added = self._dashboard("payment", amount=2000)
        self.simulator.post("config", {"surcharge": False})
        transaction = self._book_by_hand(added["id"], 20.0)
        transaction._clover_rebook(2010, surcharge=10)
        wrong = transaction.fusion_surcharge_move_id
        self.assertEqual((wrong.state, wrong.amount_total), ("posted", 0.10))
        transaction._clover_rebook(2048, surcharge=48)
        self.assertEqual(wrong.state, "cancel")
        self.assertEqual(transaction.fusion_surcharge_move_id.amount_total, 0.48)
        self.assertEqual(self._found(self._compared()), {})

    # === helpers ===

    def _credit(self, amount):
        """Money given at a terminal, booked."""
        child = self.transaction._create_child_transaction(
            amount, is_refund=True, provider_reference="CREDIT0000001"
        )
        self.env["fusion.operation"].sudo().create(
            {
                "kind": "terminal_credit",
                "state": "succeeded",
                "reference": child.reference,
                "provider_code": "clover",
                "idempotency_key": "a-credit",
                "fingerprint": "a-credit",
                "handler": "payment.transaction",
                "company_id": self.env.company.id,
                "provider_reference": "CREDIT0000001",
            }
        )
        child._set_done()
        child._post_process()
        return child

    def _matched_by_hand(self):
        unmatched = self._outside()
        entered = self._enter(50.0)
        unmatched._match(entered)
        return entered, unmatched

    def _enter(self, amount, method="clover"):
        """A payment of the provider's journal that somebody entered."""
        journal = self.provider.journal_id
        line = journal.inbound_payment_method_line_ids.filtered(lambda one: one.code == method)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_a.id,
                "amount": amount,
                "currency_id": self.currency.id,
                "journal_id": journal.id,
                "payment_method_line_id": line[:1].id,
            }
        )
        payment.action_post()
        return payment

    def _reconcile_with_statement(self, payment):
        """Find the payment on a bank statement."""
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": payment.journal_id.id,
                "date": payment.date,
                "payment_ref": payment.name,
                "amount": payment.amount,
                "foreign_currency_id": payment.currency_id.id,
                "amount_currency": payment.amount,
            }
        )
        outstanding = payment.move_id.line_ids.filtered(
            lambda one: one.account_id == payment.outstanding_account_id
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.account_id = outstanding.account_id
        (suspense + outstanding).reconcile()
