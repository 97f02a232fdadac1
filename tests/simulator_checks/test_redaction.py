"""What the journal keeps of card data and secrets."""

import pytest

from tests.simulators.core.redaction import mask_cards, redact, redact_body


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("pay 4242424242424242 now", "pay ***4242 now"),
        ("4242-4242-4242-4242", "***4242"),
        ("378282246310005", "***0005"),
        ("4242424242424241", "4242424242424241"),  # not a card number: wrong check digit
        ("1623551758243", "1623551758243"),  # a time in milliseconds
    ],
)
def test_card_numbers_are_reduced_to_their_last_four(text, masked):
    assert mask_cards(text) == masked


def test_nested_card_fields_and_secrets_are_taken_out():
    body = {"card": {"number": "4242424242424242", "cvv": "123"}, "client_secret": "s3"}
    kept = redact(body)
    assert kept["card"] == {"number": "***4242", "cvv": "***"}
    assert kept["client_secret"].startswith("[redacted ")


def test_the_same_secret_keeps_the_same_stand_in():
    first, again = redact({"Authorization": "Bearer a"}), redact({"authorization": "Bearer a"})
    other = redact({"Authorization": "Bearer b"})
    assert first["Authorization"] == again["authorization"]
    assert first["Authorization"] != other["Authorization"]


def test_bodies_that_are_not_json_are_masked_as_text_or_form():
    assert redact_body(b"n=4242424242424242", "text/plain") == "n=***4242"
    form = redact_body(b"code=abc&x=1", "application/x-www-form-urlencoded")
    assert form["x"] == "1"
    assert form["code"].startswith("[redacted ")
    assert redact_body(b"", "application/json") is None


@pytest.mark.parametrize(
    "key", ["6f9e8b7a-4133-4483-9208-9edf864c0d6c", "6f9e8b7a4133448392089edf864c0d6c"]
)
def test_an_idempotency_key_whose_digits_look_like_a_card_number_is_kept(key):
    assert mask_cards(f"key {key}") == f"key {key}"
    assert mask_cards("4133-4483-9208-9") == "***2089"
