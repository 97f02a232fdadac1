from urllib.parse import parse_qs, urlsplit

import pytest

from odoo.addons.fusion_clover.client import gateway_calls
from odoo.addons.fusion_clover.client.payments import read_payment
from odoo.addons.fusion_clover.client.types import Payment, PaymentRefund
from odoo.addons.fusion_payment_common.lib import errors

from ..fakes import answer
from .builders import CHARGE_ID, MERCHANT, client_for, payment_body

BASE = f"https://apisandbox.dev.clover.com/v3/merchants/{MERCHANT}/payments"


def query(request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url).query)


def test_the_documented_payment_is_read_completely():
    refunds = {"elements": [{"id": "REFUND0000001", "amount": 200, "createdTime": 5}]}
    body = payment_body(refunds=refunds, additionalCharges={"elements": [{"amount": 33}]})
    refund = {"id": "REFUND0000001", "amount": 200}
    client, transport = client_for(answer(200, body), answer(200, refund))
    payment = client.payments.retrieve(CHARGE_ID)
    assert payment == Payment(
        id=CHARGE_ID,
        amount=1358,
        result="SUCCESS",
        additional_charges=33,
        currency="USD",
        created_ms=1623551758243,
        modified_ms=1623551758300,
        order_id="Z1X2C3V4B5N6M",
        device_id="9c0d2d0e-6f55-1c3a-0b5e-000000000000",
        tender_key="com.clover.tender.credit_card",
        external_reference_id="INV1001",
        card_type="VISA",
        entry_type="KEYED",
        first6="424242",
        last4="4242",
        auth_code="OK4447",
        reference_id="116400500490",
        transaction_no="000123",
        transaction_type="AUTH",
        transaction_state="CLOSED",
        refunds=(PaymentRefund("REFUND0000001", 200, 5),),
    )
    assert (payment.total, payment.returned) == (1391, 200)
    assert transport.requests[0].url.startswith(f"{BASE}/{CHARGE_ID}?")
    assert "refunds" in query(transport.requests[0])["expand"][0].split(",")


def test_a_payment_over_the_ecommerce_interface_has_no_device():
    body = payment_body(device={"id": "00000000-0000-0000-0000-000000000000"})
    client, _ = client_for(answer(200, body))
    assert client.payments.retrieve(CHARGE_ID).device_id is None


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("SUCCESS", {"is_approved"}),
        ("AUTH", {"is_approved"}),
        ("AUTH_COMPLETED", {"is_approved"}),
        ("FAIL", {"is_failed"}),
        ("VOIDED", {"is_voided"}),
        ("INITIATED", {"is_pending"}),
        ("PENDING", {"is_pending"}),
        ("OFFLINE_RETRYING", {"is_pending"}),
        ("VOIDING", {"is_pending"}),
        ("VOID_FAILED", set()),
        ("SOMETHING_NEW", set()),
        (None, set()),
    ],
)
def test_a_result_is_one_thing_at_most_and_an_unknown_one_is_nothing(result, words):
    payment = read_payment(payment_body(result=result))
    properties = ("is_approved", "is_failed", "is_voided", "is_pending")
    assert {name for name in properties if getattr(payment, name)} == words


def test_all_of_a_voided_payment_was_given_back_although_it_lists_no_refund():
    payment = read_payment(payment_body(result="VOIDED", voidReason="USER_CANCEL"))
    assert (payment.returned, payment.void_reason) == (1358, "USER_CANCEL")


def test_a_payment_survives_a_json_column():
    payment = read_payment(payment_body(refunds={"elements": [{"id": "R", "amount": 1}]}))
    assert Payment.from_dict(payment.to_dict()) == payment


def test_a_lost_payment_is_searched_by_our_reference_within_a_time():
    client, transport = client_for(answer(200, {"elements": [payment_body()]}))
    (found,) = client.payments.find_by_external_reference("INV1001", since_ms=1623550000000)
    assert found.id == CHARGE_ID
    (request,) = transport.requests
    assert request.method == "GET"
    assert query(request)["filter"] == ["externalReferenceId=INV1001", "createdTime>=1623550000000"]
    assert "externalReferenceId" in query(request)["expand"][0].split(",")


@pytest.mark.parametrize("reference", ["INV1002", "inv1001", None])
def test_a_payment_that_does_not_carry_our_reference_is_not_ours(reference):
    rows = [payment_body(externalReferenceId=reference)]
    client, _ = client_for(answer(200, {"elements": rows}))
    assert client.payments.find_by_external_reference("INV1001", since_ms=0) == []


def test_a_terminal_payment_is_searched_by_its_external_id():
    external_id = "abcdef0123456789abcdef0123456789"
    rows = [payment_body(externalPaymentId=external_id), payment_body(id="OTHER00000001")]
    client, transport = client_for(answer(200, {"elements": rows}))
    (found,) = client.payments.find_by_external_payment_id(external_id, since_ms=7)
    assert found.external_payment_id == external_id
    assert query(transport.requests[0])["filter"] == [
        f"externalPaymentId={external_id}",
        "createdTime>=7",
    ]


def test_a_reference_that_would_change_the_filter_is_refused():
    client, transport = client_for()
    with pytest.raises(errors.ConfigurationError):
        client.payments.find_by_external_reference("A&filter=x", since_ms=0)
    assert transport.requests == []


def test_a_list_is_read_page_by_page(monkeypatch):
    monkeypatch.setattr(gateway_calls, "PAGE_SIZE", 2)
    # Fewer than were asked for: the server's own limit may be lower than ours.
    pages = [[payment_body(id="A"), payment_body(id="B")], [payment_body(id="C")]]
    client, transport = client_for(*(answer(200, {"elements": page}) for page in pages))
    listed = list(client.payments.list_created(since_ms=1, until_ms=9))
    assert [payment.id for payment in listed] == ["A", "B", "C"]
    assert [(query(r)["limit"], query(r)["offset"]) for r in transport.requests] == [
        (["500"], ["0"]),
        (["500"], ["2"]),
    ]
    assert query(transport.requests[0])["filter"] == ["createdTime<9", "createdTime>=1"]


def test_a_list_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(gateway_calls, "PAGE_SIZE", 1)
    monkeypatch.setattr(gateway_calls, "MAX_PAGES", 3)
    client, transport = client_for(*[answer(200, {"elements": [payment_body()]})] * 5)
    with pytest.raises(errors.MalformedResponseError):
        list(client.payments.list_created(since_ms=1))
    assert len(transport.requests) == 3


@pytest.mark.parametrize("merchant_id", ["", "../x", "A B"])
def test_without_a_proper_merchant_nothing_is_sent(merchant_id):
    client, transport = client_for(merchant_id=merchant_id)
    with pytest.raises(errors.ConfigurationError):
        client.payments.retrieve(CHARGE_ID)
    assert transport.requests == []
