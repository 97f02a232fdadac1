from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...client.activity import Activity
from ...client.types import CardStatus, PostedTransaction, VirtualCard
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

    def _on_card(self, bills, *amounts):
        """A card that pays ``amounts`` of the bills, negative of credit notes."""
        lines = [
            (0, 0, {"move_id": bill.id, "amount": amount})
            for bill, amount in zip(bills, amounts, strict=True)
        ]
        return self._card(bills, line_ids=lines)

    def _new_refund(self, amount):
        refund = self.init_invoice("in_refund", partner=self.vendor, amounts=[amount], taxes=[])
        refund.action_post()
        return refund

    def test_a_credit_note_is_deducted_as_far_as_the_card_says(self):
        for bill_part, refund_part, left in (
            (100.0, 50.0, [0.0, 0.0]),
            (100.0, 30.0, [0.0, 20.0]),
            (80.0, 50.0, [20.0, 0.0]),
            (80.0, 30.0, [20.0, 20.0]),
        ):
            with self.subTest(bill=bill_part, refund=refund_part):
                moves = self._new_bill(100.0) + self._new_refund(50.0)
                card = self._on_card(moves, bill_part, -refund_part)
                self.assertEqual(card.payment_id.amount, bill_part - refund_part)
                self.assertEqual(moves.mapped("amount_residual"), left)
                self.assertEqual(card._wex_payable_line().amount_residual, 0.0)

    def test_a_bill_in_instalments_is_paid_from_the_first_on(self):
        bill = self._in_instalments(100.0)
        self._on_card(bill, 60.0)
        self.assertEqual(bill.amount_residual, 40.0)
        lines = bill.line_ids.filtered(lambda line: line.account_type == "liability_payable")
        lines = lines.sorted("date_maturity")
        self.assertEqual(lines.mapped("amount_residual"), [0.0, -40.0])

    def _in_instalments(self, amount):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now, half later",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 30)
                ],
            }
        )
        bill = self.init_invoice("in_invoice", partner=self.vendor, amounts=[amount], taxes=[])
        bill.write({"ref": "INSTALMENTS", "invoice_payment_term_id": term.id})
        bill.action_post()
        return bill

    def test_a_release_leaves_every_bill_what_the_card_paid_of_it(self):
        bills = self._new_bill(200.0) + self._new_bill(100.0)
        bills[0].invoice_date_due, bills[1].invoice_date_due = "2024-01-01", "2024-02-01"
        card = self._on_card(bills, 100.0, 100.0)
        self._charge(card, "150.00")
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual(self._line(card), (200.0, 150.0, 50.0, 0.0))
        self.assertEqual(bills.mapped("amount_residual"), [100.0, 50.0])

    def test_a_second_release_keeps_the_first(self):
        card = self._card()
        self.simulator.act(card.reference, "authorize", amount="100.00")
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual(self.bill.amount_residual, 13.0)
        card.sudo().ended_at = "2020-01-01"
        self._look(card)
        self.assertEqual(self._line(card), (113.0, 0.0, 113.0, 0.0))
        self.assertEqual((self.bill.amount_residual, self.bill.payment_state), (113.0, "not_paid"))
        self.assertEqual(card._wex_payable_line().amount_residual, 0.0)
        self.assertEqual(self._balance(self.issued_account), 0.0)

    def test_the_entries_of_a_card_are_not_reset_by_hand(self):
        card = self._card()
        self.simulator.act(card.reference, "expire")
        self._look(card)
        self.assertEqual(card.payment_id.state, "canceled")
        with self.assertRaisesRegex(UserError, "belongs to virtual card"):
            card.sudo().payment_id.action_draft()
        with self.assertRaisesRegex(UserError, "belongs to virtual card"):
            card.sudo().release_move_ids.button_draft()
        self.assertEqual(card.payment_id.move_id.state, "posted")

    def _read(self, card, status, *charges):
        """Let WEX say so about the card; charges are ``(amount, currency)``."""
        facts = VirtualCard(
            card.wex_id, status, amount=Decimal(str(card.amount)), last4=card.last4
        )
        posted = tuple(
            PostedTransaction(str(number), card.wex_id, Decimal(amount), currency=currency)
            for number, (amount, currency) in enumerate(charges)
        )
        card.sudo()._wex_apply_activity(Activity(facts, (), posted))

    def test_what_wex_has_matched_is_not_released_before_its_charge_is_listed(self):
        card = self._card()
        self._read(card, CardStatus.SETTLED)
        self.assertEqual((card.ended_at, card.amount_released), (False, 0.0))
        self._read(card, CardStatus.SETTLED, ("113.00", None))
        self.assertEqual((card.state, self._line(card)), ("cleared", (113.0, 113.0, 0.0, 0.0)))
        self.assertTrue(card.ended_at)

    def test_what_wex_has_matched_in_part_is_released_in_the_end(self):
        card = self._card()
        self._read(card, CardStatus.SETTLED, ("100.00", None))
        self.assertEqual(card.amount_released, 0.0)
        card.sudo().settled_at = "2020-01-01"
        self._read(card, CardStatus.SETTLED, ("100.00", None))
        self.assertEqual(self._line(card), (113.0, 100.0, 13.0, 0.0))

    def test_a_charge_in_another_currency_is_not_booked_as_if_it_were_the_cards(self):
        card = self._card()
        charges = ("40.00", card.currency_id.name), ("60.00", "XXX")
        self._read(card, CardStatus.EXPIRED, *charges)
        self.assertEqual(self._line(card), (113.0, 40.0, 0.0, 73.0))
        self.assertIn("60.00 XXX", card.booking_problem)
        self._read(card, CardStatus.EXPIRED, *charges)
        self.assertEqual(len(card.activity_ids), 1)

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

    @mute_logger("odoo.addons.fusion_wex.models.card.wex_virtual_card_books")
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
