from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from ...lib.surcharge import CardKind


@tagged("post_install", "-at_install")
class TestCardRange(TransactionCase):
    def _range(self, digits, kind="credit"):
        return self.env["fusion.card.range"].create({"first_digits": digits, "kind": kind})

    def _kind(self, digits):
        return self.env["fusion.card.range"]._kind_of(digits)

    def test_a_card_in_no_range_is_unknown(self):
        self._range("42424242")
        others = ("400005", "", None, "4242", "424242424242", 424242, "42424x", "\uff14" * 6)
        for digits in others:
            with self.subTest(digits):
                self.assertIs(self._kind(digits), CardKind.UNKNOWN)

    def test_a_card_in_a_range_is_what_the_list_says(self):
        self._range("424242")
        self._range("400005", "debit")
        self._range("510510", "prepaid")
        self.assertIs(self._kind("424242"), CardKind.CREDIT)
        self.assertIs(self._kind("42424299"), CardKind.CREDIT)
        self.assertIs(self._kind("400005"), CardKind.DEBIT)
        self.assertIs(self._kind("510510"), CardKind.PREPAID)

    def test_the_finer_range_decides(self):
        self._range("424242")
        self._range("42424299", "debit")
        self.assertIs(self._kind("42424299"), CardKind.DEBIT)
        self.assertIs(self._kind("42424298"), CardKind.CREDIT)

    def test_a_card_that_may_lie_in_either_of_two_ranges_is_unknown(self):
        self._range("424242")
        self._range("42424299", "debit")
        self.assertIs(self._kind("424242"), CardKind.UNKNOWN)

    def test_only_first_digits_are_kept_and_never_a_card_number(self):
        for digits in ("42424", "424242424", "4242424242424242", "42424x", "\uff14" * 6):
            with self.subTest(digits), self.assertRaises(ValidationError):
                self._range(digits)
