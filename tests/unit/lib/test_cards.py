import pytest

from odoo.addons.fusion_payment_common.lib.cards import BRANDS, brand_of, luhn_valid, mask

#: Public test numbers; "Test card numbers", docs.clover.com.
TEST_NUMBERS = {
    "4242424242424242": "visa",
    "4005578003333335": "visa",
    "5424180273333333": "mastercard",
    "2223000048400011": "mastercard",
    "378282246310005": "amex",
    "371449635398431": "amex",
    "6011000990139424": "discover",
    "6500000000000002": "discover",
    "30569309025904": "diners",
    "38520000023237": "diners",
    "3566002020360505": "jcb",
    "6200000000000005": "unionpay",
}


@pytest.mark.parametrize(("number", "brand"), TEST_NUMBERS.items())
def test_the_brand_of_a_card_is_known_by_its_first_digits(number, brand):
    assert brand_of(number[:6]) == brand
    assert brand in BRANDS


@pytest.mark.parametrize("number", TEST_NUMBERS)
def test_genuine_numbers_satisfy_luhn_and_a_changed_digit_does_not(number):
    assert luhn_valid(number)
    assert not luhn_valid(number[:-1] + str((int(number[-1]) + 1) % 10))


@pytest.mark.parametrize("text", ["", "4242 4242 4242 4242", "٤٢٤٢", "-18", "42x"])
def test_luhn_is_asked_of_plain_digits_only(text):
    assert not luhn_valid(text)


@pytest.mark.parametrize("prefix", ["", "42", "abcd", "0000", "9999"])
def test_an_unknown_prefix_has_no_brand(prefix):
    assert brand_of(prefix) is None


def test_a_card_is_shown_by_its_last_four():
    assert mask("4242") == "•••• 4242"


@pytest.mark.parametrize("digits", ["4242424242424242", "424", "", "42a2"])
def test_a_whole_number_is_never_taken_for_the_last_four(digits):
    with pytest.raises(ValueError, match="last four"):
        mask(digits)
