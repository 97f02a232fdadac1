from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..common import DECLINED, CloverCommon


@tagged("post_install", "-at_install")
class TestCollectWizard(CloverCommon):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())

    def _open(self, move=None, user=None):
        action = (move or self.move).with_user(user or self.clerk).action_clover_collect_payment()
        self.assertEqual(action["target"], "new")
        wizards = self.env["clover.payment.wizard"].with_user(user or self.clerk)
        return wizards.browse(action["res_id"])

    def _pay(self, wizard, number=None):
        source = self._source(number) if number else self._source()
        wizard.clover_prepare()
        status = wizard.clover_charge(source)
        self.env.invalidate_all()
        return status

    def test_a_collector_with_no_other_right_takes_a_payment(self):
        wizard = self._open()
        self.assertEqual(wizard.amount, 113.0)
        status = self._pay(wizard)
        self.assertEqual(status["state"], "approved")
        self.assertIn("4242", status["message"])
        self.assertEqual(self.move.amount_residual, 0)
        self.assertTrue(
            self.move.message_ids.filtered(lambda message: "confirmed" in message.body)
        )

    def test_a_part_of_the_amount_can_be_collected(self):
        wizard = self._open()
        wizard.amount = 50.0
        self._pay(wizard)
        self.assertEqual(self.move.payment_state, "partial")
        self.assertEqual(self.move.amount_residual, 63.0)
        self.assertEqual(self._open().amount, 63.0)

    def test_more_than_is_due_is_refused_in_words(self):
        wizard = self._open()
        wizard.amount = 113.01
        with self.assertRaisesRegex(ValidationError, "113.00"):
            wizard.clover_prepare()
        wizard.amount = 0
        with self.assertRaisesRegex(ValidationError, "greater than zero"):
            wizard.clover_prepare()
        self.assertFalse(wizard.transaction_id)

    def test_a_double_click_prepares_one_transaction(self):
        wizard = self._open()
        self.assertEqual(wizard.clover_prepare(), wizard.clover_prepare())
        self.assertEqual(len(self.move.transaction_ids), 1)

    def test_after_a_decline_the_next_card_is_a_new_intent(self):
        wizard = self._open()
        status = self._pay(wizard, DECLINED)
        self.assertEqual(status["state"], "declined")
        self.assertIn("declined", status["message"])
        status = self._pay(wizard)
        self.assertEqual(status["state"], "approved")
        self.assertEqual(len(self._charges()), 1)
        keys = self.env["fusion.operation"].sudo().search([
            ("reference", "in", self.move.transaction_ids.mapped("reference"))
        ]).mapped("idempotency_key")
        self.assertEqual(len(set(keys)), 2)

    def test_while_the_outcome_is_unknown_nobody_collects_again(self):
        wizard, second = self._open(), self._open()
        self.simulator.fault("timeout_after", delay_s=0)
        status = self._pay(wizard)
        self.assertEqual(status["state"], "checking")
        self.assertIn("Do not charge again", status["message"])
        with self.assertRaisesRegex(UserError, "Do not charge again"):
            self._open()
        second.amount = 113.0
        with self.assertRaises(UserError):
            self._pay(second)
        self.assertEqual(len(self._charges()), 1)

    def test_the_dialog_resolves_an_unknown_outcome_by_itself(self):
        wizard = self._open()
        self.simulator.fault("timeout_after", delay_s=0)
        self._pay(wizard)
        operation = self.env["fusion.operation"].sudo().search(
            [("reference", "=", wizard.transaction_id.sudo().reference)]
        )
        operation.next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.assertEqual(wizard.clover_status()["state"], "approved")

    def test_an_invoice_that_was_paid_meanwhile_is_not_charged(self):
        wizard = self._open()
        source = self._source()
        wizard.clover_prepare()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.move.ids
        ).create({})._create_payments()
        with self.assertRaisesRegex(UserError, "paid in the meantime"):
            wizard.clover_charge(source)
        self.assertEqual(self.simulator.requests("/v1/charges"), [])
        self.env.invalidate_all()
        self.assertFalse(self.move.fusion_payment_notice)

    def test_the_same_dialog_charges_once_what_kept_it_from_charging_is_gone(self):
        wizard = self._open()
        wizard.clover_prepare()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.move.ids
        )
        payment = register.create({})._create_payments()
        with self.assertRaisesRegex(UserError, "paid in the meantime"):
            wizard.clover_charge(self._source())
        payment.action_draft()
        payment.action_cancel()
        self.env.flush_all()
        self.assertEqual(self._pay(wizard)["state"], "approved")
        self.assertEqual(len(self._charges()), 1)

    def test_currencies_that_clover_does_not_take_are_refused(self):
        move = self.init_invoice(
            "out_invoice",
            partner=self.partner_a,
            amounts=[20.0],
            taxes=[],
            post=True,
            currency=self.currency_euro,
        )
        with self.assertRaisesRegex(UserError, "EUR"):
            self._open(move).clover_prepare()

    def test_without_the_group_nothing_opens(self):
        user = new_test_user(
            self.env, login="clover_billing", groups="account.group_account_invoice"
        )
        with self.assertRaises(AccessError):
            self._open(user=user)

    def test_a_colleagues_dialog_is_out_of_reach(self):
        wizard = self._open()
        colleague = new_test_user(
            self.env,
            login="clover_colleague",
            groups="fusion_payment_common.group_fusion_collector",
            company_id=self.env.company.id,
            company_ids=self.env.company.ids,
        )
        with self.assertRaises(AccessError):
            wizard.with_user(colleague).clover_prepare()

    def test_an_invoice_of_another_company_is_out_of_reach(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = new_test_user(
            self.env,
            login="clover_stranger",
            groups="fusion_payment_common.group_fusion_collector",
            company_id=other.id,
            company_ids=other.ids,
        )
        with self.assertRaises(AccessError):
            self._open(user=stranger)

    def test_the_button_needs_something_to_collect_and_a_provider(self):
        self.assertTrue(self.move.with_user(self.clerk).clover_can_collect)
        self.provider.state = "disabled"
        self.env.invalidate_all()
        self.assertFalse(self.move.with_user(self.clerk).clover_can_collect)
        with self.assertRaisesRegex(UserError, "Nothing can be collected"):
            self._open()

    def test_the_card_form_gets_no_secret(self):
        config = self._open().clover_form_config()
        self.assertEqual(
            set(config),
            {"sdk_url", "api_access_key", "merchant_id", "locale", "show_notices", "may_quote"},
        )
        self.assertNotIn("sim-ecommerce-private-key", str(config))

    def test_there_is_no_field_for_a_card(self):
        names = set(self.env["clover.payment.wizard"]._fields)
        self.assertFalse({name for name in names if "card" in name or "cvv" in name})
