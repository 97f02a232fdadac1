from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from .refund_common import REFUNDS, RefundCommon


@tagged("post_install", "-at_install")
class TestCapture(RefundCommon):
    """An authorization of 50.00: captured in whole, in part, or released."""

    def setUp(self):
        super().setUp()
        self.provider.capture_manually = True
        self.held_move = self._new_invoice(50.0)
        self.held = self._paid(self.held_move)
        self.capture_path = f"/v1/charges/{self.held.provider_reference}/capture"

    def _capture(self, amount, held=None, **values):
        wizard = (
            self.env["payment.capture.wizard"]
            .with_context(active_ids=(held or self.held).ids)
            .create({"amount_to_capture": amount, **values})
        )
        wizard.action_capture()
        self._commit()
        return self.held.child_transaction_ids.filtered(lambda tx: tx.state != "cancel")

    def _run_warnings(self):
        self.env.flush_all()
        self.env.ref(
            "fusion_clover.ir_cron_clover_lapsing_authorizations"
        ).method_direct_trigger()
        self.env.invalidate_all()

    def _void(self):
        self.held.with_user(self.refunder).action_void()
        self._commit()
        return self.held.child_transaction_ids

    def test_an_authorization_takes_nothing_and_pays_nothing(self):
        self.assertEqual(self.held.state, "authorized")
        self.assertEqual(len(self._effects("authorize")), 1)
        self.assertEqual(self.held_move.amount_residual, 50.0)
        self.assertFalse(self.held.payment_id)
        self.assertEqual(self.held_move._fusion_amount_due(), 0)

    def test_all_of_it_is_captured_and_booked(self):
        capture = self._capture(50.0)
        effect = self._effects("capture")[0]
        self.assertEqual((effect["amount"], effect["id"]), (5000, self.held.provider_reference))
        self.assertEqual((capture.state, self.held.state), ("done", "done"))
        self.assertEqual(capture.payment_id.amount, 50.0)
        self.assertEqual(self.held_move.amount_residual, 0)

    def test_a_part_is_captured_and_the_rest_let_go_without_a_call(self):
        capture = self._capture(30.0)
        self.assertEqual([effect["amount"] for effect in self._effects("capture")], [3000])
        self.assertEqual(capture.payment_id.amount, 30.0)
        rest = self.held.child_transaction_ids - capture
        self.assertEqual((rest.amount, rest.state), (20.0, "cancel"))
        self.assertEqual(self.held.state, "done")
        self.assertEqual(self._sent(), [])
        self.assertEqual(self.held_move.amount_residual, 20.0)
        self.assertEqual(self.held_move._fusion_amount_due(), 20.0)

    def test_letting_go_of_the_rest_is_done_once_whether_asked_for_or_not(self):
        capture = self._capture(30.0, void_remaining_amount=True)
        rest = self.held.child_transaction_ids - capture
        self.assertEqual(rest.mapped(lambda tx: (tx.amount, tx.state)), [(20.0, "cancel")])
        self.assertEqual(self.held.state, "done")
        self.assertEqual(self._sent(), [])

    def test_capturing_one_of_two_authorizations_leaves_the_other_alone(self):
        other = self._paid(self._new_invoice(50.0))
        self._capture(50.0, self.held + other)
        self.assertEqual(
            sorted((self.held + other).mapped("state")), ["authorized", "done"]
        )
        self.assertEqual(self._sent(), [])
        left = (self.held + other).filtered(lambda tx: tx.state == "authorized")
        self._capture(10.0, left, void_remaining_amount=True)
        self.assertEqual(left.state, "done")
        self.assertEqual(self._sent(), [])

    def test_clover_is_told_from_where_the_shopper_paid(self):
        self.simulator.post("config", {"require_forwarded_for": True})
        self.held.clover_shopper_address = "203.0.113.7"
        self.assertEqual(self._capture(50.0).state, "done")
        (call,) = self._sent(self.capture_path)
        self.assertEqual(call["headers"]["X-Forwarded-For"], "203.0.113.7")

    def test_what_was_captured_is_refunded_and_not_the_authorization(self):
        capture = self._capture(30.0)
        with self.assertRaisesRegex(ValidationError, capture.reference):
            self._refund(10.0, self.held)
        refund = self._refund(10.0, capture)
        self.assertEqual(refund.state, "done")
        self.assertEqual(self._refunded_at_clover(), [1000])
        with self.assertRaisesRegex(ValidationError, "20.00"):
            self._refund(20.01, capture)

    def test_a_lost_capture_is_found(self):
        self.simulator.fault("reset_after", path=self.capture_path)
        capture = self._capture(50.0)
        self.assertEqual((capture.state, self.held.state), ("pending", "authorized"))
        self._complete()
        self.assertEqual((capture.state, self.held.state), ("done", "done"))
        self.assertEqual(len(self._effects("capture")), 1)
        self.assertEqual(len(self._sent(self.capture_path)), 1)

    def test_a_manager_names_the_charge_of_a_capture_that_nobody_knows_of(self):
        """A capture has the id of its authorization, which accounts for another operation."""
        self.simulator.fault("reset_after", path=self.capture_path)
        capture = self._capture(50.0)
        manager = new_test_user(
            self.env,
            "capture_manager",
            groups="base.group_user,fusion_payment_common.group_fusion_manager",
            company_id=self.env.company.id,
            company_ids=self.env.company.ids,
        )
        self.env["fusion.operation.resolution"].with_user(manager).create(
            {
                "operation_id": self._operations(kind="capture").id,
                "verdict": "happened",
                "provider_reference": self.held.provider_reference,
                "note": "Seen on the dashboard.",
            }
        ).action_confirm()
        self._commit()
        self.assertEqual((capture.state, self.held.state), ("done", "done"))
        self.assertEqual(self.held_move.amount_residual, 0)
        self.assertEqual(len(self._effects("capture")), 1)

    def test_a_capture_in_clovers_dashboard_is_not_made_again(self):
        client = self.provider._clover_client()
        client.charges.capture(self.held.provider_reference, None, "dashboard")
        capture = self._capture(50.0)
        self.assertEqual((capture.state, self.held.state), ("done", "done"))
        self.assertEqual(len(self._effects("capture")), 1)

    def test_an_authorization_is_released(self):
        void = self._void()
        self.assertEqual((void.state, self.held.state), ("cancel", "cancel"))
        effect = self._effects("void")[0]
        self.assertEqual((effect["amount"], effect["detail"]["released"]), (0, 5000))
        self.assertFalse(void.payment_id)
        self.assertEqual(self.held_move._fusion_amount_due(), 50.0)
        self.assertEqual(self._operations(kind="void").state, "succeeded")

    def test_a_lost_release_is_found(self):
        self.simulator.fault("reset_after", path=REFUNDS)
        void = self._void()
        self.assertEqual((void.state, self.held.state), ("pending", "authorized"))
        self._complete()
        self.assertEqual((void.state, self.held.state), ("cancel", "cancel"))
        self.assertEqual(len(self._effects("void")), 1)
        self.assertEqual(len(self._sent()), 1)

    def test_a_release_in_clovers_dashboard_is_not_made_again(self):
        self._refund_in_dashboard(5000, self.held.provider_reference)
        void = self._void()
        self.assertEqual((void.state, self.held.state), ("cancel", "cancel"))
        self.assertEqual(len(self._effects("void")), 1)
        self.assertFalse(self._operations(kind="void"))

    def test_nothing_is_released_while_a_capture_is_being_checked(self):
        self.simulator.fault("reset_after", path=self.capture_path)
        self._capture(30.0)
        self.assertEqual(self._sent(), [])
        void = self.held._void(amount_to_void=20.0)
        self.assertEqual(void.state, "error")
        self.assertEqual(self._sent(), [])
        self._complete()
        self.assertEqual([effect["amount"] for effect in self._effects("capture")], [3000])
        self.assertEqual(self.held.state, "done")
        self.assertEqual(self.held_move.amount_residual, 20.0)
        self.assertEqual(self.held_move._fusion_amount_due(), 20.0)

    def test_a_part_of_an_authorization_is_never_voided(self):
        void = self.held._void(amount_to_void=20.0)
        self.assertEqual(void.state, "error")
        self.assertEqual(self._sent(), [])

    def test_somebody_is_told_once_before_an_authorization_lapses(self):
        for brand, days in (("VISA", 7), ("MC", 30), (False, 7)):
            with self.subTest(brand=brand):
                self.held.write({"clover_lapse_warned_at": False, "clover_card_brand": brand})
                self.held_move.activity_ids.unlink()
                self.held.last_state_change = fields.Datetime.now() - timedelta(days=days - 3)
                self._run_warnings()
                self.assertFalse(self.held_move.activity_ids)
                self.held.last_state_change = fields.Datetime.now() - timedelta(days=days - 2)
                self._run_warnings()
                self._run_warnings()
                self.assertEqual(len(self.held_move.activity_ids), 1)
                self.assertIn("50.00", self.held_move.activity_ids.note)
                self.assertIn(self.held.reference, self.held_move.activity_ids.note)

    def test_nobody_is_told_of_what_was_captured(self):
        self._capture(50.0)
        self.held.last_state_change = fields.Datetime.now() - timedelta(days=40)
        self._run_warnings()
        self.assertFalse(self.held_move.activity_ids)
        self.assertFalse(self.held.clover_authorized_until)
