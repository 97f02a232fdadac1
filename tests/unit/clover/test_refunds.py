import pytest

from odoo.addons.fusion_clover.client.charges import MISMATCH
from odoo.addons.fusion_clover.client.refunds import read_refund, refund_outcome
from odoo.addons.fusion_clover.client.types import Refund
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.money import Money

from ..fakes import answer
from .builders import CHARGE_ID, KEY, client_for, refund_body

AMOUNT = Money(200, "USD")


def create(client, amount=AMOUNT, reason="requested_by_customer", reference="RF1001"):
    return client.refunds.create(CHARGE_ID, amount, reason, reference, KEY)


def test_a_refund_always_sends_its_amount():
    client, transport = client_for(answer(200, refund_body()), answer(200, refund_body()))
    create(client)
    create(client, reason=None, reference=None)
    assert transport.bodies == [
        {
            "charge": CHARGE_ID,
            "amount": 200,
            "reason": "requested_by_customer",
            "external_reference_id": "RF1001",
        },
        {"charge": CHARGE_ID, "amount": 200},
    ]
    assert transport.requests[0].url == "https://scl-sandbox.dev.clover.com/v1/refunds"
    assert transport.requests[0].headers["Idempotency-Key"] == KEY


def test_the_documented_answer_is_read_completely():
    body = refund_body(additional_charges={"elements": [{"amount": 7}]})
    client, _ = client_for(answer(200, body))
    assert create(client) == Refund(
        id="N97G2QE705Q4T",
        amount=200,
        charge_id=CHARGE_ID,
        status="succeeded",
        raw_status="succeeded",
        currency="USD",
        reason="requested_by_customer",
        created_ms=1623551959000,
        additional_charges=7,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "succeeded"),
        ({"currency": ...}, "succeeded"),
        ({"status": "pending"}, "pending"),
        ({"status": "failed"}, "declined"),
        ({"status": "settling"}, "unknown"),
        ({"amount": 1358}, MISMATCH),
        ({"currency": "cad"}, MISMATCH),
        ({"charge": "AAAAAAAAAAAAA"}, MISMATCH),
    ],
)
def test_a_refund_succeeded_only_if_everything_is_as_asked(changes, expected):
    assert refund_outcome(read_refund(refund_body(**changes)), CHARGE_ID, AMOUNT) == expected


@pytest.mark.parametrize(
    "changes", [{"id": ...}, {"amount": ...}, {"amount": 2.0}, {"charge": ...}, {"status": ...}]
)
def test_a_refund_with_a_missing_or_wrong_part_leaves_the_outcome_unknown(changes):
    client, _ = client_for(answer(200, refund_body(**changes)))
    with pytest.raises(errors.MalformedResponseError):
        create(client)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Money(0, "USD")},
        {"amount": Money(-200, "USD")},
        {"amount": Money(200, "JPY", 0)},
        {"reason": "because"},
        {"reference": "longer than twelve"},
    ],
)
def test_a_refund_clover_would_refuse_is_not_sent(changes):
    client, transport = client_for()
    with pytest.raises(errors.ConfigurationError):
        create(client, **changes)
    assert transport.requests == []


@pytest.mark.parametrize("wrapper", ["data", "elements"])
def test_the_refunds_of_a_charge_are_listed_and_strangers_dropped(wrapper):
    rows = [refund_body(), refund_body(id="OTHERREFUND01", charge="OTHERCHARGE01")]
    client, transport = client_for(answer(200, {"object": "list", wrapper: rows}))
    assert [refund.id for refund in client.refunds.list_for_charge(CHARGE_ID)] == ["N97G2QE705Q4T"]
    assert transport.requests[0].url.endswith(f"/v1/refunds?charge={CHARGE_ID}&limit=100")


def test_a_refund_is_read_again_by_its_id():
    client, transport = client_for(answer(200, refund_body()))
    assert client.refunds.retrieve("N97G2QE705Q4T").amount == 200
    assert transport.requests[0].url.endswith("/v1/refunds/N97G2QE705Q4T")


def test_a_refund_survives_a_json_column():
    refund = read_refund(refund_body())
    assert Refund.from_dict(refund.to_dict()) == refund
