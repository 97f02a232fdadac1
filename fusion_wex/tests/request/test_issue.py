from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.tests.canaries import captured_log, tables_with

from ..common import COLLECTION, WexCommon

QUEUED = "odoo.addons.fusion_payment_common.models.operation.queued"
PERFORM = "odoo.addons.fusion_payment_common.models.operation.perform"


@tagged("post_install", "-at_install")
class TestIssue(WexCommon):
    # === THE WAY IT SHOULD GO === #

    def test_nobody_is_called_before_the_worker_comes(self):
        request = self._request()
        request.action_submit()
        self.assertEqual(request.state, "queued")
        self.assertEqual(self.simulator.get("requests"), [])

    def test_a_card_is_issued_over_the_amount_of_the_bill(self):
        request = self._issued()
        self.assertEqual(self.simulator.moved(), [(request.reference, 11300)])
        card = request.card_id
        (shown,) = self.simulator.get("cards")
        self.assertEqual((card.wex_id, card.amount, card.state), (shown["id"], 113.0, "issued"))
        self.assertEqual(len(card.last4), 4)
        self.assertEqual(card._wex_secret().last4, card.last4)
        self.assertIn(card.last4, self.bill.message_ids[0].body)

    def test_wex_is_told_the_bills_own_number_and_date(self):
        bill = self._new_bill(20.5, invoice_date="2024-02-29")
        self._issued(bill)
        (create,) = self.simulator.get("requests?method=POST")
        (line,) = create["body"]["invoices"]
        self.assertEqual((line["invoice_number"], line["total_amount"]), (bill.ref, 20.5))
        self.assertEqual(line["invoice_date"][:10], "2024-02-29")

    def test_an_amount_left_by_a_callers_floats_is_what_it_means(self):
        request = self._request(self.env["account.move"], amount=11.120000000000001)
        request.action_submit()
        self._work()
        self.assertEqual(self.simulator.moved(), [(request.reference, 1112)])

    def test_one_card_pays_several_bills_of_a_vendor(self):
        bills = self._new_bill(10.0) + self._new_bill(20.0)
        request = self._issued(bills)
        self.assertEqual(request.amount, 30.0)
        self.assertEqual(self.simulator.moved(), [(request.reference, 3000)])

    def test_a_result_is_booked_once_however_often_it_comes(self):
        request = self._issued()
        operation = request.operation_id.sudo()
        messages = len(self.bill.message_ids)
        operation.applied_at = False
        operation._apply()
        self.env.invalidate_all()
        self.assertEqual(self.env["wex.virtual.card"].search_count([]), 1)
        self.assertEqual(len(self.bill.message_ids), messages)

    # === ONE CARD, WHATEVER HAPPENS === #

    def test_a_lost_answer_is_found_by_our_reference_and_nothing_is_sent_again(self):
        self.simulator.fault("reset_after")
        request = self._request()
        request.action_submit()
        self._work()
        self.assertEqual(request.state, "unknown")
        self.assertIn("Do not pay", request.message)
        self._work(request)
        self.assertEqual(request.state, "issued")
        self.assertEqual(self.simulator.moved(), [(request.reference, 11300)])
        self.assertEqual(self.simulator.creates(), 1)
        self.assertEqual(request.card_id._wex_secret().last4, request.card_id.last4)

    def test_a_create_that_never_arrived_is_repeated_once_the_search_is_proven(self):
        self._issued(self._new_bill(5.0))
        self.simulator.fault("reset_before")
        request = self._request()
        request.action_submit()
        self._work()
        self._work(request)
        self.assertEqual(request.state, "unknown", "an empty search right after proves nothing")
        self._let_pass(request, 3600)
        self._work(request)
        self._work(request)
        self.assertEqual(request.state, "issued")
        self.assertEqual(
            [moved for moved in self.simulator.moved() if moved[1] == 11300],
            [(request.reference, 11300)],
        )

    def test_a_search_that_never_found_a_card_proves_nothing(self):
        self.simulator.fault("reset_before")
        request = self._request()
        request.action_submit()
        self._work()
        self._let_pass(request, 3600)
        for _try in range(3):
            self._work(request)
        self.assertEqual(request.state, "unknown")
        self.assertEqual(self.simulator.creates(), 1)
        self.assertTrue(request.operation_id.sudo().activity_ids, "a manager is told")
        self.account.is_search_trusted = True
        self._work(request)
        self._work(request)
        self.assertEqual(request.state, "issued")
        self.assertEqual(self.simulator.moved(), [(request.reference, 11300)])

    def test_a_second_request_on_a_bill_waits_until_the_first_is_decided(self):
        first = self._request(line_ids=[(0, 0, {"move_id": self.bill.id, "amount": 50.0})])
        second = self._request(line_ids=[(0, 0, {"move_id": self.bill.id, "amount": 50.0})])
        first.action_submit()
        with self.assertRaises(UserError):
            second.action_submit()
        self._work()
        self.assertEqual(second.state, "draft")
        self.assertEqual(self.simulator.moved(), [(first.reference, 5000)])

    def test_a_card_over_more_than_the_bill_is_refused_before_anybody_is_asked(self):
        request = self._request(line_ids=[(0, 0, {"move_id": self.bill.id, "amount": 113.01})])
        with self.assertRaisesRegex(UserError, "113.01 is more than what is open"):
            request.action_submit()
        self.assertFalse(request.operation_id)
        self.assertEqual(self.simulator.get("requests"), [])

    def test_a_bill_that_was_paid_since_it_was_queued_gets_no_card(self):
        request = self._request()
        request.action_submit()
        self._pay_by_hand()
        self._work()
        self.assertEqual(request.state, "declined")
        self.assertIn("more than what is open", request.message)
        self.assertEqual(self.simulator.creates(), 0)

    def test_a_create_that_never_arrived_is_not_repeated_for_a_bill_that_was_paid_since(self):
        request = self._never_arrived()
        self._pay_by_hand()
        self._work(request)
        self._work(request)
        self.assertEqual((request.state, self.simulator.creates()), ("unknown", 1))
        self.assertIn("more than what is open", request.message)
        operation = request.operation_id.sudo()
        self.assertTrue(operation.review_reason, "a person decides")
        self._let_pass(request, 3600)
        operation.with_user(self._manager())._resolve(note="Nothing at WEX.")
        self.assertEqual((operation.state, request.state), ("rejected", "declined"))

    def test_a_repeated_create_that_wex_refuses_is_refused(self):
        request = self._never_arrived()
        self.simulator.post("config", {"credit_line": 5000})
        self._work(request)
        self._work(request)
        self.assertEqual((request.state, request.operation_id.state), ("declined", "rejected"))
        self.assertIn("treasury", request.message)
        self._work(request)
        self.assertEqual(self.simulator.creates(), 2)

    def _pay_by_hand(self):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.bill.ids
        ).create({})._create_payments()

    def _never_arrived(self):
        """A request whose create did not reach WEX, an hour ago."""
        self.account.is_search_trusted = True
        self.simulator.fault("reset_before")
        request = self._request()
        request.action_submit()
        self._work()
        self._let_pass(request, 3600)
        return request

    def _manager(self):
        return self._new_user("fusion_manager", "fusion_payment_common.group_fusion_manager")

    # === REFUSALS === #

    def _refused(self, switches=None, **values):
        self.simulator.post("config", switches or {})
        request = self._request(**values)
        request.action_submit()
        self._work()
        return request

    def test_credentials_that_wex_refuses_are_a_matter_for_the_administrator(self):
        self.account.sudo().password = "wrong"
        request = self._refused()
        self.assertEqual(request.state, "failed")
        self.assertIn("administrator", request.message)
        self.assertEqual(self.simulator.moved(), [])

    def test_a_credit_line_that_is_used_up_is_a_matter_for_the_treasury(self):
        request = self._refused({"credit_line": 5000})
        self.assertEqual(request.state, "declined")
        self.assertIn("treasury", request.message)
        self.assertEqual(self.simulator.moved(), [])

    def test_a_refused_card_is_asked_for_again_under_another_reference(self):
        request = self._refused({"credit_line": 5000})
        first = request.reference
        self.simulator.post("config", {"credit_line": 0})
        request.action_try_again()
        self._work()
        self.assertEqual(request.state, "issued")
        self.assertNotEqual(request.reference, first)
        self.assertEqual(self.simulator.moved(), [(request.reference, 11300)])

    def test_a_card_of_an_attempt_that_was_given_up_is_kept_and_a_person_is_told(self):
        self.simulator.post("config", {"query_lag_s": 1e6})
        self.simulator.fault("reset_after")
        request = self._request()
        request.action_submit()
        self._work()
        self._let_pass(request, 3600)
        given_up, first_reference = request.operation_id.sudo(), request.reference
        manager = self._manager()
        given_up.with_user(manager)._resolve(note="WEX's support knows nothing of it.")
        request.action_try_again()
        self._work()
        card = request.card_id
        self.assertTrue(card)
        self.simulator.post("config", {"query_lag_s": 0})
        given_up.review_reason = "WEX's support has found it after all."
        self.env.flush_all()
        first, _second = self.simulator.get("cards")
        given_up.with_user(manager)._resolve(provider_reference=first["id"], note="See there.")
        other = self.env["wex.card.request"].search([("second_of_id", "=", request.id)])
        self.assertEqual(
            self.simulator.moved(), [(other.reference, 11300), (request.reference, 11300)]
        )
        self.assertEqual((other.reference, other.card_id.amount), (first_reference, 113.0))
        self.assertEqual(other.card_id.wex_id, first["id"])
        self.assertEqual((request.card_id, other.line_ids.ids), (card, []))
        self.assertIn("Cancel it", other.card_id.activity_ids.note)
        self.assertIn(request.name, other.message)
        given_up.applied_at = False
        given_up._apply()
        self.assertEqual(self.env["wex.virtual.card"].search_count([]), 2, "kept once")

    def test_a_card_that_awaits_approval_at_wex_appears_by_itself(self):
        request = self._refused({"awaiting_approval": True})
        self.assertEqual(request.state, "issuing")
        self.assertIn("approval at WEX", request.message)
        self.simulator.act(request.reference, "approve")
        self._work(request)
        self.assertEqual(request.state, "issued")
        self.assertEqual(self.simulator.creates(), 1)

    def test_a_card_that_awaits_approval_is_not_made_again_where_the_search_hides_it(self):
        self.account.is_search_trusted = True
        request = self._refused({"awaiting_approval": True, "query_lag_s": 1e6})
        self._let_pass(request, 3600)
        for _look in range(3):
            self._work(request)
        self.assertEqual((request.state, self.simulator.creates()), ("issuing", 1))
        self.simulator.act(request.reference, "approve")
        self._work(request)
        self.assertEqual(request.state, "issued")

    def test_a_card_that_is_refused_at_wex_is_declined(self):
        request = self._refused({"awaiting_approval": True})
        self.simulator.act(request.reference, "reject")
        self._work(request)
        self.assertEqual(request.state, "declined")
        self.assertFalse(request.card_id)

    @mute_logger(QUEUED, PERFORM)
    def test_a_wex_that_cannot_be_reached_leaves_the_request_queued_at_first(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "fusion_wex.sandbox_origin", "http://127.0.0.1:9"
        )
        request = self._refused()
        self.assertEqual(request.operation_id.state, "ready")
        request.operation_id.sudo().send_until = "2020-01-01"
        self._work(request)
        self.assertEqual(request.state, "failed")
        self.assertIn("could not be reached", request.message)

    # === CARD DATA === #

    def test_a_card_number_is_nowhere_in_clear(self):
        with captured_log() as stream:
            self.simulator.fault("truncate")
            request = self._request()
            request.action_submit()
            self._work()
            self._work(request)
        secret = request.card_id._wex_secret()
        number = secret.reveal_number()
        self.assertEqual(tables_with(self.env, [number]), [])
        self.assertNotIn(number, stream.getvalue())
        self.assertIn(COLLECTION, str(request.operation_id.sudo().attempt_ids.mapped("exchanges")))

    def test_the_code_of_a_card_that_wex_sends_itself_is_not_kept(self):
        self.account.is_emailed_by_wex = True
        request = self._issued()
        self.assertEqual(request.delivery_email, "ap@acme.example")
        (create,) = self.simulator.get("requests?method=POST")
        self.assertEqual(create["body"]["delivery_address"], "ap@acme.example")
        self.assertIsNone(request.card_id._wex_secret().reveal_security_code())

    def test_a_number_is_read_from_wex_where_it_is_not_kept(self):
        self.account.keeps_number = False
        card = self._issued().card_id
        self.assertFalse(card.secret_id)
        self.assertEqual(card._wex_secret().last4, card.last4)
