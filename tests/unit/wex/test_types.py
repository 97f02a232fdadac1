import copy
import dataclasses
import json
import pickle
import traceback
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.idempotency import fingerprint
from odoo.addons.fusion_payment_common.lib.money import MoneyError
from odoo.addons.fusion_wex.client.amounts import json_number, read_amount
from odoo.addons.fusion_wex.client.types import (
    Authorization,
    CardRequest,
    CardSecret,
    CardStatus,
    InvoiceLine,
    IssuedCard,
    PostedTransaction,
    VirtualCard,
)

from .builders import CARD_ID, NUMBER, card_request


def secret(**changes):
    values = {"number": NUMBER, "security_code": "987", "expiry_month": 9, "expiry_year": 2027}
    return CardSecret(**{**values, **changes})


@pytest.mark.parametrize(
    "show", [str, repr, "{}".format, "{:>40}".format, lambda s: f"{s!r}", lambda s: f"{[s]}"]
)
def test_a_secret_shows_its_last_four_digits_however_it_is_printed(show):
    shown = show(secret())
    assert "•••• 1111" in shown
    assert NUMBER not in shown
    assert "987" not in shown


def test_a_secret_inside_an_answer_stays_masked():
    issued = IssuedCard(VirtualCard(CARD_ID, CardStatus.OPEN), secret())
    assert NUMBER not in repr(issued)
    assert "987" not in repr(issued)


@pytest.mark.parametrize(
    "leak",
    [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars, dict, list, dataclasses.asdict],
)
def test_a_secret_cannot_be_copied_or_serialised(leak):
    with pytest.raises(TypeError) as caught:
        leak(secret())
    assert NUMBER not in str(caught.value)


def test_an_answer_with_a_secret_cannot_be_turned_into_a_dictionary():
    issued = IssuedCard(VirtualCard(CARD_ID, CardStatus.OPEN), secret())
    with pytest.raises(TypeError):
        dataclasses.asdict(issued)


def test_number_and_code_come_out_by_two_named_calls_only():
    assert secret().reveal_number() == NUMBER
    assert secret().reveal_security_code() == "987"
    assert (secret().last4, secret().expiry_month, secret().expiry_year) == ("1111", 9, 2027)
    public = {name for name in dir(secret()) if not name.startswith("_")}
    assert public == {
        "expiry_month", "expiry_year", "last4", "reveal_number", "reveal_security_code"
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "4111 1111 1111 1111"},
        {"number": "41111111111"},
        {"number": 4111111111111111},
        {"security_code": "12"},
        {"security_code": ""},
        {"expiry_month": 13},
        {"expiry_year": 27},
    ],
)
def test_a_malformed_secret_is_refused_without_repeating_it(changes):
    with pytest.raises(ValueError, match="card number|code|expiry") as caught:
        secret(**changes)
    assert "1111" not in "".join(traceback.format_exception_only(caught.value))


def test_secrets_are_equal_by_value_and_never_hashed():
    assert secret() == secret()
    assert secret() != secret(security_code=None)
    assert secret() != NUMBER
    with pytest.raises(TypeError):
        hash(secret())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (11.120000000000001, "11.12"),
        (0.1 + 0.2, "0.30"),
        (150, "150.00"),
        ("150.00", "150.00"),
        (Decimal("1.005"), "1.01"),
        (1.005, "1.01"),
    ],
)
def test_an_amount_is_read_by_its_shortest_text(value, text):
    assert str(read_amount(value)) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "eleven", None, True, []])
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(MoneyError):
        read_amount(value)


@pytest.mark.parametrize("text", ["11.12", "0.01", "99999999.99", "0.10", "4503599.27"])
def test_the_number_on_the_wire_is_exactly_the_amount(text):
    assert Decimal(json.dumps(json_number(Decimal(text)))) == Decimal(text)


def test_an_amount_without_an_exact_number_is_not_sent():
    with pytest.raises(ConfigurationError):
        json_number(Decimal("0.12345678901234567890"))


def test_a_whole_amount_is_a_whole_number_on_the_wire():
    assert json.dumps(json_number(Decimal("150.00"))) == "150"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reference": ""}, "invalid_reference"),
        ({"reference": "a" * 65}, "invalid_reference"),
        ({"reference": "naïve"}, "invalid_reference"),
        ({"amount": Decimal("0")}, "invalid_amount"),
        ({"amount": Decimal("-1")}, "invalid_amount"),
        ({"amount": Decimal("NaN"), "invoices": ()}, "invalid_amount"),
        ({"amount": Decimal("100000000")}, "invalid_amount"),
        ({"amount": Decimal("11.125"), "invoices": ()}, "invalid_amount"),
        ({"amount": 150.0, "invoices": ()}, "invalid_amount"),
        ({"currency": "usd"}, "invalid_currency"),
        ({"vendor_name": " "}, "invalid_vendor"),
        ({"max_uses": 0}, "invalid_uses"),
        (
            {"valid_from": date(2025, 9, 2), "valid_until": date(2025, 9, 1)},
            "invalid_validity",
        ),
        (
            {"invoices": (InvoiceLine("I", date(2025, 8, 19), Decimal("149.99")),)},
            "invoices_differ",
        ),
    ],
)
def test_a_request_no_issuer_could_accept_is_refused(changes, code):
    with pytest.raises(ConfigurationError) as caught:
        card_request(**changes)
    assert caught.value.code == code


def test_several_bills_and_a_credit_note_add_up():
    day = date(2025, 8, 19)
    lines = tuple(
        InvoiceLine(number, day, Decimal(amount))
        for number, amount in (("A", "100.10"), ("B", "60.20"), ("C", "-10.30"))
    )
    assert card_request(invoices=lines).amount == Decimal("150.00")


def test_a_bill_without_number_or_with_fractions_of_a_cent_is_refused():
    with pytest.raises(ConfigurationError):
        InvoiceLine(" ", date(2025, 8, 19), Decimal("1"))
    with pytest.raises(ConfigurationError):
        InvoiceLine("A", date(2025, 8, 19), Decimal("1.001"))


def test_a_request_names_the_controls_it_relies_on():
    assert card_request().controls == frozenset()
    request = card_request(
        valid_from=date(2025, 8, 20), valid_until=date(2025, 9, 20), max_uses=1,
        exact_amount=True, delivery_email="a@b.example",
    )  # fmt: skip
    assert request.controls == {
        "valid_from", "valid_until", "max_uses", "exact_amount", "delivery_email"
    }  # fmt: skip


def test_what_is_stored_survives_a_json_column():
    moment = datetime(2025, 8, 19, 12, 30, tzinfo=UTC)
    objects = [
        card_request(valid_until=date(2025, 9, 19), max_uses=1),
        VirtualCard(
            CARD_ID, CardStatus.OPEN, amount=Decimal("11.12"), last4="1111", created_at=moment
        ),
        Authorization("A1", CARD_ID, Decimal("1.10"), "approved", authorized_at=moment),
        PostedTransaction("T1", CARD_ID, Decimal("-1.10"), posting_date=date(2025, 8, 20)),
    ]
    for stored in objects:
        document = json.loads(json.dumps(stored.to_dict()))
        assert type(stored).from_dict(document) == stored
    assert objects[1].to_dict()["amount"] == "11.12"


def test_a_stored_request_has_a_fingerprint():
    assert fingerprint(card_request().to_dict()) == fingerprint(
        CardRequest.from_dict(card_request().to_dict()).to_dict()
    )


def test_the_limit_of_a_card_is_its_amount_where_no_limit_is_told():
    card = VirtualCard(CARD_ID, CardStatus.OPEN, amount=Decimal("5.00"))
    assert card.limit == Decimal("5.00")
    card = VirtualCard(CARD_ID, CardStatus.OPEN, amount=Decimal("5"), credit_limit=Decimal("4"))
    assert card.limit == Decimal("4")


def test_a_posting_below_zero_is_a_credit():
    assert PostedTransaction("T", CARD_ID, Decimal("-0.01")).is_credit
    assert not PostedTransaction("T", CARD_ID, Decimal("0.01")).is_credit
