from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common import WexCommon


@tagged("post_install", "-at_install")
class TestPayBills(WexCommon):
    def _wizard(self, bills, user=None):
        action = bills.with_user(user or self.clerk).action_wex_pay()
        model = self.env[action["res_model"]].with_user(user or self.clerk)
        return Form(model.with_context(**action["context"])).save()

    def test_one_bill_is_paid_by_one_card(self):
        wizard = self._wizard(self.bill)
        self.assertEqual((wizard.card_count, wizard.amount), (1, 113.0))
        wizard.action_wex_issue()
        self.assertEqual((wizard.progress, bool(wizard.notice)), (0.0, True))
        self._work()
        self.assertEqual((wizard.progress, wizard.notice), (100.0, False))
        self.assertEqual(self.simulator.moved(), [(wizard.request_ids.reference, 11300)])
        self.assertIn(wizard.request_ids.card_id.last4, self.bill.wex_card_label)

    def test_many_bills_are_paid_by_a_card_each(self):
        bills = self.bill + self._new_bill(20.0) + self._new_bill(30.0)
        wizard = self._wizard(bills)
        wizard.action_wex_issue()
        self._work()
        amounts = sorted(amount for _, amount in self.simulator.moved())
        self.assertEqual(amounts, [2000, 3000, 11300])
        self.assertEqual(wizard.request_ids.move_ids, bills)

    def test_the_bills_of_a_vendor_are_paid_by_one_card(self):
        other = self.env["res.partner"].create({"name": "Other"})
        bills = self.bill + self._new_bill(20.0) + self._new_bill(30.0, vendor=other)
        wizard = self._wizard(bills)
        wizard.grouping = "vendor"
        self.assertEqual(wizard.card_count, 2)
        wizard.action_wex_issue()
        self._work()
        self.assertEqual(sorted(amount for _, amount in self.simulator.moved()), [3000, 13300])

    def test_a_credit_note_is_deducted_on_a_card_for_the_vendor(self):
        credit = self.init_invoice(
            "in_refund", partner=self.vendor, amounts=[13.0], taxes=[], post=True
        )
        wizard = self._wizard(self.bill + credit)
        self.assertTrue(wizard.line_ids.filtered(lambda line: line.move_id == credit).is_blocked)
        wizard.grouping = "vendor"
        self.assertEqual(wizard.amount, 100.0)
        wizard.action_wex_issue()
        self._work()
        self.assertEqual([amount for _, amount in self.simulator.moved()], [10000])

    def test_a_part_of_a_bill_is_paid(self):
        wizard = self._wizard(self.bill)
        with Form(wizard) as form, form.line_ids.edit(0) as line:
            line.amount = 50.0
        wizard.action_wex_issue()
        self._work()
        self.assertEqual([amount for _, amount in self.simulator.moved()], [5000])

    def test_the_clerk_is_told_what_speaks_against_a_bill(self):
        silent = self.env["res.partner"].create({"name": "Silent"})
        foreign = self._new_bill(10.0)
        draft = self.init_invoice("in_invoice", partner=self.vendor, amounts=[5.0], taxes=[])
        silent_bill = self._new_bill(7.0, vendor=silent)
        paid = self._new_bill(3.0)
        self._request(paid).action_submit()
        self.env.ref("base.EUR").active = True
        foreign.button_draft()
        foreign.currency_id = self.env.ref("base.EUR")
        foreign.action_post()
        wizard = self._wizard(foreign + draft + silent_bill + paid)
        advice = {line.move_id: (line.is_blocked, line.advice) for line in wizard.line_ids}
        self.assertEqual(advice[draft], (True, "Not posted."))
        self.assertEqual(advice[silent_bill], (False, "The vendor has no remittance e-mail."))
        self.assertIn("are in", advice[foreign][1])
        self.assertIn("is about to be sent to WEX", advice[paid][1])
        self.assertEqual((wizard.card_count, wizard.amount), (1, 7.0))

    def test_cards_above_the_limit_wait_and_the_others_do_not(self):
        wizard = self._wizard(self.bill + self._new_bill(2000.0))
        self.assertEqual(wizard.approval_count, 1)
        wizard.action_wex_issue()
        self._work()
        self.assertEqual([amount for _, amount in self.simulator.moved()], [11300])
        self.assertEqual(wizard.request_ids.filtered("is_waiting").amount, 2000.0)

    def test_the_same_dialog_asks_once(self):
        wizard = self._wizard(self.bill)
        wizard.action_wex_issue()
        with self.assertRaisesRegex(UserError, "before"):
            wizard.action_wex_issue()
        self.assertEqual(len(wizard.request_ids), 1)

    def test_without_an_account_the_clerk_is_told_who_can_help(self):
        self.account.state = "disabled"
        self.assertFalse(self.bill.wex_can_pay)
        with self.assertRaisesRegex(UserError, "no WEX account"):
            self._wizard(self.bill)
