from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestCollectOrder(CollectCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._new_order()

    def _invoice(self, order=None):
        order = order or self.order
        if order.state != "sale":
            order.action_confirm()
        move = order._create_invoices()
        move.action_post()
        return move

    def test_the_whole_order_is_collected_and_the_invoice_made_later_is_paid_by_it(self):
        wizard = self._open(self.order)
        self.assertEqual((wizard.amount_due, wizard.amount), (200.0, 200.0))
        self.assertFalse(self.order.clover_has_sandbox_payment)
        self.assertEqual(wizard.partner_id, self.order.partner_invoice_id)
        self.assertEqual(self._pay(wizard)["state"], "approved")
        (charge,) = self._charges()
        self.assertEqual((charge["amount"], charge["currency"]), (20000, "CAD"))
        self.assertEqual(self.order.state, "sale")
        self.assertTrue(self.order.with_user(self.clerk).clover_has_sandbox_payment)
        self.assertFalse(self.order.with_user(self.clerk).clover_can_collect)
        move = self._invoice()
        self.assertEqual((move.amount_total, move.amount_residual), (200.0, 0.0))
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertEqual(len(self._charges()), 1)

    def test_a_deposit_confirms_the_quotation_and_is_taken_off_the_invoice(self):
        order = self._new_order(require_payment=True, prepayment_percent=0.3)
        wizard = self._open(order)
        self.assertEqual((wizard.deposit_due, wizard.share, wizard.amount), (60.0, "deposit", 60.0))
        self._pay(wizard)
        self.assertEqual(order.state, "sale")
        wizard = self._open(order)
        self.assertEqual((wizard.deposit_due, wizard.share, wizard.amount), (0.0, "all", 140.0))
        move = self._invoice(order)
        self.assertEqual(move.amount_residual, 140.0)
        self.assertFalse(order.with_user(self.clerk).clover_can_collect)
        self.assertTrue(move.with_user(self.clerk).clover_can_collect)
        self._pay(self._open(move))
        self.assertEqual(move.amount_residual, 0.0)
        self.assertEqual([one["amount"] for one in self._charges()], [6000, 14000])

    def test_the_clerk_chooses_the_whole_amount_instead_of_the_deposit(self):
        order = self._new_order(require_payment=True, prepayment_percent=0.3)
        wizard = self._open(order)
        wizard.share = "all"
        self.assertEqual(wizard.amount, 200.0)

    def test_a_payment_that_came_while_the_invoice_was_a_draft_settles_it(self):
        self.order.action_confirm()
        move = self.order._create_invoices()
        self._pay(self._open(self.order))
        self.assertEqual(move.transaction_ids.ids, [])
        move.action_post()
        self.assertEqual(move.amount_residual, 0.0)

    def test_a_captured_authorization_of_an_order_settles_its_invoice(self):
        self.provider.capture_manually = True
        self.assertEqual(self._pay(self._open(self.order))["state"], "approved")
        transaction = self.order.transaction_ids
        self.assertEqual(transaction.state, "authorized")
        self.assertFalse(self.order.with_user(self.clerk).clover_can_collect)
        capture = self.env["payment.capture.wizard"].with_context(active_ids=transaction.ids)
        capture.create({"amount_to_capture": 200.0}).action_capture()
        # Test cursors drop what is to be done after the commit: the completer does it.
        operation = transaction.child_transaction_ids.fusion_operation_ids
        self.env["fusion.operation"].sudo()._settle(operation.id)
        self.env.invalidate_all()
        self.assertEqual(transaction.child_transaction_ids.payment_id.amount, 200.0)
        move = self._invoice()
        self.assertEqual(move.amount_residual, 0.0)
        self.assertFalse(self.order.with_user(self.clerk).clover_can_collect)

    def test_what_was_invoiced_is_collected_on_the_invoice_only(self):
        move = self._invoice()
        with self.assertRaisesRegex(UserError, "What was invoiced is collected on the invoice"):
            self._open(self.order)
        self.assertEqual(self._open(move).amount, 200.0)

    def test_more_than_is_due_on_the_order_is_refused(self):
        wizard = self._open(self.order)
        wizard.amount = 200.01
        with self.assertRaisesRegex(ValidationError, "200.00"):
            wizard.clover_prepare()
        self.assertFalse(self.order.transaction_ids)

    def test_two_clerks_with_a_dialog_each_collect_once(self):
        first, second = self._open(self.order), self._open(self.order)
        source = self._source()
        second.clover_prepare()
        self._pay(first)
        with self.assertRaisesRegex(UserError, "paid in the meantime"):
            second.clover_charge(source)
        self.assertEqual(len(self._charges()), 1)

    def test_while_it_is_being_checked_neither_order_nor_invoice_can_be_charged(self):
        move = self._invoice()
        wizard = self._open(move)
        wizard.clover_prepare()
        source = self._source()
        # A payment of the order that began before the invoice was posted.
        self.env["fusion.operation"].sudo().create(
            {
                "kind": "charge",
                "idempotency_key": "held-order",
                "fingerprint": "0",
                "state": "unknown",
                "provider_code": "clover",
                "handler": "payment.transaction",
                "reference": self.order.name,
                "company_id": self.order.company_id.id,
                "hold_ids": [
                    Command.create({"res_model": "sale.order", "res_id": self.order.id})
                ],
            }
        )
        self.env.invalidate_all()
        self.assertIn("Do not charge again", self.order.fusion_payment_notice)
        with self.assertRaisesRegex(UserError, "Do not charge again"):
            self._open(self.order)
        with self.assertRaisesRegex(UserError, "Do not charge again"):
            wizard.clover_charge(source)
        self.assertEqual(self.simulator.requests("/v1/charges"), [])

    def test_an_unknown_outcome_holds_the_order_and_is_found_out(self):
        wizard = self._open(self.order)
        self.simulator.fault("timeout_after", delay_s=0)
        self.assertEqual(self._pay(wizard)["state"], "checking")
        with self.assertRaisesRegex(UserError, "Do not charge again"):
            self._open(self.order)
        operation = self.env["fusion.operation"].sudo().search(
            [("reference", "=", wizard.transaction_id.sudo().reference)]
        )
        operation.next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.assertEqual(wizard.clover_status()["state"], "approved")
        self.env.invalidate_all()
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(len(self._charges()), 1)

    def test_a_cancelled_order_and_a_disabled_provider_offer_nothing(self):
        self.assertTrue(self.order.with_user(self.clerk).clover_can_collect)
        self.order._action_cancel()
        self.assertFalse(self.order.with_user(self.clerk).clover_can_collect)
        other = self._new_order()
        self.provider.state = "disabled"
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Nothing can be collected"):
            self._open(other)

    def test_orders_of_another_company_are_out_of_reach(self):
        company = self.env["res.company"].create({"name": "Other Company"})
        stranger = new_test_user(
            self.env,
            login="clover_order_stranger",
            groups="fusion_payment_common.group_fusion_collector",
            company_id=company.id,
            company_ids=company.ids,
        )
        with self.assertRaises(AccessError):
            self._open(self.order, user=stranger)

    def test_without_the_group_no_dialog_opens(self):
        seller = new_test_user(
            self.env, login="clover_seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        with self.assertRaises(AccessError):
            self._open(self.order, user=seller)
