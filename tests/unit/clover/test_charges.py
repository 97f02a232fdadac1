import pytest

from odoo.addons.fusion_clover.client.charges import MISMATCH, charge_outcome, read_charge
from odoo.addons.fusion_clover.client.types import Charge, ChargeRequest, StoredCredentials
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.money import Money

from ..fakes import answer
from .builders import CHARGE_ID, KEY, MERCHANT, charge_body, charge_request, client_for


def test_a_charge_is_asked_for_exactly_as_documented():
    client, transport = client_for(answer(200, charge_body()))
    client.charges.create(
        charge_request(
            external_reference_id="INV1001",
            description="Invoice 1001",
            receipt_email="buyer@example.com",
            client_ip="192.0.2.7",
            ecomind="moto",
            tip=Money(100, "USD"),
            stored_credentials=StoredCredentials("FIRST", "CARDHOLDER"),
        ),
        KEY,
    )
    (request,) = transport.requests
    assert (request.method, request.url) == (
        "POST",
        "https://scl-sandbox.dev.clover.com/v1/charges",
    )
    assert transport.bodies == [
        {
            "amount": 1358,
            "currency": "usd",
            "source": "clv_1TSTSxxxxxxxxxxxxxxxxxxx",
            "capture": True,
            "ecomind": "moto",
            "external_reference_id": "INV1001",
            "description": "Invoice 1001",
            "receipt_email": "buyer@example.com",
            "tip_amount": 100,
            "stored_credentials": {
                "sequence": "FIRST",
                "initiator": "CARDHOLDER",
                "is_scheduled": False,
            },
        }
    ]
    assert request.headers["Idempotency-Key"] == KEY
    assert request.headers["X-Forwarded-For"] == "192.0.2.7"
    assert request.headers["X-Clover-Merchant-Id"] == MERCHANT
    assert request.headers["Authorization"] == "Bearer access-1"
    assert request.headers["User-Agent"] == "FusionPayments/19.0.1"


def test_what_was_not_given_is_not_sent():
    client, transport = client_for(answer(200, charge_body(captured=False)))
    client.charges.create(charge_request(capture=False), KEY)
    assert transport.bodies == [
        {
            "amount": 1358,
            "currency": "usd",
            "source": "clv_1TSTSxxxxxxxxxxxxxxxxxxx",
            "capture": False,
            "ecomind": "ecom",
        }
    ]
    assert "X-Forwarded-For" not in transport.requests[0].headers


def test_the_documented_answer_is_read_completely():
    client, _ = client_for(answer(200, charge_body(external_reference_id="INV1001")))
    assert client.charges.create(charge_request(), KEY) == Charge(
        id=CHARGE_ID,
        amount=1358,
        currency="USD",
        status="succeeded",
        raw_status="succeeded",
        paid=True,
        captured=True,
        auth_code="OK4447",
        ref_num="116400500490",
        brand="VISA",
        first6="424242",
        last4="4242",
        exp_month="12",
        exp_year="2030",
        order_id=None,
        external_reference_id="INV1001",
        created_ms=1623551758243,
        source_id="clv_1TSTSxxxxxxxxxxxxxxxxxxx",
    )


def test_a_charge_is_read_again_by_its_id():
    body = charge_body(order={"id": "Z1X2C3V4B5N6M"}, refunded=True, amount_refunded=1358)
    client, transport = client_for(answer(200, body))
    charge = client.charges.retrieve(CHARGE_ID)
    assert (charge.order_id, charge.refunded, charge.amount_refunded) == (
        "Z1X2C3V4B5N6M",
        True,
        1358,
    )
    assert (transport.requests[0].method, transport.requests[0].url) == (
        "GET",
        f"https://scl-sandbox.dev.clover.com/v1/charges/{CHARGE_ID}",
    )


@pytest.mark.parametrize(
    ("amount", "body"), [(None, {}), (Money(1000, "USD"), {"amount": 1000})]
)
def test_a_capture_takes_all_or_the_amount_given(amount, body):
    client, transport = client_for(answer(200, charge_body()))
    assert client.charges.capture(CHARGE_ID, amount, KEY).captured is True
    assert transport.requests[0].url.endswith(f"/v1/charges/{CHARGE_ID}/capture")
    assert transport.requests[0].headers["Idempotency-Key"] == KEY
    assert transport.bodies == [body]


@pytest.mark.parametrize("charge_id", ["", None, "../refunds", "a/b", "a?b", "a b", "x" * 65])
def test_an_id_that_would_change_the_path_is_refused_and_nothing_is_sent(charge_id):
    client, transport = client_for()
    with pytest.raises(errors.ConfigurationError):
        client.charges.retrieve(charge_id)
    with pytest.raises(errors.ConfigurationError):
        client.charges.capture(charge_id, None, KEY)
    assert transport.requests == []


# --- what an answer means ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("_case", "changes", "asked", "expected"),
    [
        ("as asked", {}, {}, "succeeded"),
        ("upper case words", {"currency": "USD", "status": "SUCCEEDED"}, {}, "succeeded"),
        ("captured not told", {"captured": ...}, {}, "succeeded"),
        ("pending", {"status": "pending", "paid": False}, {}, "pending"),
        ("failed", {"status": "failed", "paid": False}, {}, "declined"),
        ("a word we do not know", {"status": "reversed"}, {}, "unknown"),
        ("not paid", {"paid": False}, {}, "unknown"),
        ("paid not told", {"paid": ...}, {}, "unknown"),
        ("more than asked", {"amount": 1359}, {}, MISMATCH),
        ("less than asked", {"amount": 1357}, {}, MISMATCH),
        ("another currency", {"currency": "cad"}, {}, MISMATCH),
        ("authorized only", {"captured": False}, {}, MISMATCH),
        ("authorized as asked", {"captured": False}, {"capture": False}, "succeeded"),
        ("tip as asked", {"tip_amount": 50}, {"tip": Money(50, "USD")}, "succeeded"),
        ("tip not taken", {}, {"tip": Money(50, "USD")}, MISMATCH),
        ("tip nobody asked for", {"tip_amount": 50}, {}, MISMATCH),
        ("surcharge of the gateway", {"additional_charges": [{"amount": 33}]}, {}, "succeeded"),
    ],
)
def test_a_charge_succeeded_only_if_everything_is_as_asked(_case, changes, asked, expected):
    charge = read_charge(charge_body(**changes))
    assert charge_outcome(charge, charge_request(**asked)) == expected


@pytest.mark.parametrize(
    ("written", "total"),
    [
        (..., 0),
        (None, 0),
        ([], 0),
        ({}, 0),
        ([{"amount": 33}, {"amount": 2}], 35),
        ({"elements": [{"amount": 33}]}, 33),
        ({"amount": 33, "type": "CREDIT_SURCHARGE"}, 33),
    ],
)
def test_what_clover_added_is_summed_however_it_is_written(written, total):
    charge = read_charge(charge_body(additional_charges=written, tip_amount=10))
    assert (charge.additional_charges, charge.total) == (total, 1368 + total)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ...}, {"id": ""}, {"id": None}, {"id": ["x"]},
        {"amount": ...}, {"amount": "1358"}, {"amount": 1358.0}, {"amount": True},
        {"currency": ...}, {"currency": 5.5}, {"status": ...}, {"status": ""},
        {"paid": "true"}, {"captured": 1}, {"source": []}, {"created": "now"},
        {"additional_charges": "none"}, {"additional_charges": [5]},
        {"additional_charges": [{"amount": 1.5}]}, {"tip_amount": "0"}, {"order": 1.5},
    ],
)  # fmt: skip
def test_a_charge_with_a_missing_or_wrong_part_leaves_the_outcome_unknown(changes):
    client, _ = client_for(answer(200, charge_body(**changes)))
    with pytest.raises(errors.MalformedResponseError) as caught:
        client.charges.create(charge_request(), KEY)
    assert caught.value.outcome == "unknown"


@pytest.mark.parametrize("document", [None, [], "ok", 5, True])
def test_a_success_that_is_no_charge_leaves_the_outcome_unknown(document):
    client, _ = client_for(answer(200, document))
    with pytest.raises(errors.MalformedResponseError):
        client.charges.create(charge_request(), KEY)


@pytest.mark.parametrize("changes", [{"source": ...}, {"source": None}, {"source": "clv_1abcd"}])
def test_a_charge_without_card_details_is_still_a_charge(changes):
    charge = read_charge(charge_body(**changes))
    assert (charge.id, charge.last4) == (CHARGE_ID, None)
    assert charge.source_id == (changes["source"] if changes["source"] is not ... else None)


# --- requests that must not be made -----------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": Money(0, "USD")}, "invalid_amount"),
        ({"amount": Money(-1, "USD")}, "invalid_amount"),
        ({"amount": Money(100_000_000, "USD")}, "invalid_amount"),
        ({"amount": Money(100, "JPY", 0)}, "unsupported_currency"),
        ({"amount": Money(100, "KWD", 3)}, "unsupported_currency"),
        ({"external_reference_id": "INV/2024/1"}, "invalid_external_reference"),
        ({"external_reference_id": "ABCDEFGHIJKLM"}, "invalid_external_reference"),
        ({"external_reference_id": " A"}, "invalid_external_reference"),
        ({"source": ""}, "invalid_source"),
        ({"source": "4242424242424242"}, "invalid_source"),
        ({"source": "4242 4242 4242 4242"}, "invalid_source"),
        ({"description": "card 4242424242424242"}, "card_number"),
        ({"ecomind": "phone"}, "invalid_ecomind"),
        ({"tip": Money(-1, "USD")}, "invalid_tip_amount"),
        ({"tip": Money(1, "CAD")}, "invalid_tip_amount"),
    ],
)
def test_a_request_clover_would_refuse_is_not_even_built(changes, code):
    with pytest.raises(errors.ConfigurationError) as caught:
        charge_request(**changes)
    assert caught.value.code == code
    assert "4242424242424242" not in f"{caught.value!r}"


@pytest.mark.parametrize("reference", ["A", "INV 1001", "ABCDEFGHIJKL", None])
def test_a_reference_of_up_to_twelve_characters_is_accepted(reference):
    assert charge_request(external_reference_id=reference).external_reference_id == reference


def test_the_largest_amount_is_accepted():
    assert charge_request(amount=Money(99_999_999, "USD")).amount.minor == 99_999_999


def test_a_request_survives_a_json_column():
    request = charge_request(
        tip=Money(5, "USD"), stored_credentials=StoredCredentials("SUBSEQUENT", "MERCHANT", True)
    )
    assert ChargeRequest.from_dict(request.to_dict()) == request
