from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .books_common import BooksCommon


@tagged("post_install", "-at_install")
class TestLife(BooksCommon):
    # === WHAT VENDORS DO === #

    def test_an_authorization_is_seen_and_pays_nothing(self):
        card = self._card()
        self.simulator.act(card.reference, "authorize", amount="113.00")
        self._look(card)
        self.assertEqual((card.state, card.amount_authorized), ("authorized", 113.0))
        self.assertEqual(card.authorization_ids.mapped("result"), ["approved"])
        self.assertEqual(self._line(card), (113.0, 0.0, 0.0, 113.0))

    def test_a_refused_charge_is_kept_with_its_reason(self):
        card = self._card()
        self.simulator.act(card.reference, "authorize", amount="500.00")
        self._look(card)
        self.assertEqual(card.state, "issued")
        self.assertEqual(card.authorization_ids.result, "declined")
        self.assertTrue(card.authorization_ids.decline_reason)

    def test_the_code_is_forgotten_at_the_first_authorization(self):
        self.account.drop_code_on = "authorization"
        card = self._card()
        self._look(card)
        self.assertTrue(card._wex_secret().reveal_security_code())
        self.simulator.act(card.reference, "authorize", amount="113.00")
        self._look(card)
        self.assertIsNone(card._wex_secret().reveal_security_code())
        self.assertEqual(card._wex_secret().last4, card.last4)

    def test_the_code_is_forgotten_at_the_first_authorization_even_without_a_delivery(self):
        card = self._card()
        self.simulator.act(card.reference, "authorize", amount="113.00")
        self._look(card)
        self.assertIsNone(card._wex_secret().reveal_security_code())

    def test_a_simulated_card_expires_by_the_calendar(self):
        self.env["ir.config_parameter"].sudo().set_param("fusion_wex.sandbox_origin", False)
        card = self._card(valid_until=self._today(-1))
        self._look(card)
        self.assertEqual((card.state, self.bill.amount_residual), ("expired", 113.0))
        self.assertEqual(self.simulator.get("requests"), [])

    def test_the_number_is_forgotten_when_the_card_has_ended(self):
        card = self._card()
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertTrue(card.secret_id.sudo().wiped_at)
        self.assertFalse(card.secret_id.sudo().payload)

    def test_a_card_that_is_about_to_expire_unused_is_announced_once(self):
        card = self._card(valid_until=self._today(3))
        self._look(card)
        (activity,) = card.activity_ids
        self.assertIn("about to expire", activity.summary)
        self._look(card)
        self.assertEqual(len(card.activity_ids), 1)

    def test_a_card_that_is_about_to_expire_half_used_is_announced(self):
        card = self._card(valid_until=self._today(3))
        self._charge(card, "40.00")
        (activity,) = card.activity_ids
        self.assertIn("73.00", activity.note)

    def test_a_card_that_was_charged_is_not_announced(self):
        card = self._card(valid_until=self._today(3))
        self._charge(card, "113.00")
        self.assertFalse(card.activity_ids)

    def test_a_wex_that_is_away_changes_nothing_and_is_asked_again(self):
        card = self._card()
        self.simulator.act(card.reference, "post", amount="113.00")
        self.simulator.fault("http_503", method="GET", path=f"/api/merchant-logs/v1/{card.wex_id}")
        self._look(card)
        self.assertEqual((card.state, card.amount_posted), ("issued", 0.0))
        self.assertTrue(card.next_attempt_at)
        self._look(card)
        self.assertEqual(card.state, "cleared")

    # === SENT AGAIN === #

    def _notifications(self, card):
        path = f"/api/merchant-logs/v1/{card.wex_id}/notifications"
        return [one for one in self.simulator.get("requests?method=POST") if one["path"] == path]

    def test_a_card_that_wex_sends_is_sent_again(self):
        card = self._card(delivery_email="ap@acme.example")
        card.with_user(self.clerk).action_wex_resend()
        self.assertEqual(self._notifications(card), [], "nobody is called in the request")
        self._work()
        self.assertEqual(len(self._notifications(card)), 1)
        self.assertIn("ap@acme.example", card.message_ids[0].body)

    def test_a_card_that_wex_does_not_send_is_not_sent_again(self):
        card = self._card()
        with self.assertRaises(UserError):
            card.with_user(self.clerk).action_wex_resend()
        self._work()
        self.assertEqual(self._notifications(card), [])

    # === CANCEL AND REISSUE === #

    def _cancelled(self, card):
        card.with_user(self.approver).action_wex_cancel()
        self._work()
        self._look(card)

    def test_a_cancelled_card_is_reversed_in_the_books(self):
        card = self._card()
        self._cancelled(card)
        self.assertEqual(len(self.simulator.moved("card_cancel")), 1)
        self.assertEqual((card.state, self._line(card)), ("cancelled", (113.0, 0.0, 113.0, 0.0)))
        self.assertEqual((self.bill.amount_residual, self.bill.payment_state), (113.0, "not_paid"))
        self.assertEqual(card.payment_id.state, "canceled")
        self.assertEqual(self._balance(self.issued_account), 0.0)

    def test_what_was_charged_before_the_cancellation_stays_paid(self):
        card = self._card()
        self.simulator.act(card.reference, "post", amount="40.00")
        self._cancelled(card)
        self.assertEqual(self._line(card), (113.0, 40.0, 73.0, 0.0))
        self.assertEqual(self.bill.amount_residual, 73.0)

    def test_a_lost_answer_to_a_cancellation_is_asked_for(self):
        card = self._card()
        path = f"/api/merchant-logs/v1/{card.wex_id}"
        self.simulator.fault("reset_after", method="PUT", path=path)
        card.with_user(self.approver).action_wex_cancel()
        self._work()
        self.assertEqual(card.state, "issued")
        self.assertIn("may charge", card.cancel_message)
        card.cancel_operation_id.sudo().next_attempt_at = "2020-01-01"
        self._work()
        self._look(card)
        self.assertEqual((card.state, card.cancel_message), ("cancelled", False))
        self.assertEqual(len(self.simulator.moved("card_cancel")), 1)

    def test_a_clerk_cancels_nothing_and_nobody_cancels_twice(self):
        card = self._card()
        with self.assertRaises(AccessError):
            card.with_user(self.clerk).action_wex_cancel()
        self._cancelled(card)
        with self.assertRaises(UserError):
            card.with_user(self.approver).action_wex_cancel()
        self.assertEqual(len(self.simulator.moved("card_cancel")), 1)

    def test_a_reissued_card_has_a_new_reference_and_the_amount_that_was_left(self):
        card = self._card()
        self.simulator.act(card.reference, "post", amount="40.00")
        card.with_user(self.approver).action_wex_reissue()
        self._work()
        self._look(card)
        self._work()
        again = card.reissue_id
        self.assertEqual((again.state, again.amount), ("issued", 73.0))
        self.assertEqual((again.reissue_of_id, card.state), (card.request_id, "reissued"))
        self.assertNotEqual(again.reference, card.reference)
        self.assertEqual(
            self.simulator.moved(), [(card.reference, 11300), (again.reference, 7300)]
        )
        self.assertEqual(self.bill.amount_residual, 0.0)
        self.assertEqual(self._balance(self.issued_account), -73.0)

    def test_what_may_still_be_posted_is_not_reissued(self):
        card = self._card(self.env["account.move"], amount=100.0)
        self.simulator.act(card.reference, "authorize", amount="60.00")
        card.with_user(self.approver).action_wex_reissue()
        self._work()
        self._look(card)
        self.assertEqual(card.reissue_id.amount, 40.0)

    def test_a_card_that_is_not_booked_is_reissued_over_what_was_left(self):
        self.account.journal_id = False
        bills = self._new_bill(100.0) + self._new_bill(50.0)
        card = self._card(bills)
        self.simulator.act(card.reference, "post", amount="30.00")
        card.with_user(self.approver).action_wex_reissue()
        self._work()
        self._look(card)
        again = card.reissue_id
        self.assertEqual(again.amount, 120.0)
        self.assertEqual(sorted(again.line_ids.mapped("amount")), [50.0, 70.0])

    def test_a_card_is_opened_when_somebody_has_its_number(self):
        card = self._card()
        card._wex_note_opened()
        self.assertEqual(card.state, "opened")
        opened_at = card.opened_at
        self._look(card)
        card._wex_note_opened()
        self.assertEqual((card.state, card.opened_at), ("opened", opened_at))
        self.simulator.act(card.reference, "authorize", amount="113.00")
        self._look(card)
        self.assertEqual(card.state, "authorized")

    def test_an_expired_card_is_reissued_without_being_cancelled(self):
        card = self._card()
        self.simulator.act(card.reference, "expire")
        self._look(card)
        card.with_user(self.approver).action_wex_reissue()
        self._look(card)
        self._work()
        self.assertEqual(card.reissue_id.state, "issued")
        self.assertEqual(self.simulator.moved("card_cancel"), [])

    def test_a_reissue_above_the_limit_waits_for_a_second_person_again(self):
        request = self._request(self._new_bill(2000.0))
        request.action_submit()
        request.with_user(self.approver).action_approve()
        self._work()
        card = request.card_id
        card.with_user(self.approver).action_wex_reissue()
        self._work()
        self._look(card)
        self.assertTrue(card.reissue_id.is_waiting)
        self.assertEqual(card.reissue_id.requested_by_id, self.approver)
