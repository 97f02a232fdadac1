from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.health import Level

from .books_common import BooksCommon


@tagged("post_install", "-at_install")
class TestHealth(BooksCommon):
    def _finding(self):
        return self.env["wex.virtual.card"]._probe_cards(self.env.company)

    def test_cards_that_are_issued_and_booked_are_fine(self):
        self._look(self._card())
        self.assertEqual(self._finding().level, Level.OK)

    def test_credentials_that_wex_refuses_are_an_error_until_it_takes_them_again(self):
        card = self._card()
        self.account.password = "wrong"
        self._look(card)
        self.assertTrue(self.account.look_problem)
        self.assertEqual(self._finding().level, Level.ERROR)
        self.assertIn(self.account.look_problem, self._finding().sentence)
        self.account.password = "sim-wex-password"
        self._look(card)
        self.assertFalse(self.account.look_problem)
        self.assertEqual(self._finding().level, Level.OK)

    def test_a_refusal_of_the_account_is_an_error_until_a_card_is_issued(self):
        self.account.password = "wrong"
        request = self._request()
        request.action_submit()
        self._work()
        self.assertEqual(request.state, "failed")
        self.assertTrue(self.account.problem)
        self.assertEqual(self._finding().level, Level.ERROR)
        self.account.password = "sim-wex-password"
        request.action_try_again()
        self._work()
        self.assertFalse(self.account.problem)

    def test_a_connection_that_works_ends_both_problems(self):
        self.account.write({"problem": "Refused.", "look_problem": "Refused."})
        self.account.action_wex_test_connection()
        self.assertFalse(self.account.problem or self.account.look_problem)

    def test_a_card_that_could_not_be_read_for_a_day_is_told(self):
        card = self._card()
        self.simulator.fault("http_503", method="GET", path=f"/api/merchant-logs/v1/{card.wex_id}")
        card.sudo().issued_at = "2020-01-01"
        self._look(card)
        finding = self._finding()
        self.assertEqual((finding.level, finding.value), (Level.WARNING, 1))
        self._look(card)
        self.assertEqual(self._finding().level, Level.OK)

    def test_a_card_that_is_not_booked_is_an_error(self):
        card = self._card()
        card.sudo().booking_problem = "The period is locked."
        self.assertEqual(self._finding().level, Level.ERROR)
