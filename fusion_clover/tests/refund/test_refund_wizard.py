from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .refund_common import REFUNDS, RefundCommon


@tagged("post_install", "-at_install")
class TestRefundWizard(RefundCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cashier = new_test_user(
            cls.env,
            login="clover_cashier",
            groups="fusion_payment_common.group_fusion_refunder",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )

    def _note(self, amount=None):
        """Return a posted credit note of the invoice."""
        note = self.move._clover_new_note()
        if amount:
            note.invoice_line_ids.price_unit = amount
        note.action_post()
        return note

    def _open(self, document, user=None):
        action = document.with_user(user or self.cashier).action_clover_refund()
        self.assertEqual(action["res_model"], "clover.refund.wizard")
        return self.env["clover.refund.wizard"].with_user(user or self.cashier).browse(
            action["res_id"]
        )

    def test_a_credit_note_is_given_back_and_closed_by_the_refund(self):
        note = self._note(40.0)
        wizard = self._open(note)
        self.assertEqual((wizard.amount, wizard.amount_left), (40.0, 113.0))
        self.assertIn("goes back to", wizard.what_happens)
        self.assertIn("4242", wizard.what_happens)
        self.assertIn("Only a whole payment can be voided", wizard.closed_ways)
        action = wizard.action_refund()
        self._commit()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(self._refunded_at_clover(), [4000])
        refund = self.transaction.child_transaction_ids
        self.assertEqual(refund.invoice_ids, note)
        self.assertEqual(note.amount_residual, 0)
        self.assertIn(note.payment_state, ("paid", "in_payment"))
        self.assertIn(self.move.payment_state, ("paid", "in_payment"))
        self.assertEqual(refund.payment_id.reconciled_invoice_ids, note)
        self.assertFalse(note.clover_can_refund)
        self.assertEqual(self._sent()[0]["body"]["reason"], "requested_by_customer")

    def test_the_whole_of_the_same_day_is_announced_as_a_void(self):
        wizard = self._open(self._note())
        self.assertIn("taken back before it is settled", wizard.what_happens)
        self.assertFalse(wizard.closed_ways)
        action = wizard.action_refund()
        self.assertIn("voided", action["params"]["message"])

    def test_no_more_than_the_credit_note_goes_back(self):
        wizard = self._open(self._note(40.0))
        wizard.amount = 40.01
        with self.assertRaisesRegex(ValidationError, "40.00"):
            wizard.action_refund()
        self.assertEqual(self._sent(), [])
        self.assertFalse(self.transaction.child_transaction_ids)

    def test_no_more_than_the_credit_note_goes_back_behind_the_dialog_either(self):
        note = self._note(40.0)
        child = self.transaction._clover_refund_for(50.0, note)
        self.assertEqual(child.state, "error")
        self.assertIn(note.name, child.state_message)
        self.assertFalse(self._operations())
        self.assertEqual(self._sent(), [])

    def test_no_more_goes_back_for_a_credit_note_while_a_refund_of_it_is_checked(self):
        note = self._note(40.0)
        self.simulator.fault("reset_after", path=REFUNDS)
        action = self._open(note).action_refund()
        self._commit()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertTrue(note.fusion_payment_notice)
        self.assertFalse(note.clover_can_refund)
        with self.assertRaises(UserError):
            note.with_user(self.cashier).action_clover_refund()
        child = self.transaction._clover_refund_for(40.0, note)
        self.assertEqual(child.state, "error")
        self.assertEqual(len(self._sent()), 1)
        self._complete()
        self.assertEqual(note.amount_residual, 0)
        self.assertEqual(self._refunded_at_clover(), [4000])

    def test_the_dialog_counts_what_was_given_back_in_clovers_dashboard(self):
        self._refund_in_dashboard(10000)
        wizard = self._open(self._note(40.0))
        self.assertEqual((wizard.amount, wizard.amount_left), (13.0, 13.0))
        wizard.amount = 13.01
        self.assertFalse(wizard.is_open)
        self.assertIn("13.00", wizard.what_happens)
        with self.assertRaises(ValidationError):
            wizard.action_refund()
        self.assertEqual(len(self._sent()), 1, "only the one made in the dashboard")

    def test_an_old_payment_is_closed_with_the_reason_and_the_limit_is_a_setting(self):
        wizard = self._open(self._note(40.0))
        wizard.facts = {**wizard.facts, "age_days": 200}
        self.assertFalse(wizard.is_open)
        self.assertIn("200 days old", wizard.what_happens)
        self.assertIn("terminal", wizard.closed_ways)
        with self.assertRaises(ValidationError):
            wizard.action_refund()
        self.assertEqual(self._sent(), [])
        settings = self.env["res.config.settings"].create({"clover_refund_age_limit_days": 365})
        settings.execute()
        wizard.invalidate_recordset()
        self.assertTrue(wizard.is_open)

    def test_the_age_limit_holds_behind_the_dialog_too(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("fusion_clover.refund_age_limit_days", "5")
        facts = self.transaction._clover_refund_facts()
        too_old = type(facts)(**{**facts.to_dict(), "age_days": 6})
        with self.assertRaisesRegex(ValidationError, "6 days old"):
            self.transaction._clover_check_route(too_old, 10.0)

    def test_a_payment_that_clover_does_not_know_is_closed(self):
        self.transaction.provider_reference = "AAAAAAAAAAAAA"
        wizard = self._open(self._note(40.0))
        self.assertFalse(wizard.is_open)
        self.assertIn("does not know", wizard.what_happens)

    def test_one_dialog_refunds_once(self):
        wizard = self._open(self.transaction)
        wizard.amount = 10.0
        wizard.action_refund()
        self._commit()
        with self.assertRaisesRegex(UserError, "sent already"):
            wizard.action_refund()
        self.assertEqual(self._refunded_at_clover(), [1000])

    def test_a_paid_invoice_gets_its_credit_note_first(self):
        action = self.move.with_user(self.refunder).action_clover_refund()
        note = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((note.move_type, note.state), ("out_refund", "draft"))
        self.assertEqual(note.reversed_entry_id, self.move)
        again = self.move.with_user(self.refunder).action_clover_refund()
        self.assertEqual(again["res_id"], note.id, "a second click makes no second note")
        note.action_post()
        wizard = self._open(self.move, self.refunder)
        self.assertEqual((wizard.move_id, wizard.amount), (note, 113.0))
        self.assertEqual(self._sent(), [])

    def test_only_refunders_open_the_dialog(self):
        note = self._note(40.0)
        for document in (note, self.move, self.transaction):
            with self.subTest(document=document), self.assertRaises(AccessError):
                document.with_user(self.clerk).action_clover_refund()
        with self.assertRaises(AccessError):
            self.env["clover.refund.wizard"].with_user(self.clerk).create(
                {"transaction_id": self.transaction.id, "facts": {}}
            )
        self.assertEqual(self._sent(), [])

    def test_another_companys_payment_is_not_given_back(self):
        dialog = self._open(self.transaction)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="clover_stranger",
            groups="fusion_payment_common.group_fusion_refunder",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        transaction = self.transaction.with_user(stranger)
        with self.assertRaises(AccessError):
            transaction.action_clover_refund()
        with self.assertRaises(AccessError):
            transaction.action_clover_void()
        own = self.env["clover.refund.wizard"].with_user(stranger).create(
            {"transaction_id": self.transaction.id, "facts": dialog.facts, "amount": 113.0}
        )
        with self.assertRaises(AccessError):
            own.action_refund()
        self.assertEqual(self._sent(), [])

    def test_a_credit_note_is_not_given_back_of_another_invoices_payment(self):
        note = self._note(40.0)
        other = self._paid(self._new_invoice(50.0))
        dialog = self._open(other)
        dialog.move_id = note
        with self.assertRaisesRegex(UserError, "can go back to this card"):
            dialog.action_refund()
        self.assertEqual(self._sent(), [])

    def test_an_unpaid_invoice_has_nothing_to_give_back(self):
        move = self._new_invoice(20.0)
        self.assertFalse(move.clover_can_refund)
        with self.assertRaises(UserError):
            move.with_user(self.cashier).action_clover_refund()

    def test_a_transaction_is_given_back_without_a_credit_note(self):
        wizard = self._open(self.transaction)
        self.assertFalse(wizard.move_id)
        wizard.amount = 13.0
        wizard.action_refund()
        self._commit()
        self.assertEqual(self._refunded_at_clover(), [1300])
        self.assertEqual(self._open(self.transaction).amount, 100.0)

    def test_the_form_says_what_will_happen_as_the_amount_is_typed(self):
        wizard = self._open(self._note())
        with Form(wizard) as form:
            self.assertIn("taken back", form.what_happens)
            form.amount = 10.0
            self.assertIn("goes back", form.what_happens)
