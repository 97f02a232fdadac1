from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WexCommon


@tagged("post_install", "-at_install")
class TestApproval(WexCommon):
    def setUp(self):
        super().setUp()
        self.big_bill = self._new_bill(1000.01)

    def _submitted(self, bill=None, user=None):
        request = self._request(bill or self.big_bill, user=user)
        request.action_submit()
        return request

    def test_a_card_at_the_limit_is_issued_at_once(self):
        request = self._submitted(self._new_bill(1000.0))
        self.assertEqual(request.state, "queued")

    def test_a_card_above_the_limit_waits_for_a_second_person(self):
        request = self._submitted()
        self.assertEqual((request.state, request.is_waiting), ("draft", True))
        self.assertFalse(request.operation_id)
        self.assertEqual(request.activity_ids.user_id, self.approver)
        request.with_user(self.approver).action_approve()
        self.assertEqual((request.state, request.approved_by_id), ("queued", self.approver))
        self.assertFalse(request.activity_ids)

    def test_nobody_approves_their_own_request_not_even_an_approver(self):
        request = self._submitted(user=self.approver)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            request.with_user(self.approver).action_approve()
        self.assertTrue(request.is_waiting)

    def test_a_clerk_approves_nothing(self):
        request = self._submitted()
        colleague = self._new_user("wex_colleague", "fusion_wex.group_wex_user")
        with self.assertRaises(AccessError):
            request.with_user(colleague).action_approve()
        self.assertFalse(request.operation_id)

    def test_a_refused_request_is_over(self):
        request = self._submitted()
        request.with_user(self.approver).action_refuse()
        self.assertEqual((request.state, request.is_waiting), ("cancelled", False))
        with self.assertRaises(UserError):
            request.with_user(self.approver).action_approve()

    def test_what_waits_is_not_changed_any_more(self):
        request = self._submitted()
        with self.assertRaises(AccessError):
            request.write({"memo": "Something else"})
        with self.assertRaises(AccessError):
            request.line_ids.with_user(self.clerk).write({"amount": 1.0})

    def test_a_request_that_waits_counts_as_paying_the_bill(self):
        self._submitted()
        second = self._request(
            self.big_bill, line_ids=[(0, 0, {"move_id": self.big_bill.id, "amount": 0.01})]
        )
        with self.assertRaisesRegex(UserError, "more than what is open"):
            second.action_submit()

    def test_the_steps_of_a_request_are_not_written_by_hand(self):
        request = self._request(self.big_bill)
        for vals in (
            {"approved_by_id": self.approver.id},
            {"external_ref": "mine"},
            {"state": "issued"},
            {"requested_by_id": self.approver.id},
        ):
            with self.assertRaises(AccessError):
                request.write(vals)
        self.assertFalse(request.approved_by_id)

    def test_a_limit_is_the_managers_to_set(self):
        with self.assertRaises(AccessError):
            self.account.with_user(self.approver).approval_limit = 0.0
