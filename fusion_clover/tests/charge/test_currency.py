from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestCurrency(CollectCommon):
    """What a merchant cannot take is refused before anything is sent, with the reason."""

    def _move_in(self, name, amount=20.0):
        return self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[amount], taxes=[], post=True,
            currency=self._enable_currency(name),
        )  # fmt: skip

    def _assert_nothing_sent(self):
        self.assertEqual(self.simulator.requests("/v1/charges"), [])

    def test_currencies_with_no_or_three_decimals_are_refused(self):
        for name, amount in (("JPY", 1000.0), ("KWD", 1.234), ("EUR", 20.0)):
            with self.subTest(currency=name):
                move = self._move_in(name, amount)
                with self.assertRaisesRegex(UserError, f"CAD, USD only, .* {name}"):
                    self._open(move)
                self.assertFalse(move.transaction_ids)
        self._assert_nothing_sent()

    def test_a_dollar_that_is_kept_in_tenths_of_cents_here_is_refused(self):
        self.currency.rounding = 0.001
        with self.assertRaisesRegex(UserError, "counts in cents, but CAD has 3 decimals"):
            self._open(self.move)
        self._assert_nothing_sent()

    def test_another_currency_than_the_merchants_is_refused_unless_clover_allows_it(self):
        self.provider.clover_merchant_currency = "CAD"
        move = self._move_in("USD")
        with self.assertRaisesRegex(UserError, "takes CAD only, this payment is in USD"):
            self._open(move)
        self._assert_nothing_sent()
        self.simulator.post("config", {"multi_currency": True})
        self.provider.clover_multi_currency = True
        self.assertEqual(self._pay(self._open(move))["state"], "approved")
        (charge,) = self._charges()
        self.assertEqual((charge["amount"], charge["currency"]), (2000, "USD"))
        self.assertEqual(move.amount_residual, 0)

    def test_a_saved_card_does_not_pay_twice_in_another_currency(self):
        """Two dialogs of Register Payment, opened before either of them was used."""
        self.provider.write({"clover_merchant_currency": "CAD", "clover_multi_currency": True})
        dollars = self._enable_currency("USD")
        self.env["res.currency.rate"].create(
            {"currency_id": dollars.id, "name": "2020-01-01", "rate": 0.8}
        )
        move = self._move_in("USD", 100.0)
        ledgers = self.env(user=SUPERUSER_ID, su=True)
        for amount, refused in ((140.0, True), (60.0, False), (70.0, True)):
            with self.subTest(amount=amount):
                transaction = self.env["payment.transaction"].create(
                    {
                        "provider_id": self.provider.id,
                        "payment_method_id": self.env.ref("payment.payment_method_card").id,
                        "reference": f"OTHER-{amount}",
                        "amount": amount,
                        "currency_id": self.currency.id,
                        "partner_id": move.partner_id.id,
                        "invoice_ids": [Command.set(move.ids)],
                    }
                )
                check = transaction._clover_due_check()
                if refused:
                    with self.assertRaisesRegex(UserError, "paid in the meantime"):
                        check(ledgers)
                else:
                    check(ledgers)
                    transaction._set_pending()

    def test_the_last_look_is_taken_right_before_the_call(self):
        self.provider.clover_merchant_currency = "CAD"
        self.provider.clover_multi_currency = True
        wizard = self._open(self._move_in("USD"))
        source = self._source()
        wizard.clover_prepare()
        self.provider.clover_multi_currency = False
        with self.assertRaisesRegex(UserError, "takes CAD only"):
            wizard.clover_charge(source)
        self._assert_nothing_sent()

    def test_more_than_clover_takes_in_one_payment_is_refused_and_a_part_is_not(self):
        wizard = self._open(self._move_in("CAD", 1_000_000.0))
        with self.assertRaisesRegex(UserError, "999,999.99.+at the most"):
            wizard.clover_prepare()
        self._assert_nothing_sent()
        wizard.amount = 999_999.99
        self.assertEqual(self._pay(wizard)["state"], "approved")
        self.assertEqual([one["amount"] for one in self._charges()], [99_999_999])

    def test_customers_are_not_offered_clover_for_such_a_currency(self):
        self.provider.clover_merchant_currency = "CAD"
        providers = self.env["payment.provider"]
        match = (self.env.company.id, self.partner_a.id, 10.0)
        dollars = self._enable_currency("USD")
        report = {}
        self.assertIn(
            self.provider,
            providers._get_compatible_providers(*match, currency_id=self.currency.id),
        )
        self.assertNotIn(
            self.provider,
            providers._get_compatible_providers(*match, currency_id=dollars.id, report=report),
        )
        self.assertIn("takes CAD only", report["providers"][self.provider]["reason"])

    def test_a_cent_more_than_was_asked_needs_a_decision_and_is_never_an_error(self):
        wizard = self._open(self.move)
        self.simulator.post("config", {"captured_difference": 1})
        status = self._pay(wizard)
        self.assertEqual(status["state"], "checking")
        transaction = wizard.transaction_id.sudo()
        self.assertEqual(transaction.state, "pending")
        operation = transaction.fusion_operation_ids
        self.assertIn("11301", operation.review_reason)
        self.assertTrue(operation.activity_ids)
        self.assertEqual(self.move.amount_residual, 113.0)
        with self.assertRaisesRegex(UserError, "needs a decision by a manager"):
            self._open(self.move)
