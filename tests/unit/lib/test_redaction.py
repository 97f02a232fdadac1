import json
import logging
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib.cards import luhn_valid
from odoo.addons.fusion_payment_common.lib.redaction import (
    RedactingFilter,
    contains_pan,
    redact,
    redact_text,
)

PAN = "4242424242424242"


def complete(digits: str) -> str:
    """``digits`` with the check digit that makes them satisfy Luhn."""
    return next(digits + last for last in "0123456789" if luhn_valid(digits + last))


CARD_NUMBERS = st.builds(
    lambda first, rest: complete(first + rest),
    st.sampled_from("23456"),
    st.text("0123456789", min_size=11, max_size=17),
)


# --- card numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (PAN, "***4242"),
        ("card 4242 4242 4242 4242 ok", "card ***4242 ok"),
        ("card 4242-4242-4242-4242.", "card ***4242."),
        ("4242\u00a04242\u00a04242\u00a04242", "***4242"),
        ("4242  4242  4242  4242", "***4242"),
        ("PAN4242424242424242END", "PAN***4242END"),
        ("3782 822463 10005", "***0005"),
        ("12 4242424242424242", "12 ***4242"),
        ("4242424242424242 123", "***4242 123"),
        ("4242424242424242 378282246310005", "***4242 ***0005"),
        ("4242424242424242\n4242424242424242", "***4242\n***4242"),
        ("x=4242424242424242&y=1", "x=***4242&y=1"),
        ('{"n":4242424242424242}', '{"n":***4242}'),
    ],
)
def test_a_card_number_is_masked_to_its_last_four_wherever_it_stands(text, redacted):
    assert redact_text(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",
        "42424242",
        "ref 116400500490",
        "created 1623551758243",
        "1623551758243",
        "0b2f0d5e-0000-4123-8123-424242424242",
        "2024-01-15 10:30:00",
        "192.168.100.200",
        "amount 1112 CAD",
        "42" * 40,
        "+1 416 555 0100",
        "",
    ],
)
def test_what_is_no_card_number_stays_readable(text):
    assert redact_text(text) == text


def test_numbers_are_masked_when_they_read_as_a_card_number():
    assert redact({"a": int(PAN), "b": 1623551758243, "c": 1112, "d": True}) == {
        "a": "***4242",
        "b": 1623551758243,
        "c": 1112,
        "d": True,
    }


@given(CARD_NUMBERS, st.text("abc ,;:\n", max_size=5), st.text("abc ,;:\n", max_size=5))
def test_no_card_number_survives_in_text(number, before, after):
    assert number not in redact_text(f"{before}{number}{after}")


@given(CARD_NUMBERS, st.sampled_from([" ", "-", "\u00a0"]), st.integers(2, 6))
def test_no_card_number_survives_in_groups(number, separator, size):
    groups = [number[start : start + size] for start in range(0, len(number), size)]
    redacted = redact_text(f"card {separator.join(groups)} given")
    digits = "".join(character for character in redacted if character.isdigit())
    assert number not in digits
    assert len(digits) <= len(number) - 8


@given(CARD_NUMBERS)
def test_no_card_number_survives_in_nested_values(number):
    value = {"a": [{"b": (number, {"c": f"<{number}>"})}], number: number.encode(), "d": {number}}
    assert number not in repr(redact(value))


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "cvv", "CVV", "cvc", "cvc2", "cvv2", "csc", "pan", "pin", "number", "cardNumber",
        "card_number", "authorization", "Authorization", "access_token", "accessToken",
        "refresh_token", "recovery_token", "client_secret", "clientSecret", "apikey", "apiKey",
        "api_key", "X-Api-Key", "apiAccessKey", "password", "passwd", "secret", "app_secret",
        "webhook_signing_secret", "webhook_auth_code", "private_key", "code_verifier", "cookie",
        "Set-Cookie", "encrypted_pan", "track2", "X-Vendor-Auth", "security_code", "token",
        "auth_token", "authorization_code",
    ],
)  # fmt: skip
def test_a_value_with_a_secret_name_is_removed(name):
    assert redact({name: "abc 123"}) == {name: "***"}
    assert redact({"outer": [{name: {"nested": "abc 123"}}]}) == {"outer": [{name: "***"}]}


@pytest.mark.parametrize(
    "name",
    ["auth_code", "authCode", "last4", "first6", "code", "declineCode", "cvc_check", "exp_month",
     "description", "panel", "pinned", "status", "access_token_expiration", "id"],
)  # fmt: skip
def test_a_value_with_a_harmless_name_stays(name):
    assert redact({name: "OK4447"}) == {name: "OK4447"}


def test_a_card_number_under_its_own_name_keeps_the_last_four_even_with_a_wrong_check_digit():
    assert redact({"number": PAN}) == {"number": "***4242"}
    assert redact({"number": "4242 4242 4242 4241"}) == {"number": "***4241"}


@pytest.mark.parametrize("value", [None, "", True, False])
def test_a_secret_that_is_not_there_is_shown_as_such(value):
    assert redact({"password": value}) == {"password": value}


def test_an_authorisation_code_is_a_secret_but_an_error_code_is_none():
    grant = {"client_id": "A", "client_secret": "s", "code": "grant"}
    assert redact(grant) == {"client_id": "A", "client_secret": "***", "code": "***"}
    assert redact({"error": {"code": "card_declined"}}) == {"error": {"code": "card_declined"}}


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ('{"cvv": "123"}', '{"cvv": "***"}'),
        ('x {"cvv": "123", "a": 1}', 'x {"cvv": "***", "a": 1}'),
        ("x {'cvv': '123'}", "x {'cvv': '***'}"),
        ('x {"cvv": 123}', 'x {"cvv": ***}'),
        (r'x "{\"cvv\": \"123\"}"', r'x "{\"cvv\": \"***\"}"'),
        ("client_secret=abc&code=1", "client_secret=***&code=1"),
        ("password: hunter2, next", "password: ***, next"),
        ("app_secret => abc", "app_secret => ***"),
        ("Authorization: Bearer abcdef.123", "Authorization: *** ***"),
        ("got Bearer abcdef123", "got Bearer ***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "***"),
        ("source clv_1TSTSabcdefgh1234 used", "source clv_***1234 used"),
        ("key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "key whsec_***"),
    ],
)
def test_credentials_inside_text_are_removed(text, redacted):
    assert redact_text(text) == redacted or redact(text) == redacted


def test_a_source_token_keeps_its_prefix_and_last_four():
    assert redact({"source": "clv_1TSTSabcdefgh1234", "token": "clv_1TSTSabcdefgh5678"}) == {
        "source": "clv_***1234",
        "token": "clv_***5678",
    }


def test_bytes_of_json_are_redacted_by_structure_and_stay_bytes():
    body = json.dumps({"card": {"number": PAN, "cvv": "123"}, "amount": 5}).encode()
    redacted = redact(body)
    assert isinstance(redacted, bytes)
    assert json.loads(redacted) == {"card": {"number": "***4242", "cvv": "***"}, "amount": 5}


def test_values_that_hold_no_text_pass_unchanged():
    values = {"a": None, "b": 1.5, "c": Decimal("1.10"), "d": date(2024, 1, 2), "e": (1, 2)}
    assert redact(values) == values


def test_an_unknown_object_becomes_redacted_text():
    class Card:
        def __str__(self):
            return f"Card({PAN})"

    assert redact([Card()]) == ["Card(***4242)"]


def test_the_original_is_not_touched():
    original = {"card": {"number": PAN}, "list": [PAN]}
    redact(original)
    assert original == {"card": {"number": PAN}, "list": [PAN]}


def test_endless_nesting_is_cut_off():
    value: dict = {}
    value["self"] = value
    assert "***" in repr(redact(value))


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | CARD_NUMBERS,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=8) | st.sampled_from(["cvv", "number", "token"]), inner),
    max_leaves=12,
)


@given(JSON_LIKE)
@example({"number": PAN})
@example({"token": "clv_1TSTSabcdefgh1234"})
def test_redacting_twice_changes_nothing_more(value):
    once = redact(value)
    assert redact(once) == once


@pytest.mark.parametrize("text", ["a" * 200_000, "1" * 200_000, "secret" * 30_000, "4 " * 20_000])
def test_long_text_is_redacted_in_reasonable_time(text):
    # Guards against a pattern that backtracks: quadratic ones take minutes here.
    assert redact_text(text)


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [PAN, "4242 4242 4242 4242", "3782-822463-10005", "5424180273333333"]
)
def test_a_card_number_is_recognised(text):
    assert contains_pan(text)
    assert contains_pan({"memo": ["x", {"y": f"pay {text} now"}]})
    assert contains_pan({text: 1})
    assert contains_pan(text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "INV/2024/00012", "4242424242424241", "1623551758243", "clv_1TSTS1234", "000000000000"],
)
def test_an_innocent_text_is_not_refused(text):
    assert not contains_pan(text)


def test_a_number_typed_as_an_integer_is_recognised():
    assert contains_pan({"memo": int(PAN)})
    assert not contains_pan({"amount": 1112, "flag": True, "none": None, "rate": 1.5})


# --- logging ----------------------------------------------------------------------------------


@pytest.fixture
def captured():
    """A logger whose handler carries the filter, and what it has formatted."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Keep()
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("fusion.redaction-test")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, lines
    logger.removeHandler(handler)


def test_message_and_arguments_of_a_log_record_are_redacted(captured):
    logger, lines = captured
    logger.info("card %s, %s", PAN, {"cvv": "123"})
    assert lines == ["card ***4242, {'cvv': '***'}"]


def test_a_logged_traceback_is_redacted(captured):
    logger, lines = captured
    try:
        raise ValueError(f"bad card {PAN}")
    except ValueError:
        logger.exception("failed")
    assert PAN not in lines[0]
    assert "ValueError: bad card ***4242" in lines[0]


def test_a_logged_stack_is_redacted(captured):
    logger, lines = captured
    logger.info("here", stack_info=f"secret={PAN}")
    assert PAN not in lines[0]


def test_a_record_whose_arguments_do_not_fit_is_redacted_and_not_lost(captured):
    logger, lines = captured
    logger.info("card %d", f"number {PAN}")
    assert len(lines) == 1
    assert PAN not in lines[0]
    assert "***4242" in lines[0]


def test_a_record_without_arguments_may_contain_percent_signs(captured):
    logger, lines = captured
    logger.info("100% of nothing")
    assert lines == ["100% of nothing"]


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            '"GET /callback?merchant_id=M1&code=943ec4dd22241aef HTTP/1.1" 303',
            '"GET /callback?merchant_id=M1&code=*** HTTP/1.1" 303',
        ),
        ("https://x.example/cb?code=abcdefgh&state=s#code", "https://x.example/cb?code=***&state=s#code"),
        ("the code=17 stays, and ?barcode=1", "the code=17 stays, and ?barcode=1"),
    ],
)
def test_an_authorisation_code_in_an_address_is_masked(text, redacted):
    assert redact_text(text) == redacted
