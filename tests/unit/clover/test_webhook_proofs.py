"""Signatures of webhooks: genuine ones are accepted, each way of being wrong is refused."""

import base64
import hashlib
import hmac

import pytest

from odoo.addons.fusion_clover.client.webhook_proofs import (
    TOLERANCE,
    is_signed,
    is_signed_by_old_relay,
)

SECRET = "b5c7a3f0-2222-4b1c-9d58-0f3a6d1e2c4b"
BODY = b'{"id":"2G1RQC0VTH7WY","merchantId":"XYZVJT2ZRRRSC","type":"PAYMENT"}'
NOW = 1_700_000_000
#: Made with openssl, not with the code under test.
GOLDEN = "aeed1e785437841e957a00423dc8f42b16d47ea0d90842c7aaa0a12955d32f49"


def header(body=BODY, secret=SECRET, stamp=NOW):
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def test_a_known_signature_is_accepted():
    assert is_signed(SECRET, f"t={NOW},v1={GOLDEN}", BODY, now=NOW)


def test_a_signature_is_accepted_within_the_tolerance():
    for now in (NOW, NOW + TOLERANCE, NOW - TOLERANCE):
        assert is_signed(SECRET, header(), BODY, now=now)
    # Spaces, capitals, and another version beside it.
    spelled = header().replace(",v1=", ", v0=00, v1=").upper().replace("T=", "t=")
    assert is_signed(SECRET, spelled.replace("V1=", "v1=").replace("V0=", "v0="), BODY, now=NOW)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "t=1700000000",
        "v1=" + "0" * 64,
        header(secret="another"),
        header(body=BODY + b" "),
        header().replace("t=", "t=-"),
        header().replace("t=17", "t=18"),
        header()[:-1],
        header()[:-1] + "g",
        header() + ",t=1700000001",
        "t=1700000000,v1=",
        "t=" + "9" * 40 + ",v1=" + "0" * 64,
    ],
)
def test_everything_else_is_refused(given):
    assert not is_signed(SECRET, given, BODY, now=NOW)


def test_an_old_signature_is_refused():
    for now in (NOW + TOLERANCE + 1, NOW - TOLERANCE - 1):
        assert not is_signed(SECRET, header(), BODY, now=now)


def test_without_a_secret_nothing_is_genuine():
    assert not is_signed("", header(secret=""), BODY, now=NOW)
    empty = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not is_signed_by_old_relay("", empty, BODY)


def test_the_old_relays_signature_in_both_spellings():
    digest = hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()
    for given in (digest.hex(), digest.hex().upper(), base64.b64encode(digest).decode()):
        assert is_signed_by_old_relay(SECRET, given, BODY)
        assert not is_signed_by_old_relay(SECRET, given, BODY + b" ")
        assert not is_signed_by_old_relay("another", given, BODY)


@pytest.mark.parametrize("given", ["", "zz", "=", "0" * 63, "\u00e9" * 64])
def test_nonsense_is_no_signature_of_the_old_relay(given):
    assert not is_signed_by_old_relay(SECRET, given, BODY)
