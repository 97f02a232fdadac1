from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..common import WexCommon


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
        self.assertLessEqual(self.approver + self.env.user, request.activity_ids.user_id)
        self.assertNotIn(self.clerk, request.activity_ids.user_id)
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

    def test_defaults_do_not_write_the_steps_of_a_request(self):
        steps = {
            "external_ref": "mine",
            "approved_by_id": self.approver.id,
            "requested_by_id": self.approver.id,
            "state": "issued",
            "is_waiting": True,
            "bill_number": "B-1",
        }
        context = {f"default_{name}": value for name, value in steps.items()}
        request = self.env["wex.card.request"].with_context(**context)
        self._check_waits(self._request(self.big_bill, model=request))

    def test_a_default_of_the_clerks_own_does_not_write_them_either(self):
        defaults = self.env["ir.default"].with_user(self.clerk)
        defaults.set("wex.card.request", "external_ref", "mine", user_id=True)
        defaults.set("wex.card.request", "approved_by_id", self.approver.id, user_id=True)
        self._check_waits(self._request(self.big_bill))

    def _check_waits(self, request):
        self.assertEqual((request.state, request.requested_by_id), ("draft", self.clerk))
        self.assertFalse(request.external_ref or request.approved_by_id or request.bill_number)
        request.action_submit()
        self.assertTrue(request.is_waiting)
        self.assertFalse(request.operation_id)

    def test_who_submits_a_colleagues_draft_is_who_asks(self):
        request = self._request(self.big_bill)
        request.with_user(self.approver).action_submit()
        self.assertEqual(request.requested_by_id, self.approver)
        self.assertFalse(request.with_user(self.approver).can_approve)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            request.with_user(self.approver).action_approve()

    def test_a_bill_in_parts_below_the_limit_waits_all_the_same(self):
        bill = self._new_bill(1500.0)
        first, second = (
            self._request(bill, line_ids=[(0, 0, {"move_id": bill.id, "amount": 750.0})])
            for _part in range(2)
        )
        first.action_submit()
        self.assertEqual(first.state, "queued")
        self._work()
        second.invalidate_recordset()
        second.action_submit()
        self.assertEqual((second.state, second.is_waiting), ("draft", True))

    def test_what_a_second_person_agreed_to_does_not_count_again(self):
        bill = self._new_bill(1500.0)
        lines = [[(0, 0, {"move_id": bill.id, "amount": amount})] for amount in (1400.0, 100.0)]
        first = self._request(bill, line_ids=lines[0])
        first.action_submit()
        first.with_user(self.approver).action_approve()
        self._work()
        second = self._request(bill, line_ids=lines[1])
        second.action_submit()
        self.assertEqual(second.state, "queued")

    def test_the_limit_is_in_the_currency_of_the_card(self):
        with self.assertRaisesRegex(ValidationError, "are in"):
            self._request(
                self.env["account.move"], amount=900.0, currency_id=self.env.ref("base.CHF").id
            )

    def test_a_card_is_over_the_sum_of_its_bills(self):
        request = self._request()
        request.amount = 900.0
        with self.assertRaisesRegex(UserError, "sum of its bills"):
            request.action_submit()

    def test_a_copy_is_a_draft_of_who_makes_it(self):
        copy = self._submitted().with_user(self.approver).copy()
        self.assertEqual((copy.state, copy.requested_by_id), ("draft", self.approver))

    def test_a_limit_is_the_managers_to_set(self):
        with self.assertRaises(AccessError):
            self.account.with_user(self.approver).approval_limit = 0.0
