import base64
from datetime import date
from decimal import Decimal

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_wex.client.errors import AwaitingApprovalError
from odoo.addons.fusion_wex.client.types import CardSecret, CardStatus, InvoiceLine, VirtualCard

from ..fakes import answer
from .builders import CARD_ID, NUMBER, REFERENCE, URL, card_request, client_for, log_body


def created(**changes):
    client, _ = client_for(answer(200, log_body(**changes)))
    return client.create(card_request())


def test_a_create_sends_exactly_this():
    client, transport = client_for(
        answer(200, log_body()), bank_number="0000", company_number="1234567"
    )
    client.create(
        card_request(
            merchant_code="HAULER-0042", valid_from=date(2025, 8, 20),
            valid_until=date(2025, 9, 19), max_uses=1, exact_amount=True,
            delivery_email="ap@acme.example",
        )
    )  # fmt: skip
    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", URL)
    expected = base64.b64encode(b"ACMEGROUP/apiuser:s3cret").decode()
    assert request.headers["Authorization"] == f"Basic {expected}"
    assert (request.timeout.connect, request.timeout.read) == (5.0, 30.0)
    assert transport.bodies == [
        {
            "merchant_code": "HAULER-0042",
            "total_amount": 150,
            "credit_limit": 150,
            "user_defined_fields": ["Acme Hauling LLC", REFERENCE],
            "invoices": [
                {
                    "invoice_number": "INV12345",
                    "invoice_date": "2025-08-19T00:00:00Z",
                    "total_amount": 150,
                }
            ],
            "org_bank_id": "0000",
            "org_company_id": "1234567",
            "billing_currency": "USD",
            "min_auth_date": "2025-08-20",
            "max_auth_date": "2025-09-19",
            "max_auth_count": 1,
            "is_exact_match": True,
            "delivery_method": "Email",
            "delivery_address": "ap@acme.example",
        }
    ]


def test_what_was_not_asked_for_is_not_sent():
    client, transport = client_for(answer(200, log_body()))
    client.create(card_request())
    assert sorted(transport.bodies[0]) == [
        "billing_currency", "credit_limit", "invoices", "merchant_code", "total_amount",
        "user_defined_fields",
    ]  # fmt: skip
    assert transport.bodies[0]["merchant_code"] == "*"


def test_the_amount_on_the_wire_has_no_tail():
    client, transport = client_for(answer(200, log_body(total_amount=11.12, credit_limit=11.12)))
    client.create(card_request(amount=Decimal("11.12")))
    assert b'"total_amount":11.12,' in transport.requests[0].body


def test_amounts_may_be_sent_as_text():
    client, transport = client_for(answer(200, log_body()), profile={"amounts_as": "text"})
    client.create(card_request())
    assert transport.bodies[0]["total_amount"] == "150.00"


def test_a_created_card_is_read_completely():
    issued = created(merchant_code="*", created_date="2025-08-19T08:00:00.1234567-04:00")
    assert issued.secret == CardSecret(NUMBER, "123", 9, 2027)
    assert issued.card == VirtualCard(
        id=CARD_ID,
        status=CardStatus.OPEN,
        raw_status="open",
        reference=REFERENCE,
        amount=Decimal("150.00"),
        credit_limit=Decimal("150.00"),
        merchant_code="*",
        last4="1111",
        expiry_month=9,
        expiry_year=2027,
        created_at=issued.card.created_at,
    )
    assert issued.card.created_at.isoformat() == "2025-08-19T12:00:00.123456+00:00"


def test_the_three_values_the_old_proxy_read_are_enough_of_a_card():
    body = {"id": 77, "detailed_response_message": "Success: x", "virtual_card": {
        "number": NUMBER, "security_code": "123", "expiration": "2027-09-30T23:59:59-04:00"}}
    client, _ = client_for(answer(200, body))
    issued = client.create(card_request())
    assert (issued.card.id, issued.card.status) == ("77", CardStatus.OPEN)
    assert (issued.secret.expiry_month, issued.secret.expiry_year) == (9, 2027)


def test_a_card_without_an_id_gets_it_by_a_query():
    found = log_body(detailed_response_message=...)
    client, transport = client_for(
        answer(200, log_body(id=...)), answer(200, {"merchant_logs": [found]})
    )
    issued = client.create(card_request())
    assert issued.card.id == CARD_ID
    assert issued.secret.reveal_number() == NUMBER
    assert [request.method for request in transport.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    "second",
    [
        errors.UnknownOutcomeError("lost"),
        answer(200, {"merchant_logs": []}),
        answer(200, {"merchant_logs": [log_body(), log_body(id="another")]}),
    ],
)
def test_a_card_whose_id_cannot_be_learnt_is_still_a_card(second):
    client, _ = client_for(answer(200, log_body(id=...)), second)
    issued = client.create(card_request())
    assert issued.card.id == ""
    assert issued.secret.reveal_number() == NUMBER


@pytest.mark.parametrize(
    "card", [..., None, {"number": "XXXXXXXXXXXX1111", "expiration": "2027-09-01"}]
)
def test_a_card_that_wex_keeps_to_itself_has_no_secret(card):
    issued = created(virtual_card=card)
    assert issued.secret is None
    assert issued.card.id == CARD_ID


@pytest.mark.parametrize(
    "changes",
    [
        {"detailed_response_message": "AwaitingApproval: manager"},
        {"payment_status": "WaitingForApproval"},
        {"payment_status": "waiting_for_approval"},
    ],
)
def test_a_payment_that_awaits_approval_has_no_card_yet_and_an_id_to_poll(changes):
    with pytest.raises(AwaitingApprovalError) as caught:
        created(virtual_card=..., **changes)
    assert caught.value.provider_reference == CARD_ID
    assert caught.value.outcome == "pending"


@pytest.mark.parametrize(
    "changes",
    [
        {"detailed_response_message": ...},
        {"detailed_response_message": ""},
        {"detailed_response_message": "Created"},
        {"detailed_response_message": ["Success: x"]},
        {"virtual_card": {"number": "abc", "expiration": "2027-09-01"}},
        {"virtual_card": {"number": NUMBER, "expiration": "soon"}},
        {"virtual_card": {"number": NUMBER, "expiration": "2027-13-01"}},
        {"virtual_card": {"number": NUMBER}},
        {"virtual_card": [NUMBER]},
        {"total_amount": "much"},
        {"total_amount": True},
        {"user_defined_fields": "PAY-001"},
        {"id": ..., "virtual_card": ...},
    ],
)
def test_an_answer_that_cannot_be_relied_on_leaves_the_outcome_unknown(changes):
    with pytest.raises(errors.UnknownOutcomeError) as caught:
        created(**changes)
    assert caught.value.outcome == "unknown"
    assert NUMBER not in str(caught.value)


@pytest.mark.parametrize("document", [b"", b"[]", b'"Success"', b"<html>", b"null"])
def test_an_answer_of_another_kind_leaves_the_outcome_unknown(document):
    client, _ = client_for(answer(200, document))
    with pytest.raises(errors.UnknownOutcomeError):
        client.create(card_request())


@pytest.mark.parametrize(
    ("changes", "options", "code"),
    [
        ({"exact_amount": True}, {"profile": {"request": {"exact_amount": None}}},
         "control_not_available"),
        ({"max_uses": 1}, {"profile": {"request": {"max_uses": ""}}}, "control_not_available"),
        ({"reference": "R" * 51}, {}, "reference_too_long"),
        ({}, {"merchant_code": ""}, "no_merchant_code"),
    ],
)  # fmt: skip
def test_a_request_this_account_cannot_send_is_not_sent(changes, options, code):
    client, transport = client_for(**options)
    with pytest.raises(errors.ConfigurationError) as caught:
        client.create(card_request(**changes))
    assert caught.value.code == code
    assert transport.requests == []


def test_the_slots_of_the_user_defined_fields_are_settings():
    client, transport = client_for(
        answer(200, log_body(user_defined_fields=[REFERENCE, "", "MEMO", "Jo"])),
        profile={"udf_slots": ["reference", "", "memo", "employee"], "udf_max_length": 10},
    )
    issued = client.create(card_request(memo="a very long memo", employee="Jo"))
    assert transport.bodies[0]["user_defined_fields"] == [REFERENCE, "", "a very lon", "Jo"]
    assert issued.card.reference == REFERENCE


def test_every_exchange_is_observed_without_number_code_or_password():
    exchanges = []
    client, _ = client_for(answer(200, log_body()), observer=exchanges.append)
    client.create(card_request())
    (exchange,) = exchanges
    text = repr(exchange)
    encoded = base64.b64encode(b"ACMEGROUP/apiuser:s3cret").decode()
    assert [word for word in (NUMBER, "'123'", "s3cret", encoded) if word in text] == []
    assert exchange.request["body"]["invoices"][0]["invoice_number"] == "INV12345"
    assert exchange.response["body"]["virtual_card"]["number"] == "***1111"


def test_a_part_of_a_bill_is_sent_as_that_part():
    line = InvoiceLine("INV9", date(2025, 8, 1), Decimal("40.00"), description="first part")
    client, transport = client_for(answer(200, log_body()))
    client.create(card_request(amount=Decimal("40.00"), invoices=(line,)))
    assert transport.bodies[0]["invoices"] == [
        {
            "invoice_number": "INV9",
            "invoice_date": "2025-08-01T00:00:00Z",
            "total_amount": 40,
            "description": "first part",
        }
    ]
