from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .books_common import BooksCommon


@tagged("post_install", "-at_install")
class TestBooks(BooksCommon):
    def test_an_issued_card_pays_the_bill_from_the_account_of_cards_issued(self):
        card = self._card()
        self.assertEqual(self.bill.amount_residual, 0.0)
        self.assertEqual(self._balance(self.issued_account), -113.0)
        self.assertEqual((card.payment_id.state, card.payment_id.amount), ("in_process", 113.0))
        self.assertEqual(self._line(card), (113.0, 0.0, 0.0, 113.0))

    def test_what_was_really_charged_clears_the_card(self):
        card = self._card()
        self._charge(card, "113.00")
        self.assertEqual(card.state, "cleared")
        self.assertEqual(self._balance(self.issued_account), 0.0)
        self.assertEqual(self._balance(self.wex_journal.default_account_id), -113.0)
        self.assertEqual(card.payment_id.state, "paid")
        self.assertEqual(self._line(card), (113.0, 113.0, 0.0, 0.0))

    def test_several_charges_are_several_lines_of_the_journal(self):
        card = self._card()
        self._charge(card, "40.00")
        self.assertEqual((card.state, card.payment_id.state), ("partly_used", "in_process"))
        self._charge(card, "73.00")
        lines = card.transaction_ids.statement_line_id
        self.assertEqual(sorted(lines.mapped("amount")), [-73.0, -40.0])
        self.assertTrue(all(lines.mapped("is_reconciled")))
        self.assertEqual((card.state, self._balance(self.issued_account)), ("cleared", 0.0))

    def test_a_look_that_finds_nothing_new_books_nothing(self):
        card = self._card()
        self._charge(card, "40.00")
        moves = self.env["account.move"].search_count([])
        self._look(card)
        self._look(card)
        self.assertEqual(self.env["account.move"].search_count([]), moves)
        self.assertEqual(self._line(card), (113.0, 40.0, 0.0, 73.0))

    def test_what_is_left_of_an_expired_card_opens_the_bill_again(self):
        card = self._card()
        self._charge(card, "40.00")
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual(self._line(card), (113.0, 40.0, 73.0, 0.0))
        self.assertEqual((self.bill.amount_residual, self.bill.payment_state), (73.0, "partial"))
        self.assertEqual(self._balance(self.issued_account), 0.0)
        self.assertEqual(card.activity_ids.user_id, self.clerk)

    def test_an_unused_card_that_expires_leaves_the_bill_as_it_was(self):
        card = self._card()
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual((card.state, card.payment_id.state), ("expired", "canceled"))
        self.assertEqual((self.bill.amount_residual, self.bill.payment_state), (113.0, "not_paid"))
        self.assertEqual(self._balance(self.issued_account), 0.0)

    def test_the_last_bill_of_several_is_opened_first(self):
        bills = self._new_bill(10.0) + self._new_bill(20.0)
        bills[0].invoice_date_due, bills[1].invoice_date_due = "2024-01-01", "2024-02-01"
        card = self._card(bills)
        self._charge(card, "12.00")
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual(bills.mapped("amount_residual"), [0.0, 18.0])

    def test_parts_of_several_bills_are_paid_exactly(self):
        bills = self._new_bill(10.0) + self._new_bill(20.0) + self._new_bill(30.0)
        lines = [
            (0, 0, {"move_id": bill.id, "amount": amount})
            for bill, amount in zip(bills, (4.0, 20.0, 25.0), strict=True)
        ]
        card = self._card(bills, line_ids=lines)
        self.assertEqual(card.amount, 49.0)
        self.assertEqual(bills.mapped("amount_residual"), [6.0, 0.0, 5.0])

    def test_a_difference_within_the_tolerance_is_written_off(self):
        card = self._card()
        self._charge(card, "112.98")
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual((card.state, card.amount_written_off), ("cleared", 0.02))
        self.assertEqual((self.bill.amount_residual, card.amount_open), (0.0, 0.0))
        self.assertEqual(self._balance(self.issued_account), 0.0)
        self.assertFalse(card.activity_ids)

    def test_a_charge_beyond_the_card_is_brought_to_the_clerks_attention(self):
        card = self._card()
        self._charge(card, "120.00")
        self.assertEqual(self._line(card), (113.0, 120.0, 0.0, -7.0))
        (activity,) = card.activity_ids
        self.assertIn("charged too much", activity.summary)
        self.assertEqual(self._balance(self.issued_account), 7.0, "it is to be seen in the books")
        self._look(card)
        self.assertEqual(len(card.activity_ids), 1)

    def test_what_a_vendor_gives_back_opens_the_bill_when_the_card_has_ended(self):
        card = self._card()
        self._charge(card, "113.00")
        self._charge(card, "13.00", action="credit")
        self.assertEqual(self._line(card), (113.0, 100.0, 0.0, 13.0))
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual(self._line(card), (113.0, 100.0, 13.0, 0.0))
        self.assertEqual(self.bill.amount_residual, 13.0)
        self.assertEqual(self._balance(self.issued_account), 0.0)

    def test_an_amount_that_is_held_is_not_released(self):
        card = self._card()
        self.simulator.act(card.reference, "authorize", amount="100.00")
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual(self._line(card), (113.0, 0.0, 13.0, 100.0))
        self._charge(card, "100.00")
        self.assertEqual(self._line(card), (113.0, 100.0, 13.0, 0.0))
        self.assertEqual(self.bill.amount_residual, 13.0)
        self.assertEqual(self._balance(self.issued_account), 0.0)

    @mute_logger("odoo.addons.fusion_wex.models.wex_virtual_card_books")
    def test_a_card_that_accounting_refuses_is_a_card_all_the_same(self):
        method_line = self.account._wex_method_line()
        method_line.payment_account_id = False
        method_line.journal_id = self.company_data["default_journal_bank"]
        card = self._card()
        self.assertTrue(card.booking_problem)
        self.assertFalse(card.payment_id)
        self.assertEqual(len(card.activity_ids), 1)
        self.assertEqual(self.bill._wex_amount_open(), 0.0, "nobody pays it a second time")
        self.account._wex_ensure_method_line()
        self._look(card)
        self.assertFalse(card.booking_problem)
        self.assertEqual((card.payment_id.amount, self.bill.amount_residual), (113.0, 0.0))

    def test_a_card_without_a_journal_is_not_booked_but_its_bill_is_not_paid_twice(self):
        self.account.journal_id = False
        card = self._card()
        self.assertFalse(card.payment_id)
        self.assertEqual(self.bill._wex_amount_open(), 0.0)

    def test_a_journal_in_another_currency_is_refused(self):
        with self.assertRaises(ValidationError):
            self.account.currency_id = self.env.ref("base.CHF")
