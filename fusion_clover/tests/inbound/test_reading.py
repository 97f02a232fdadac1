import random

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.exceptions import EventTooEarly

from ..common import DECLINED
from .reading_common import OutsideCommon

INBOX = "odoo.addons.fusion_payment_common.models.inbox.event_processor"


@tagged("post_install", "-at_install")
class TestWhatWasDoneOutside(OutsideCommon):
    """Notices about payments that Odoo knows."""

    def test_a_notice_about_what_is_booked_changes_nothing(self):
        before = self.transaction.write_date, self.transaction.payment_id
        event = self._hear(f"P:{self.charge_id}", "CREATE")
        self.assertEqual(event.state, "processed")
        self.assertEqual((self.transaction.state, self.transaction.payment_id), ("done", before[1]))
        self.assertFalse(self.transaction.child_transaction_ids)
        self.assertFalse(self.unmatched.search([]))

    def test_a_refund_made_in_the_dashboard_is_booked_on_its_source_once(self):
        self._dashboard("refund", payment=self.charge_id, amount=4000)
        self.assertEqual(self._hear(f"P:{self.charge_id}").state, "processed")
        refund = self.transaction.child_transaction_ids
        self.assertEqual((refund.operation, refund.amount, refund.state), ("refund", -40.0, "done"))
        self.assertEqual(refund.provider_reference, self._effects("refund")[0]["id"])
        self.assertTrue(refund.clover_made_outside)
        self.assertEqual(refund.clover_returned_as, "refund")
        payment = refund.payment_id
        self.assertEqual((payment.payment_type, payment.amount), ("outbound", 40.0))
        self.assertEqual(self.move.activity_ids.summary, "Refunded at Clover")
        # Again, of another moment, and of the order: nothing more.
        self._hear(f"P:{self.charge_id}", moment=1700000000001)
        self._hear(f"O:{self.transaction.clover_order_ref or 'NONE'}", moment=1700000000002)
        self.assertEqual(self.transaction.child_transaction_ids, refund)

    def test_an_order_leads_to_its_payments(self):
        paid = self._dashboard("payment", amount=700)
        self.assertEqual(self._hear(f"O:{paid['order']}", "CREATE").state, "processed")
        self.assertEqual(self.unmatched.search([]).payment_ref, paid["id"])

    def test_parts_and_the_rest_are_booked_whenever_they_are_heard_of(self):
        self._dashboard("refund", payment=self.charge_id, amount=1000)
        self._dashboard("refund", payment=self.charge_id, amount=2000)
        self._hear(f"P:{self.charge_id}")
        self._dashboard("refund", payment=self.charge_id, amount=8300)
        self._hear(f"P:{self.charge_id}", moment=1600000000000)
        amounts = sorted(self.transaction.child_transaction_ids.mapped("amount"))
        self.assertEqual(amounts, [-83.0, -20.0, -10.0])
        self.assertEqual(self.transaction._clover_left(), 0.0)

    def test_a_void_made_in_the_dashboard_takes_everything_back(self):
        self._dashboard("refund", payment=self.charge_id)
        self._hear(f"P:{self.charge_id}")
        void = self.transaction.child_transaction_ids
        self.assertEqual((void.amount, void.state), (-113.0, "done"))
        self.assertEqual(void.clover_returned_as, "void")

    def test_a_refund_of_a_payment_with_our_surcharge_gives_its_part_of_that_back(self):
        self.transaction.write(
            {"fusion_surcharge_amount": 2.26, "fusion_surcharge_origin": "own", "amount": 110.74}
        )
        self._dashboard("refund", payment=self.charge_id, amount=5650)
        self._hear(f"P:{self.charge_id}")
        refund = self.transaction.child_transaction_ids
        self.assertEqual((refund.amount, refund.fusion_surcharge_amount), (-55.37, -1.13))
        self.assertEqual((refund.state, refund.payment_id.amount), ("done", 56.50))

    def test_what_goes_back_of_clovers_own_surcharge_is_booked_with_it(self):
        self.simulator.post("config", {"surcharge": True})
        parts, void = (self._paid(self._new_invoice(100.0)) for _number in range(2))
        self.assertEqual(parts.fusion_surcharge_amount, 2.40)
        self._dashboard("refund", payment=parts.provider_reference, amount=5000)
        self._dashboard("refund", payment=void.provider_reference)
        for paid in (parts, void):
            self._hear(f"P:{paid.provider_reference}")
        refund, everything = parts.child_transaction_ids, void.child_transaction_ids
        self.assertEqual((refund.amount, refund.fusion_surcharge_amount), (-50.0, -1.20))
        self.assertEqual((refund.payment_id.amount, refund.fusion_surcharge_origin),
                         (51.20, "provider"))  # fmt: skip
        self.assertEqual(refund.fusion_surcharge_move_id.move_type, "out_refund")
        self.assertEqual(everything.payment_id.amount, 102.40)
        self._hear(f"P:{parts.provider_reference}", moment=1700000000001)
        self.assertEqual(parts.child_transaction_ids, refund)

    def test_a_void_of_our_own_is_not_booked_twice(self):
        own = self._refund()
        self._hear(f"P:{self.charge_id}")
        self.assertEqual(self.transaction.child_transaction_ids, own)

    def test_while_a_refund_is_under_way_the_notice_waits_for_it(self):
        self.simulator.fault("timeout_after", path="/v1/refunds", delay_s=0.1)
        own = self._refund(40.0)
        self.assertEqual(own.state, "pending")
        event = self._hear(f"P:{self.charge_id}")
        self.assertEqual(event.state, "received")
        self.assertEqual(self.transaction.child_transaction_ids, own)
        self._complete()
        self.assertEqual(own.state, "done")
        self.assertEqual(self._process(event).state, "processed")
        self.assertEqual(self.transaction.child_transaction_ids, own)

    def test_a_payment_whose_answer_was_lost_is_asked_after_at_once(self):
        move = self._new_invoice(50.0)
        self.simulator.fault("timeout_after", delay_s=0.1)
        transaction = self._paid(move)
        self.assertEqual(transaction.state, "pending")
        operation = transaction.sudo().fusion_operation_ids
        operation.write({"next_attempt_at": "2999-01-01", "lease_until": False})
        payment_id = self._effects("charge")[-1]["id"]
        self.assertEqual(self._hear(f"P:{payment_id}", "CREATE").state, "received")
        payment = self.provider._clover_client().payments.retrieve(payment_id)
        try:
            transaction._clover_take_reading(self.provider, payment)
        except EventTooEarly as error:
            self.assertEqual(str(error), transaction.reference)
        self.env.invalidate_all()
        self.assertLessEqual(operation.next_attempt_at, fields.Datetime.now())
        self.assertFalse(self.unmatched.search([]))
        self.env["fusion.operation"].sudo()._complete_due(reference=transaction.reference)
        event = self._process(self._hear(f"P:{payment_id}", "CREATE"))
        self.assertEqual((event.state, transaction.state), ("processed", "done"))

    def test_money_that_came_although_odoo_gave_up_is_booked(self):
        move = self._new_invoice(50.0)
        transaction = self._paid(move)
        transaction.payment_id.action_cancel()
        transaction.write({"state": "error", "is_post_processed": False, "payment_id": False})
        payment_id = transaction.provider_reference
        self.assertEqual(self._hear(f"P:{payment_id}").state, "processed")
        self.assertEqual(transaction.state, "done")
        self.assertEqual(transaction.payment_id.amount, 50.0)
        self.assertIn(move.payment_state, ("in_payment", "paid"))

    @mute_logger("odoo.addons.fusion_clover.models.inbound.payment_transaction_reading")
    def test_another_amount_is_put_before_a_person(self):
        move = self._new_invoice(50.0)
        transaction = self._paid(move)
        operation = transaction.sudo().fusion_operation_ids
        transaction.write({"state": "error", "amount": 49.0})
        self._hear(f"P:{transaction.provider_reference}")
        self.assertEqual(transaction.state, "error")
        self.assertIn("5000", operation.review_reason)
        self.assertTrue(operation.activity_ids)

    def test_a_declined_try_is_nothing(self):
        declined = self._paid(self._new_invoice(20.0), number=DECLINED)
        self.assertEqual(declined.state, "error")
        (payment,) = self.provider._clover_client().payments.find_by_external_reference(
            declined.clover_external_reference
            or declined.sudo().fusion_operation_ids.external_reference,
            0,
        )
        self._hear(f"P:{payment.id}", "CREATE")
        self.assertEqual(declined.state, "error")
        self.assertFalse(self.unmatched.search([]))


@tagged("post_install", "-at_install")
class TestAnyOrder(OutsideCommon):
    """The same things happen at Clover; what is heard of them differs."""

    def _happen(self):
        """Refunds of two payments, a void, and one payment of nobody's; return what was told."""
        second = self._paid(self._new_invoice(60.0))
        third = self._paid(self._new_invoice(70.0))
        told = []
        for payment, amount in (
            (self.charge_id, 1300),
            (second.provider_reference, 2000),
            (self.charge_id, 700),
        ):
            self._dashboard("refund", payment=payment, amount=amount)
            told += [(f"P:{payment}", "CREATE"), (f"P:{payment}", "UPDATE")]
        self._dashboard("refund", payment=third.provider_reference)
        nobodys = self._dashboard("payment", amount=900)
        told += [
            (f"P:{third.provider_reference}", "UPDATE"),
            (f"O:{nobodys['order']}", "CREATE"),
            (f"P:{nobodys['id']}", "CREATE"),
        ]
        return (self.transaction, second, third), told

    def _check(self, transactions):
        amounts = [sorted(tx.child_transaction_ids.mapped("amount")) for tx in transactions]
        self.assertEqual(amounts, [[-13.0, -7.0], [-20.0], [-70.0]])
        self.assertEqual(
            {child.state for tx in transactions for child in tx.child_transaction_ids}, {"done"}
        )
        self.assertEqual(self.unmatched.search([]).mapped("amount"), [9.0])

    def test_notices_may_be_doubled_and_come_in_any_order(self):
        transactions, told = self._happen()
        heard = told * 2
        random.Random(8).shuffle(heard)
        for number, (object_ref, action) in enumerate(heard):
            self._hear(object_ref, action, moment=1700000000000 + number % 7)
        self._check(transactions)

    def test_of_many_notices_one_about_each_payment_is_enough(self):
        transactions, told = self._happen()
        for object_ref in sorted({one for one, _action in told if one.startswith("P:")}):
            self._hear(object_ref)
        self._check(transactions)


@tagged("post_install", "-at_install")
class TestAuthorizationsOutside(OutsideCommon):
    """Authorizations that somebody ends in the dashboard."""

    def setUp(self):
        super().setUp()
        self.provider.capture_manually = True
        self.hold = self._paid(self._new_invoice(80.0))
        self.assertEqual(self.hold.state, "authorized")

    def test_a_release_is_noticed(self):
        self._dashboard("refund", payment=self.hold.provider_reference)
        self._hear(f"P:{self.hold.provider_reference}")
        self.assertEqual(self.hold.state, "cancel")
        self.assertFalse(self.hold.payment_id)

    def test_a_capture_of_everything_is_booked(self):
        self._dashboard("capture", payment=self.hold.provider_reference)
        self._hear(f"P:{self.hold.provider_reference}")
        capture = self.hold.child_transaction_ids
        self.assertEqual((capture.state, capture.amount, self.hold.state), ("done", 80.0, "done"))
        self.assertEqual(capture.payment_id.amount, 80.0)
        self._hear(f"P:{self.hold.provider_reference}", moment=1700000000001)
        self.assertEqual(self.hold.child_transaction_ids, capture)

    def test_of_a_capture_in_part_the_rest_is_let_go(self):
        self._dashboard("capture", payment=self.hold.provider_reference, amount=3000)
        self._hear(f"P:{self.hold.provider_reference}")
        states = {tx.amount: tx.state for tx in self.hold.child_transaction_ids}
        self.assertEqual(states, {30.0: "done", 50.0: "cancel"})
        self.assertEqual(self.hold.state, "done")

    def test_a_refund_of_what_was_captured_outside_is_the_captures(self):
        payment_id = self.hold.provider_reference
        self._dashboard("capture", payment=payment_id)
        self._dashboard("refund", payment=payment_id, amount=1000)
        self._hear(f"P:{payment_id}")
        capture = self.hold.child_transaction_ids
        self.assertEqual(capture.child_transaction_ids.amount, -10.0)


@tagged("post_install", "-at_install")
class TestOtherNotices(OutsideCommon):
    """The kinds that are not about payments, and what cannot be read."""

    def test_a_changed_merchant_is_read_again(self):
        self.simulator.post("config", {"merchant_name": "Renamed Inc.", "surcharge": True})
        self.assertEqual(self._hear(f"M:{self.provider.clover_merchant_id}").state, "processed")
        self.assertEqual(self.provider.clover_connected_merchant, "Renamed Inc.")
        self.assertEqual(self.provider.clover_surcharging, "clover")

    def test_a_customer_without_a_card_loses_the_saved_one_here(self):
        card = self._saved_card("CUSTOMER00001")
        self.assertEqual(self._hear("C:CUSTOMER00001", "DELETE").state, "processed")
        self.assertFalse(card.active)

    def test_a_customer_who_still_has_a_card_keeps_it(self):
        client = self.provider._clover_client()
        source = self.simulator.source_token(self.provider._clover_get_public_key(), multipay=True)
        customer = client.customers.create(email="ann@example.com", source=source)
        card = self._saved_card(customer.id)
        self._hear(f"C:{customer.id}")
        self.assertTrue(card.active)

    def test_an_app_that_was_removed_is_told_to_the_administrator(self):
        self.simulator.post("config", {"merchant_api_token": "another"})
        event = self._hear(f"A:{self.provider.clover_app_id}", "DELETE")
        self.assertEqual(event.state, "processed")
        self.assertIn("removed at the merchant", self.provider.clover_connection_message)
        self.simulator.post("config", {"merchant_api_token": "sim-merchant-api-token"})
        self._hear(f"A:{self.provider.clover_app_id}", "CREATE")
        self.assertFalse(self.provider.clover_connection_message)

    def test_another_app_of_the_merchant_is_not_ours(self):
        self.assertEqual(self._hear("A:SOMEOTHERAPP1", "DELETE").state, "ignored")
        self.assertFalse(self.provider.clover_connection_message)

    def test_kinds_we_have_no_use_for_are_ignored_without_a_call(self):
        sent = len(self.simulator.requests())
        for object_ref in ("I:ITEM000000001", "E:EMPLOYEE00001", "IC:CATEGORY0001"):
            self.assertEqual(self._hear(object_ref).state, "ignored")
        self.assertEqual(len(self.simulator.requests()), sent)

    @mute_logger(INBOX)
    def test_a_payment_that_is_not_shown_yet_is_looked_for_again(self):
        event = self._hear("P:NOSUCHPAYMENT", "CREATE")
        self.assertEqual(event.state, "received")
        self._process(event)
        self.assertEqual(self._process(event).state, "ignored")

    @mute_logger(INBOX)
    def test_while_clover_does_not_answer_the_notice_waits(self):
        self._dashboard("refund", payment=self.charge_id, amount=100)
        self.simulator.fault("http_503", path=f"/v3/*{self.charge_id}", method="GET", count=9)
        event = self._hear(f"P:{self.charge_id}")
        self.assertEqual(event.state, "received")
        self.assertFalse(self.transaction.child_transaction_ids)
        self.simulator.post("reset", {})
        self.assertTrue(event.next_attempt_at)

    def _saved_card(self, customer_id):
        return self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "partner_id": self.partner_a.id,
                "provider_ref": customer_id,
                "payment_details": "4242",
            }
        )
