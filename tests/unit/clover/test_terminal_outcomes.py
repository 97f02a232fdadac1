"""The truth table of terminals is complete and means what the ledger takes it for."""

import base64
import gzip
from dataclasses import replace

import pytest

from odoo.addons.fusion_clover.client import terminal_errors as codes
from odoo.addons.fusion_clover.client.answers_terminal import payment_answer
from odoo.addons.fusion_clover.client.limits import TERMINAL_LIMITS, LimitedTransport
from odoo.addons.fusion_clover.client.signature import LARGEST, read_svg
from odoo.addons.fusion_clover.client.terminal_outcomes import (
    TRUTH,
    NextStep,
    Situation,
    situation_of_error,
    situation_of_payment,
)
from odoo.addons.fusion_clover.client.terminal_types import Device, TerminalPaymentRequest
from odoo.addons.fusion_clover.client.types import Payment, PaymentRefund
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.lib.transport import Request

from ..fakes import answer
from .builders import client_for


def test_every_situation_has_one_ruling():
    assert set(TRUTH) == set(Situation)


@pytest.mark.parametrize("situation", Situation)
def test_nobody_may_try_again_unless_nothing_moved(situation):
    ruling = TRUTH[situation]
    if ruling.next in (NextStep.CLOSE, NextStep.FIX_SETTINGS, NextStep.SEND_AGAIN):
        assert ruling.outcome.moved_money == "no"
    if ruling.next in (NextStep.LOOK_UP, NextStep.ASK_CLERK, NextStep.ASK_MANAGER):
        assert ruling.outcome.moved_money == "maybe"
    if ruling.next == NextStep.BOOK:
        assert ruling.outcome == Outcome.SUCCEEDED


def test_only_one_situation_is_a_success():
    assert [s for s, ruling in TRUTH.items() if ruling.outcome == Outcome.SUCCEEDED] == [
        Situation.APPROVED
    ]


@pytest.mark.parametrize(
    ("status", "body", "situation"),
    [
        (209, {"message": "The payment request was canceled."}, Situation.CANCELLED),
        (202, {}, Situation.NO_ANSWER),
        (400, {"type": "BAD_REQUEST"}, Situation.INVALID),
        (401, {}, Situation.TOKEN_REFUSED),
        (404, {}, Situation.NOT_FOUND),
        (409, {}, Situation.CONFLICT),
        (503, {"type": "RESOURCE_CONFLICT"}, Situation.CONFLICT),
        (415, {}, Situation.INVALID),
        (429, {}, Situation.TOO_MANY),
        (500, {}, Situation.INDETERMINATE),
        (501, {}, Situation.UNSUPPORTED),
        (502, {}, Situation.NO_ANSWER),
        (503, {}, Situation.UNAVAILABLE),
        (504, {}, Situation.ASLEEP),
    ],
)
def test_every_status_has_one_situation(status, body, situation):
    client, _transport = client_for(answer(status, body), pos_id="RAID.1")
    with pytest.raises(errors.GatewayError) as raised:
        client.terminals.pay(_request(), "key-0000000000001")
    assert situation_of_error(raised.value) == situation


@pytest.mark.parametrize(
    ("error", "situation"),
    [
        (errors.NotSentError("x"), Situation.NOT_SENT),
        (errors.RateLimitedError("x"), Situation.TOO_MANY),
        (errors.UnknownOutcomeError("x", code="read_timeout"), Situation.NO_ANSWER),
        (errors.MalformedResponseError("x"), Situation.BROKEN_ANSWER),
        (errors.ConfigurationError("x", code="needs_oauth"), Situation.NOT_SET_UP),
        (errors.PermissionDeniedError("x"), Situation.APP_REFUSED),
        (errors.RequestRejectedError("x", code=codes.CANCELLED), Situation.CANCELLED),
    ],
)
def test_every_class_of_error_has_one_situation(error, situation):
    assert situation_of_error(error) == situation


@pytest.mark.parametrize(
    ("changes", "situation"),
    [
        ({}, Situation.APPROVED),
        ({"tip_amount": 300, "additional_charges": 40}, Situation.APPROVED),
        ({"amount": 400}, Situation.PARTIAL),
        ({"amount": 1100}, Situation.AMOUNT_DIFFERS),
        ({"amount": 0}, Situation.AMOUNT_DIFFERS),
        ({"result": "FAIL"}, Situation.DECLINED),
        ({"result": "PENDING"}, Situation.UNDECIDED),
        ({"result": "A_NEW_WORD"}, Situation.UNDECIDED),
        ({"result": "VOIDED"}, Situation.VOIDED),
        ({"refunds": (PaymentRefund("R", 1000),)}, Situation.VOIDED),
        ({"refunds": (PaymentRefund("R", 999),)}, Situation.GIVEN_BACK),
        ({"tip_amount": 50, "refunds": (PaymentRefund("R", 1000),)}, Situation.GIVEN_BACK),
    ],
)
def test_a_200_is_no_approval_by_itself(changes, situation):
    payment = Payment(**{"id": "P", "amount": 1000, "result": "SUCCESS", **changes})
    assert situation_of_payment(payment, 1000) == situation


def test_the_request_is_final_and_carries_what_it_is_found_by():
    body = {"payment": {"id": "P", "amount": 2050, "result": "SUCCESS"}}
    client, transport = client_for(answer(200, body), pos_id="RAID.1")
    client.terminals.pay(_request(), "key-0000000000001")
    (sent,) = transport.requests
    assert sent.url.endswith("/connect/v1/payments")
    assert sent.headers["Idempotency-Key"] == "key-0000000000001"
    assert sent.headers["X-Clover-Device-Id"] == "C046UG00000001"
    assert sent.headers["X-POS-Id"] == "RAID.1"
    assert sent.headers["X-Clover-Timeout"] == "120"
    assert sent.headers["User-Agent"].startswith("FusionPayments/")
    assert sent.timeout.read > 120
    assert b'"final":true' in sent.body
    assert b'"externalPaymentId":"0123456789abcdef0123456789abcdef"' in sent.body


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"external_payment_id": "x" * 33}, "invalid_external_payment_id"),
        ({"external_payment_id": "0b2f0d5e-0000-4123"}, "invalid_external_payment_id"),
        ({"wait": 301}, "invalid_wait"),
        ({"wait": 0}, "invalid_wait"),
        ({"amount": Money(0, "CAD")}, "invalid_amount"),
    ],
)
def test_what_clover_would_refuse_is_refused_here(changes, code):
    with pytest.raises(errors.ConfigurationError) as raised:
        _request(**changes)
    assert raised.value.code == code


def _answer_with(issues, **payment):
    body = {
        "payment": {"id": "P", "amount": 2050, "result": "SUCCESS", **payment},
        "issues": issues,
    }
    client, _transport = client_for(answer(200, body), pos_id="RAID.1")
    return client.terminals.pay(_request(), "key-0000000000001")


def test_what_clover_warns_of_is_kept_with_its_words_and_the_signature():
    drawing = base64.b64encode(gzip.compress(b"<svg>name</svg>")).decode()
    issues = {
        "signature": {
            "signature": {"format": "SVG", "gzip": drawing},
            "description": "Please verify the signature",
        },
        "duplicate": {"description": "Looks like a duplicate"},
    }
    told = _answer_with(issues, offline=True)
    data = payment_answer(told.payment, _request(), told.issues).data
    assert data["issues"] == ["signature", "duplicate", "offline"]
    assert data["issue_texts"] == ["Please verify the signature", "Looks like a duplicate"]
    assert data["signature_svg"] == "<svg>name</svg>"


@pytest.mark.parametrize(
    "issues",
    [
        {"signature": True, "duplicate": "yes"},
        {"signature": {"signature": {"format": "SVG", "gzip": "no base64!"}, "description": 7}},
        {"signature": {"signature": {"format": "PNG", "gzip": "AAAA"}}},
    ],
)
def test_an_odd_warning_does_not_hide_that_the_payment_was_made(issues):
    told = _answer_with(issues)
    assert told.issues.signature
    assert told.issues.signature_svg is None
    payment = replace(told.payment, currency="CAD")
    assert payment_answer(payment, _request(), told.issues).outcome == Outcome.SUCCEEDED


def test_a_part_without_a_warning_is_named_as_one():
    told = _answer_with({"duplicate": {}}, amount=1000)
    answered = payment_answer(told.payment, _request(), told.issues)
    assert answered.data["issues"] == ["duplicate", "partial"]


def test_a_drawing_is_not_unpacked_without_end():
    bomb = base64.b64encode(gzip.compress(b"<svg>" + bytes(LARGEST))).decode()
    assert read_svg(bomb, "SVG") is None


@pytest.mark.parametrize(
    ("body", "method", "address"),
    [
        ({"deliveryOptions": {"method": "SMS", "additionalData": "514"}}, "SMS", "514"),
        ({"response": [{"method": "PRINT"}]}, "PRINT", None),
        ({}, "NO_RECEIPT", None),
    ],
)
def test_what_the_customer_chooses_is_read_in_every_wrapping(body, method, address):
    client, transport = client_for(answer(200, body), pos_id="RAID.1")
    choice = client.terminals.receipt_options("C046UG00000001")
    assert (choice.method, choice.address) == (method, address)
    assert b"NO_RECEIPT" in transport.requests[0].body


def test_a_request_survives_the_ledger():
    request = _request()
    assert TerminalPaymentRequest.from_dict(request.to_dict()) == request


@pytest.mark.parametrize(
    ("product", "model", "reach"),
    [
        ("Flex 4", None, "cloud"),
        ("Mini 3", None, "cloud"),
        ("Compact", None, "cloud"),
        ("Station Duo", None, "local"),
        ("Station", None, "local"),
        (None, "Clover_C999", "unknown"),
    ],
)
def test_a_device_that_we_do_not_know_is_not_refused(product, model, reach):
    assert Device(id="u", serial="S", product=product, model=model).reach == reach


def test_who_waits_for_a_customer_takes_no_place_from_others(tmp_path):
    taken = []

    class Recorder:
        def place(self, limits, *, max_wait):
            taken.append([limit.at_once for limit in limits])
            raise errors.NotSentError("enough seen")

    transport = LimitedTransport(
        None, Recorder(), app="A", merchant="M", max_wait=1.0, read_max_wait=1.0
    )
    base = "https://api.clover.com/connect/v1"
    for url in (f"{base}/payments", f"{base}/payments/P1/refunds", f"{base}/credits"):
        with pytest.raises(errors.NotSentError):
            transport.send(Request("POST", url))
    with pytest.raises(errors.NotSentError):
        transport.send(Request("POST", f"{base}/device/ping"))
    assert taken == [[TERMINAL_LIMITS[1]]] * 3 + [[5, 10]]


def _request(**changes):
    values = {
        "amount": Money(2050, "CAD"),
        "serial": "C046UG00000001",
        "external_payment_id": "0123456789abcdef0123456789abcdef",
        "wait": 120,
        **changes,
    }
    return TerminalPaymentRequest(**values)
