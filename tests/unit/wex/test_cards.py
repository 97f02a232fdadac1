from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_wex.client.errors import AccountSettingsError, CardDataUnavailableError
from odoo.addons.fusion_wex.client.types import Authorization, CardStatus, PostedTransaction

from ..fakes import answer
from .builders import CARD_ID, NUMBER, REFERENCE, URL, client_for, log_body


def listed(**changes):
    return log_body(detailed_response_message=..., **changes)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", "open"), ("Open", "open"), ("WaitingForApproval", "awaiting_approval"),
        ("Matched", "settled"), ("Reconciled", "settled"), ("closed", "closed"),
        ("cancelled", "closed"), ("Expired", "expired"), ("Error", "error"),
        ("Overdrawn", "error"), ("InsufficientFunds", "error"), ("Sleeping", "unknown"),
    ],
)  # fmt: skip
def test_every_documented_word_is_understood_and_others_are_unknown(word, status):
    client, _ = client_for(answer(200, listed(payment_status=word)))
    card = client.retrieve(CARD_ID)
    assert (card.status, card.raw_status) == (status, word)
    assert card.status.is_usable is (status == "open")


def test_a_card_is_read_by_its_id_and_its_number_dropped():
    client, transport = client_for(answer(200, listed()))
    card = client.retrieve(CARD_ID)
    assert (transport.requests[0].method, transport.requests[0].url) == ("GET", f"{URL}/{CARD_ID}")
    assert card.last4 == "1111"
    assert NUMBER not in repr(card)


def test_another_card_than_the_one_asked_for_is_not_taken():
    client, _ = client_for(answer(200, listed(id="another")))
    with pytest.raises(errors.MalformedResponseError):
        client.retrieve(CARD_ID)


@pytest.mark.parametrize("card_id", ["", "a/b", "../x", "a?b", "ä", "a" * 65])
def test_a_malformed_id_is_not_sent(card_id):
    client, transport = client_for()
    with pytest.raises(errors.ConfigurationError):
        client.retrieve(card_id)
    assert transport.requests == []


def test_an_unknown_card_is_not_found():
    client, _ = client_for(answer(404, {"Message": "x"}))
    with pytest.raises(errors.NotFoundError):
        client.retrieve(CARD_ID)


@pytest.mark.parametrize("find", [{"method": "GET", "path": ""}, {"method": "GET", "path": "/q"}])
def test_a_collection_that_is_not_found_is_a_wrong_address(find):
    client, _ = client_for(answer(404, {"Message": "x"}), profile={"find": find})
    with pytest.raises(AccountSettingsError):
        client.check()


def test_a_card_is_revealed_on_demand():
    client, _ = client_for(answer(200, listed()))
    assert client.reveal(CARD_ID).reveal_number() == NUMBER


@pytest.mark.parametrize(
    "card",
    [
        None,
        {"number": "************1111", "expiration": "2027-09-01"},
        {"number": "411111XXXXXX1111", "expiration": "2027-09-01"},
    ],
)
def test_a_masked_card_is_not_revealed(card):
    client, _ = client_for(answer(200, listed(virtual_card=card)))
    with pytest.raises(CardDataUnavailableError):
        client.reveal(CARD_ID)


def test_a_masked_code_is_no_code():
    card = {"number": NUMBER, "security_code": "***", "expiration": "09/27"}
    client, _ = client_for(answer(200, listed(virtual_card=card)))
    secret = client.reveal(CARD_ID)
    assert secret.reveal_security_code() is None
    assert (secret.expiry_month, secret.expiry_year) == (9, 2027)


def test_where_numbers_are_not_shown_later_nothing_is_asked():
    client, transport = client_for(profile={"reads_number_later": False})
    with pytest.raises(CardDataUnavailableError):
        client.reveal(CARD_ID)
    assert transport.requests == []
    assert client.capabilities.reveals_later is False


def test_a_query_names_reference_and_limit_and_nothing_that_could_hide_a_card():
    client, transport = client_for(answer(200, {"merchant_logs": [listed()]}))
    (card,) = client.find_by_reference(REFERENCE)
    assert card.id == CARD_ID
    parts = urlsplit(transport.requests[0].url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == URL
    assert parse_qs(parts.query) == {
        "user_defined_field": [REFERENCE],
        "max_returned": ["50"],
    }


def test_cards_of_another_reference_are_dropped():
    other = listed(id="other", user_defined_fields=["Acme", "PAY-001/2"])
    client, _ = client_for(answer(200, [other, listed()]))
    assert [card.id for card in client.find_by_reference(REFERENCE)] == [CARD_ID]


def test_a_reference_in_another_slot_is_not_ours():
    client, _ = client_for(answer(200, [listed(user_defined_fields=[REFERENCE, "x"])]))
    assert client.find_by_reference(REFERENCE) == []


def test_bare_ids_are_read_one_by_one():
    client, transport = client_for(
        answer(200, {"merchant_logs": ["other", CARD_ID]}),
        answer(200, listed(id="other", user_defined_fields=["Acme", "x"])),
        answer(200, listed()),
    )
    assert [card.id for card in client.find_by_reference(REFERENCE)] == [CARD_ID]
    assert [request.url.rsplit("/", 1)[1] for request in transport.requests[1:]] == [
        "other", CARD_ID
    ]  # fmt: skip


def test_a_full_list_without_the_card_proves_nothing():
    rows = [listed(id=f"c{n}", user_defined_fields=["A", "x"]) for n in range(3)]
    client, _ = client_for(answer(200, rows), profile={"query_limit": 3})
    with pytest.raises(errors.UnknownOutcomeError) as caught:
        client.find_by_reference(REFERENCE)
    assert caught.value.code == "incomplete_list"


def test_a_card_that_hides_its_reference_proves_nothing():
    hidden = listed(user_defined_fields=...)
    client, _ = client_for(answer(200, [hidden]), answer(200, hidden))
    with pytest.raises(errors.UnknownOutcomeError):
        client.find_by_reference(REFERENCE)


@pytest.mark.parametrize(
    "document", [{}, {"merchant_logs": {}}, [3], [None], [{}], [{"id": ""}], b"", b"null"]
)
def test_a_list_that_cannot_be_read_is_not_an_empty_one(document):
    client, _ = client_for(answer(200, document))
    with pytest.raises(errors.UnknownOutcomeError):
        client.find_by_reference(REFERENCE)


def test_a_query_may_be_a_post():
    client, transport = client_for(
        answer(200, []),
        profile={
            "find": {"method": "POST", "path": "/query", "body": {"source": "api"}},
            "query": {"reference": "udf", "limit": None},
        },
    )
    assert client.find_by_reference(REFERENCE) == []
    assert transport.requests[0].url == f"{URL}/query"
    assert transport.bodies == [{"source": "api", "udf": REFERENCE}]


def test_a_check_asks_for_a_card_that_does_not_exist():
    client, transport = client_for(answer(200, []), answer(401, {"Message": "x"}))
    client.check()
    with pytest.raises(errors.AuthenticationError):
        client.check()
    assert [request.method for request in transport.requests] == ["GET", "GET"]


def test_a_cancel_reads_closes_and_reads_again():
    client, transport = client_for(
        answer(200, listed()), answer(200, b""), answer(200, listed(payment_status="closed"))
    )
    assert client.cancel(CARD_ID).status is CardStatus.CLOSED
    assert [request.method for request in transport.requests] == ["GET", "PUT", "GET"]
    assert transport.bodies[1] == {"payment_status": "closed"}


def test_a_cancel_may_have_another_verb():
    verb = {"method": "PATCH", "path": "/{id}", "body": {"status": "cancelled"}}
    client, transport = client_for(
        answer(200, listed()), answer(200, {}), answer(200, listed(payment_status="cancelled")),
        profile={"cancel": verb},
    )  # fmt: skip
    client.cancel(CARD_ID)
    assert (transport.requests[1].method, transport.bodies[1]) == (
        "PATCH", {"status": "cancelled"}
    )  # fmt: skip


@pytest.mark.parametrize("word", ["closed", "expired"])
def test_a_card_that_is_closed_already_is_not_closed_again(word):
    client, transport = client_for(answer(200, listed(payment_status=word)))
    client.cancel(CARD_ID)
    assert len(transport.requests) == 1


def test_a_cancel_that_is_not_seen_afterwards_is_unknown():
    client, _ = client_for(answer(200, listed()), answer(200, {}), answer(200, listed()))
    with pytest.raises(errors.UnknownOutcomeError) as caught:
        client.cancel(CARD_ID)
    assert (caught.value.code, caught.value.provider_reference) == ("cancel_not_confirmed", CARD_ID)


def test_a_cancel_that_is_refused_in_a_2xx_is_refused():
    refusal = {"detailed_response_message": "NoPrivilege: x"}
    client, _ = client_for(answer(200, listed()), answer(200, refusal))
    with pytest.raises(errors.PermissionDeniedError):
        client.cancel(CARD_ID)


def test_authorizations_are_read_under_the_names_of_the_push():
    rows = [
        {"authorization_id": "A1", "authorization_date_time": "2025-08-20T10:00:00", "amount": 1.1,
         "billing_currency": "usd", "response": "Approval", "approval_code": "123456",
         "merchant_name": "ACME", "category_code": "5999"},
        {"id": 7, "amount": "2", "response": "Decline", "decline_reason_code": "51",
         "decline_reason_message": "Over the limit"},
        {"id": "A3", "amount": -1.1, "response": "Reversal"},
        {"id": "A4", "amount": 1, "response": "Pondering"},
    ]  # fmt: skip
    client, transport = client_for(
        answer(200, {"authorizations": rows}), profile={"timezone": "America/Chicago"}
    )
    found = client.list_authorizations(CARD_ID)
    assert transport.requests[0].url == f"{URL}/{CARD_ID}/authorizations"
    assert found[0] == Authorization(
        id="A1", card_id=CARD_ID, amount=Decimal("1.10"), result="approved", response="Approval",
        authorized_at=datetime(2025, 8, 20, 15, 0, tzinfo=UTC), currency="USD",
        approval_code="123456", merchant_name="ACME", merchant_category="5999",
    )  # fmt: skip
    assert [(one.id, one.result, str(one.amount)) for one in found[1:]] == [
        ("7", "declined", "2.00"), ("A3", "reversed", "1.10"), ("A4", "unknown", "1.00"),
    ]  # fmt: skip
    assert (found[1].decline_code, found[1].decline_reason) == ("51", "Over the limit")


def test_transactions_are_read_under_their_observed_names_and_credits_are_negative():
    rows = [
        {"id": 1, "transaction_date": "2025-08-20T23:30:00-07:00", "posting_date": "2025-08-21",
         "billing_amount": 11.120000000000001, "transaction_type": "Purchase",
         "merchant_description": "ACME", "is_credit": False},
        {"id": 2, "billing_amount": 1.5, "is_credit": True},
        {"id": 3, "billing_amount": -1.5, "is_credit": True},
    ]  # fmt: skip
    client, transport = client_for(answer(200, {"transactions": rows}))
    found = client.list_transactions(CARD_ID)
    assert transport.requests[0].url == f"{URL}/{CARD_ID}/transactions"
    assert found[0] == PostedTransaction(
        id="1", card_id=CARD_ID, amount=Decimal("11.12"), transaction_date=date(2025, 8, 20),
        posting_date=date(2025, 8, 21), kind="Purchase", merchant_name="ACME",
    )  # fmt: skip
    assert [str(one.amount) for one in found[1:]] == ["-1.50", "-1.50"]


@pytest.mark.parametrize(
    "changes",
    [
        {"is_credit": "no"},
        {"posting_date": "soon"},
        {"posting_date": 20250821.5},
        {"merchant_description": ["ACME"]},
        {"billing_amount": {"value": 1}},
    ],
)
def test_a_transaction_with_a_wrong_type_is_not_guessed_around(changes):
    row = {"id": 1, "billing_amount": 1, "is_credit": False, **changes}
    client, _ = client_for(answer(200, {"transactions": [row]}))
    with pytest.raises(errors.MalformedResponseError):
        client.list_transactions(CARD_ID)


def test_a_time_that_is_none_is_not_guessed_around():
    client, _ = client_for(answer(200, listed(created_date="noon")))
    with pytest.raises(errors.MalformedResponseError):
        client.retrieve(CARD_ID)


def test_a_card_without_a_number_has_no_last_four():
    client, _ = client_for(answer(200, listed(virtual_card={"expiration": "2027-09-01"})))
    card = client.retrieve(CARD_ID)
    assert (card.last4, card.expiry_month) == (None, 9)


@pytest.mark.parametrize("row", [{"amount": 1}, {"id": "x"}, {"id": "x", "amount": "?"}, 3])
@pytest.mark.parametrize("name", ["authorizations", "transactions"])
def test_a_row_without_id_or_amount_spoils_the_list(name, row):
    client, _ = client_for(answer(200, {name: [row]}))
    with pytest.raises(errors.MalformedResponseError):
        getattr(client, f"list_{name}")(CARD_ID)


def test_a_resend_is_one_call():
    client, transport = client_for(answer(200, {"detailed_response_message": "Success: sent"}))
    client.resend(CARD_ID)
    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", f"{URL}/{CARD_ID}/notifications")
    assert request.body is None


def test_an_account_that_cannot_resend_says_so_and_sends_nothing():
    client, transport = client_for(profile={"resend": None})
    assert client.capabilities.resends is False
    with pytest.raises(errors.ConfigurationError):
        client.resend(CARD_ID)
    assert transport.requests == []
