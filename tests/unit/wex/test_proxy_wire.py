"""The old proxy's wire: what is read from it, and what is answered."""

from decimal import Decimal

import pytest

from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_wex.client import proxy_wire
from odoo.addons.fusion_wex.client.errors import FundingError
from odoo.addons.fusion_wex.client.types import CardSecret

NUMBER = "4111111111111111"


def document(**changes):
    return {
        "_id": "test-123",
        "x_name": "PAY-001",
        "x_studio_vendor_name": "Test Vendor",
        "x_studio_vendor_payment_amount_requested": Decimal("100.50"),
        "x_studio_hauler_invoice_or_remittance_advice_memo": "TEST-INV-001",
        **changes,
    }


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("11.120000000000001", "11.12"),
        ("11.119999999999999", "11.12"),
        ("0.1", "0.10"),
        ("2.675", "2.68"),
        ("1.005", "1.01"),
        ("150", "150.00"),
        ("1.5e2", "150.00"),
        ('"7.10"', "7.10"),
    ],
)
def test_an_amount_is_a_decimal_rounded_half_up(text, cents):
    body = b'{"x_studio_vendor_payment_amount_requested": %s}' % text.encode()
    amount = document(**proxy_wire.read_document(body))
    assert str(proxy_wire.read_request(amount).amount) == cents


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"a": NaN}', b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body):
    with pytest.raises(proxy_wire.WireError) as error:
        proxy_wire.read_document(body)
    assert error.value.answer()["error"] == "Invalid JSON"


@pytest.mark.parametrize("value", [[], {}, True, None, "", "x", Decimal("0.001"), -1])
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(proxy_wire.WireError):
        proxy_wire.read_request(document(x_studio_vendor_payment_amount_requested=value))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "test-123"),
        ({"_id": 77}, "77"),
        ({"_id": None, "id": "other"}, "other"),
        ({"_id": None}, "x_name:PAY-001"),
        ({"_id": ""}, "x_name:PAY-001"),
    ],
)
def test_the_id_or_the_payment_identifies_a_request(changes, key):
    assert proxy_wire.read_request(document(**changes)).key == key


def test_only_the_old_format_has_number_and_code():
    asked = proxy_wire.read_request(document())
    plain = proxy_wire.issued_body(asked.sent, asked.amount, (9, 2031))
    whole = proxy_wire.with_card(plain, CardSecret(NUMBER, "123", 9, 2031))
    assert set(whole) - set(plain) == {"card_number", "security_code"}
    assert (whole["expiration_month"], whole["expiration_year"]) == ("09", "2031")
    assert NUMBER not in str(plain)


def test_a_received_card_has_its_secret_apart():
    body = b'{"_delivery_id": "d", "status": 200, "payment_id": "P", "card_number": "%s", ' % (
        NUMBER.encode()
    )
    received = proxy_wire.read_delivery(
        body + b'"security_code": "739", "expiration_month": "09", "expiration_year": "2031"}'
    )
    assert received.is_issued
    assert received.secret == CardSecret(NUMBER, "739", 9, 2031)
    assert NUMBER not in repr(received)
    assert "security_code" not in received.body


@pytest.mark.parametrize(("http_status", "status"), [(402, 402), (200, 400), (None, 400)])
def test_the_status_of_an_error(http_status, status):
    assert proxy_wire.error_status(http_status) == status


def test_a_refusal_is_told_in_the_words_of_wex():
    refused = FundingError("ours", code="NoAvailableCards", detail="NoAvailableCards: none left")
    body = proxy_wire.refusal_body({"_id": 7}, Answer.from_error(refused), 400)
    assert body == {
        "_model": "x_requests", "_id": 7, "status": 400, "error": "NoAvailableCards: none left"
    }  # fmt: skip


def test_a_refusal_without_words_of_wex_is_told_in_ours():
    answer = Answer.from_error(FundingError("ours"))
    assert proxy_wire.refusal_body({}, answer, None)["error"] == "ours"


def test_a_number_in_the_words_of_wex_is_masked():
    refused = FundingError("ours", detail=f"card {NUMBER} is gone")
    assert NUMBER not in proxy_wire.refusal_body({}, Answer.from_error(refused), 400)["error"]
