from odoo.tests import tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon


@tagged("post_install", "-at_install")
class TestProvider(AccountPaymentCommon):
    def _lines(self):
        lines = self.env["account.payment.method.line"]
        return lines.search([("payment_provider_id", "=", self.dummy_provider.id)])

    def test_switching_on_makes_the_one_line_that_payments_are_booked_with(self):
        self.dummy_provider.state = "disabled"
        self._lines().unlink()
        self.dummy_provider.write({"state": "test"})
        self.assertEqual(len(self._lines()), 1)
        self.assertEqual(self._lines().journal_id, self.dummy_provider.journal_id)

    def test_switching_on_again_makes_no_second_line(self):
        for state in ("disabled", "test", "disabled", "test"):
            self.dummy_provider.state = state
        self.assertEqual(len(self._lines()), 1)
