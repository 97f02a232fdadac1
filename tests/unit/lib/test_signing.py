import base64
from datetime import UTC, datetime

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another-secret-of-24-byte").decode()
BODY = b'{"test": 2432232314}'
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
STAMP = 1614265330


def headers(**changes):
    made = signing.headers_for(SECRET, ID, STAMP, BODY)
    made.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in made.items() if value is not None}


def check(given_headers, secrets=SECRET, body=BODY, now=STAMP, **options):
    return signing.verify(secrets, given_headers, body, now=now, **options)


def test_the_signature_is_the_published_vector():
    # The example of the Standard Webhooks libraries.
    signature = signing.sign(SECRET, ID, STAMP, BODY)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_genuine_message_is_accepted_by_its_id():
    assert check(headers()) == ID


def test_header_names_are_read_without_regard_to_case():
    assert check({name.title(): value for name, value in headers().items()}) == ID


def test_the_foreign_library_accepts_what_we_sign():
    now = int(datetime.now(UTC).timestamp())
    made = signing.headers_for([OTHER, SECRET], ID, now, BODY)
    assert standardwebhooks.Webhook(SECRET).verify(BODY, made) == {"test": 2432232314}
    assert standardwebhooks.Webhook(OTHER).verify(BODY, made) == {"test": 2432232314}


def test_we_accept_what_the_foreign_library_signs():
    moment = datetime.fromtimestamp(STAMP, UTC)
    signature = standardwebhooks.Webhook(SECRET).sign(ID, moment, BODY.decode())
    assert check(headers(webhook_signature=signature)) == ID


def test_during_rotation_either_secret_will_do():
    rotated = signing.headers_for([OTHER, SECRET], ID, STAMP, BODY)
    assert rotated["webhook-signature"].count("v1,") == 2
    assert check(rotated, SECRET) == check(rotated, OTHER) == ID
    assert check(headers(), [OTHER, SECRET]) == ID


@pytest.mark.parametrize("name", ["webhook_id", "webhook_timestamp", "webhook_signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_each_header_is_needed(name, value):
    with pytest.raises(signing.MissingHeaderError):
        check(headers(**{name: value}))


@pytest.mark.parametrize("stamp", ["abc", "1.5", "-5", "٣", "1e3", "9" * 13])
def test_a_timestamp_is_a_number_of_seconds(stamp):
    with pytest.raises(signing.TimestampError):
        check(headers(webhook_timestamp=stamp))


@pytest.mark.parametrize("now", [STAMP + 301, STAMP - 301])
def test_a_message_too_old_or_from_the_future_is_refused(now):
    with pytest.raises(signing.TimestampError):
        check(headers(), now=now)


@pytest.mark.parametrize("now", [STAMP + 300, STAMP - 300])
def test_a_message_at_the_edge_of_the_tolerance_is_accepted(now):
    assert check(headers(), now=now) == ID


@pytest.mark.parametrize(
    "signature",
    ["v1,AAAA", "v1,", "v1", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "g0hM9SsE", "v1,é"],
)
def test_a_signature_that_is_not_ours_is_refused(signature):
    with pytest.raises(signing.NoMatchError):
        check(headers(webhook_signature=signature))


def test_one_right_signature_among_wrong_ones_is_enough():
    right = headers()["webhook-signature"]
    assert check(headers(webhook_signature=f"v1,AAAA v1a,BBBB {right}")) == ID


@pytest.mark.parametrize(
    "change",
    [
        {"body": BODY + b" "},
        {"given_headers": headers(webhook_id="msg_other")},
        {"given_headers": headers(webhook_timestamp=str(STAMP + 1))},
        {"secrets": OTHER},
    ],
)
def test_any_change_to_what_was_signed_is_noticed(change):
    with pytest.raises(signing.NoMatchError):
        check(**{"given_headers": headers(), **change})


@pytest.mark.parametrize(
    "secrets", ["", [], [""], [SECRET, ""], "whsec_", "whsec_!!!", "whsec_YWJj"]
)
def test_without_a_proper_secret_nothing_is_signed_or_accepted(secrets):
    with pytest.raises(signing.EmptySecretError):
        signing.sign(secrets, ID, STAMP, BODY)
    with pytest.raises(signing.EmptySecretError):
        check(headers(), secrets)


@pytest.mark.parametrize("message_id", ["", "a.b"])
def test_an_id_that_makes_the_signed_text_ambiguous_is_refused(message_id):
    with pytest.raises(ValueError, match="id"):
        signing.sign(SECRET, message_id, STAMP, BODY)


def test_generated_secrets_differ_and_work():
    one, other = signing.generate_secret(), signing.generate_secret()
    assert one != other
    assert check(signing.headers_for(one, ID, STAMP, BODY), one) == ID


@pytest.mark.parametrize(
    ("given_value", "expected", "equal"),
    [
        ("abc", "abc", True),
        (b"abc", "abc", True),
        ("é", "é", True),
        ("abc", "abd", False),
        ("abc", "abcd", False),
        ("", "", False),
        ("", "abc", False),
        ("abc", "", False),
    ],
)
def test_values_are_compared_and_empty_ones_never_match(given_value, expected, equal):
    assert signing.constant_time_equal(given_value, expected) is equal


@given(st.binary(max_size=200), st.integers(0, 2**33))
def test_whatever_is_signed_is_verified(body, stamp):
    made = signing.headers_for(SECRET, ID, stamp, body)
    assert signing.verify(SECRET, made, body, now=stamp) == ID
