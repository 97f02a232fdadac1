"""The EnCompass client over real sockets against the simulator: the life of a card."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.cards import luhn_valid
from odoo.addons.fusion_wex.client.errors import (
    AccountSettingsError,
    AwaitingApprovalError,
    CardDataUnavailableError,
    CardRefusedError,
    FundingError,
    TemporarilyUnavailableError,
)
from odoo.addons.fusion_wex.client.push import parse_push
from odoo.addons.fusion_wex.client.resolution import card_outcome
from odoo.addons.fusion_wex.client.types import CardStatus

from .wex import LOST, card_request


def test_a_card_is_issued_with_every_control_and_read_back(wex):
    until = datetime.now(UTC).date() + timedelta(days=30)
    request = card_request(
        "11.12", valid_until=until, max_uses=1, exact_amount=True, delivery_email="ap@acme.example"
    )
    issued = wex.client.create(request)
    assert card_outcome(issued.card, request) == "succeeded"
    assert luhn_valid(issued.secret.reveal_number())
    assert wex.sim.moved() == [("card_issue", 1112)]
    card = wex.client.retrieve(issued.card.id)
    assert card == issued.card
    assert (card.amount, card.valid_until, card.reference) == (
        Decimal("11.12"), until, request.reference
    )  # fmt: skip
    assert wex.client.reveal(card.id) == issued.secret


def test_neither_trail_nor_journal_holds_number_code_or_password(wex):
    issued = wex.client.create(card_request())
    wex.client.reveal(issued.card.id)
    wex.client.find_by_reference("PAY-001/1")
    text = repr(wex.exchanges) + repr(wex.sim.control("GET", "requests"))
    text += repr(wex.sim.control("GET", "ledger")) + repr(wex.sim.control("GET", "cards"))
    assert len(wex.exchanges) == 3
    secrets = [issued.secret.reveal_number(), "sim-wex-password", "Basic "]
    assert [secret for secret in secrets if secret in text] == []


def test_a_repeated_create_makes_a_second_card(wex):
    """Why nothing may be sent again before WEX was asked."""
    first = wex.client.create(card_request())
    second = wex.client.create(card_request())
    assert first.card.id != second.card.id
    assert wex.sim.moved() == [("card_issue", 15000)] * 2
    found = wex.client.find_by_reference("PAY-001/1")
    assert {card.id for card in found} == {first.card.id, second.card.id}


@pytest.mark.parametrize("shape", ["objects", "ids"])
def test_cards_are_found_by_reference_and_by_it_only(wex, shape):
    wex.sim.control("POST", "config", {"query_shape": shape})
    issued = wex.client.create(card_request())
    wex.client.create(card_request(reference="PAY-001/2"))
    assert wex.client.find_by_reference("PAY-001/1") == [issued.card]
    assert wex.client.find_by_reference("PAY-001") == []


def test_a_server_that_ignores_the_filter_is_not_believed_too_far(wex):
    wex.sim.control("POST", "config", {"query_ignores_filters": True})
    client = wex.new_client(profile={"query_limit": 2})
    client.create(card_request(reference="OTHER-1"))
    assert client.find_by_reference("PAY-001/1") == []
    client.create(card_request(reference="OTHER-2"))
    with pytest.raises(errors.UnknownOutcomeError):
        client.find_by_reference("PAY-001/1")


@pytest.mark.parametrize(
    ("amount", "error_class", "made"),
    [
        ("6660.01", CardRefusedError, 0),
        ("6660.02", CardRefusedError, 0),
        ("6660.03", FundingError, 0),
        ("6660.04", TemporarilyUnavailableError, 0),
        ("6660.05", LOST, 0),
        ("6660.06", LOST, 1),
        ("6660.07", AwaitingApprovalError, 0),
        ("6660.08", errors.PermissionDeniedError, 0),
        ("6660.09", AccountSettingsError, 0),
    ],
)
@pytest.mark.parametrize("shape", ["detailed", "ok"])
def test_every_answer_of_wex_has_its_error(wex, amount, error_class, made, shape):
    wex.sim.control("POST", "config", {"error_shape": shape})
    with pytest.raises(errors.GatewayError) as caught:
        wex.client.create(card_request(amount))
    assert type(caught.value) is error_class
    assert len(wex.sim.moved()) == made
    assert len(wex.client.find_by_reference("PAY-001/1")) == (made or amount == "6660.07")


def test_an_unknown_code_in_a_2xx_is_unknown_and_in_a_4xx_refused(wex):
    with pytest.raises(CardRefusedError):
        wex.client.create(card_request("6660.10"))
    wex.sim.control("POST", "config", {"error_shape": "ok"})
    with pytest.raises(LOST):
        wex.client.create(card_request("6660.10"))


@pytest.mark.parametrize("shape", ["message", "errors"])
def test_the_other_shapes_of_refusals_carry_their_text(wex, shape):
    wex.sim.control("POST", "config", {"error_shape": shape, "merchant_codes": ["HAULER-0042"]})
    with pytest.raises(CardRefusedError) as caught:
        wex.client.create(card_request())
    assert caught.value.detail == "merchant_code is not in the vendor file"
    assert wex.sim.moved() == []


def test_wrong_credentials_and_missing_privileges_are_told_apart(wex):
    with pytest.raises(errors.AuthenticationError):
        wex.new_client(password="wrong").check()
    wex.client.check()
    wex.sim.control("POST", "config", {"denied_users": ["SIMGROUP/apiuser"]})
    with pytest.raises(errors.PermissionDeniedError):
        wex.client.check()
    assert wex.sim.moved() == []


def test_a_wrong_address_is_a_matter_of_settings(wex):
    client = wex.new_client(url=f"{wex.sim.origin}/api/other")
    with pytest.raises(AccountSettingsError):
        client.check()
    with pytest.raises(AccountSettingsError):
        client.create(card_request())


def test_a_payment_that_awaits_approval_gets_its_card_later(wex):
    request = card_request()
    wex.sim.control("POST", "config", {"awaiting_approval": True})
    with pytest.raises(AwaitingApprovalError) as caught:
        wex.client.create(request)
    card_id = caught.value.provider_reference
    assert card_outcome(wex.client.retrieve(card_id), request) == "pending"
    with pytest.raises(CardDataUnavailableError):
        wex.client.reveal(card_id)
    wex.sim.act(card_id, "approve")
    assert card_outcome(wex.client.retrieve(card_id), request) == "succeeded"
    assert wex.client.reveal(card_id).last4 == wex.client.retrieve(card_id).last4
    assert wex.sim.moved() == [("card_issue", 15000)]


def test_a_payment_that_is_not_approved_was_declined(wex):
    request = card_request("6660.07")
    with pytest.raises(AwaitingApprovalError) as caught:
        wex.client.create(request)
    wex.sim.act("PAY-001/1".replace("/", "%2F"), "reject")
    card = wex.client.retrieve(caught.value.provider_reference)
    assert card_outcome(card, request) == "declined"
    assert [kind for kind, _ in wex.sim.moved()] == ["card_cancel"]


@pytest.mark.parametrize(
    ("verb", "profile"),
    [
        ("put", {}),
        ("patch", {"cancel": {"method": "PATCH", "path": "/{id}",
                              "body": {"status": "cancelled"}}}),
    ],
)  # fmt: skip
def test_a_card_is_cancelled_once_and_then_declines(wex, verb, profile):
    wex.sim.control("POST", "config", {"cancel_verb": verb})
    client = wex.new_client(profile=profile)
    card = client.create(card_request()).card
    assert client.cancel(card.id).status is CardStatus.CLOSED
    assert client.cancel(card.id).status is CardStatus.CLOSED
    assert wex.sim.moved() == [("card_issue", 15000), ("card_cancel", 0)]
    wex.sim.act(card.id, "authorize")
    (one,) = client.list_authorizations(card.id)
    assert (one.result, one.decline_code) == ("declined", "14")


def test_the_wrong_verb_is_refused_and_the_card_stays_open(wex):
    wex.sim.control("POST", "config", {"cancel_verb": "patch"})
    card = wex.client.create(card_request()).card
    with pytest.raises(CardRefusedError):
        wex.client.cancel(card.id)
    assert wex.client.retrieve(card.id).status is CardStatus.OPEN


def test_the_life_of_a_card_is_told_by_authorisations_and_transactions(wex):
    card = wex.client.create(card_request()).card
    wex.sim.act(card.id, "authorize", amount="100.00")
    wex.sim.act(card.id, "authorize", amount="50.01")
    wex.sim.act(card.id, "post", amount="90.50")
    wex.sim.act(card.id, "credit", amount="10.25")
    seen = [(one.result, one.amount) for one in wex.client.list_authorizations(card.id)]
    assert seen == [("approved", Decimal("100.00")), ("declined", Decimal("50.01"))]
    posted = [one.amount for one in wex.client.list_transactions(card.id)]
    assert posted == [Decimal("90.50"), Decimal("-10.25")]
    wex.sim.act(card.id, "expire")
    assert wex.client.retrieve(card.id).status is CardStatus.EXPIRED


def test_the_number_is_not_read_again_where_wex_hides_it(wex):
    wex.sim.control("POST", "config", {"reveal_on_retrieve": False})
    issued = wex.client.create(card_request())
    assert wex.client.retrieve(issued.card.id).last4 == issued.secret.last4
    with pytest.raises(CardDataUnavailableError):
        wex.client.reveal(issued.card.id)
    wex.client.resend(issued.card.id)
    assert wex.sim.moved() == [("card_issue", 15000), ("notification", 0)]


def test_a_card_whose_answer_has_no_id_is_identified(wex):
    wex.sim.control("POST", "config", {"answer_has_id": False})
    issued = wex.client.create(card_request())
    assert wex.client.retrieve(issued.card.id).last4 == issued.secret.last4


def test_a_push_of_the_simulator_names_the_card_to_read_again(wex):
    card = wex.client.create(card_request()).card
    wex.sim.act(card.id, "authorize")
    order = {"card": card.id, "url": "http://127.0.0.1:9"}
    hint = parse_push(wex.sim.control("POST", "webhook", order)["push"])
    (one,) = wex.client.list_authorizations(hint.card_id)
    assert hint.event_key == f"{one.id}:0100"
    assert card.reference in hint.references
