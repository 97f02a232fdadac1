from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib.money import Money, MoneyError


@pytest.mark.parametrize(
    ("value", "digits", "minor"),
    [
        (11.120000000000001, 2, 1112),
        (0.1 + 0.2, 2, 30),
        (1.005, 2, 101),
        (2.675, 2, 268),
        (-1.005, 2, -101),
        ("12.345", 2, 1235),
        ("12.344999", 2, 1234),
        (Decimal("0.005"), 2, 1),
        (7, 2, 700),
        (1234, 0, 1234),
        (1.0005, 3, 1001),
        (1e-7, 2, 0),
        (1e16, 2, 1_000_000_000_000_000_000),
        ("-0.00", 2, 0),
    ],
)
def test_a_major_amount_is_rounded_half_up_to_minor_units(value, digits, minor):
    assert Money.from_major(value, "CAD", digits) == Money(minor, "CAD", digits)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), float("-inf"), "NaN", "Infinity", "twelve", "", True, None, 1e30,
     Decimal("sNaN"), [1]],
)  # fmt: skip
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(MoneyError):
        Money.from_major(value, "CAD")


@pytest.mark.parametrize("minor", [1.0, "1", True, None, Decimal(1)])
def test_minor_units_are_integers_and_nothing_else(minor):
    with pytest.raises(MoneyError):
        Money(minor, "CAD")


@pytest.mark.parametrize("currency", ["", "CA", "CADX", "C4D", "çad", None, 124])
def test_a_currency_is_a_three_letter_code(currency):
    with pytest.raises(MoneyError):
        Money(1, currency)


@pytest.mark.parametrize("digits", [-1, 7, 2.0, True])
def test_digits_are_a_small_integer(digits):
    with pytest.raises(MoneyError):
        Money(1, "CAD", digits)


def test_the_currency_is_kept_in_upper_case():
    assert Money(1, "cad") == Money(1, "CAD")


def test_sums_and_differences_keep_the_currency():
    assert Money(150, "CAD") + Money(25, "CAD") == Money(175, "CAD")
    assert Money(150, "CAD") - Money(175, "CAD") == Money(-25, "CAD")
    assert -Money(5, "CAD") == Money(-5, "CAD")


@pytest.mark.parametrize("other", [Money(1, "USD"), Money(1, "CAD", 3), 1])
def test_different_currencies_are_never_combined_or_compared(other):
    one = Money(1, "CAD")
    for combine in (
        lambda: one + other,
        lambda: one - other,
        lambda: one < other,
        lambda: one >= other,
    ):
        with pytest.raises(MoneyError):
            combine()


def test_amounts_of_one_currency_are_ordered():
    assert Money(1, "CAD") < Money(2, "CAD") <= Money(2, "CAD")
    assert Money(2, "CAD") > Money(1, "CAD") >= Money(1, "CAD")


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1112, "CAD"), "11.12 CAD"),
        (Money(-5, "USD"), "-0.05 USD"),
        (Money(500, "JPY", 0), "500 JPY"),
        (Money(1, "KWD", 3), "0.001 KWD"),
    ],
)
def test_plain_text_shows_every_decimal_and_the_currency(money, text):
    assert money.format() == text


@given(st.integers(-(10**15), 10**15), st.integers(0, 6))
def test_major_and_back_gives_the_same_minor_units(minor, digits):
    money = Money(minor, "CAD", digits)
    assert Money.from_major(money.major, "CAD", digits) == money
    assert Money.from_major(str(money.major), "CAD", digits) == money


@given(st.integers(-(10**12), 10**12))
def test_a_float_with_two_decimals_is_read_exactly(minor):
    assert Money.from_major(minor / 100, "CAD").minor == minor


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_adding_and_taking_away_again_changes_nothing(left, right):
    assert Money(left, "CAD") + Money(right, "CAD") - Money(right, "CAD") == Money(left, "CAD")
