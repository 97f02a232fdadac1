from decimal import Decimal

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.cards import luhn_valid
from odoo.addons.fusion_wex.client.encompass_rest import EncompassRest
from odoo.addons.fusion_wex.client.push import acknowledgement, parse_push
from odoo.addons.fusion_wex.client.registry import IMPLEMENTATIONS, build_issuer
from odoo.addons.fusion_wex.client.resolution import card_outcome
from odoo.addons.fusion_wex.client.settings import AccountSettings
from odoo.addons.fusion_wex.client.test_mode import SimulatedIssuer

from ..fakes import ScriptedTransport
from .builders import CARD_ID, REFERENCE, card_request, settings_for


def build(name, settings=None, **options):
    transport = ScriptedTransport()
    issuer = build_issuer(
        name, settings or settings_for(), transport, app_version="19.0.1", **options
    )
    return issuer, transport


def test_issuers_are_built_by_name():
    assert isinstance(build("encompass_rest")[0], EncompassRest)
    assert isinstance(build("simulated", AccountSettings())[0], SimulatedIssuer)
    with pytest.raises(errors.ConfigurationError) as caught:
        build("encompass_soap")
    assert caught.value.code == "unknown_issuer"


def test_a_second_issuer_is_one_line():
    class Another(SimulatedIssuer):
        pass

    table = {**IMPLEMENTATIONS, "another": lambda *_: Another()}
    assert isinstance(build("another", implementations=table)[0], Another)


def test_a_simulated_card_is_watermarked_and_nothing_is_sent():
    issuer, transport = build("simulated", AccountSettings())
    issued = issuer.create(card_request())
    assert issued.card.id.startswith("TEST-")
    assert issued.card.is_simulated
    assert issued.card.raw_status == "TEST open"
    number = issued.secret.reveal_number()
    assert number.startswith("411111")
    assert luhn_valid(number)
    assert issued.secret.reveal_security_code() == "000"
    assert issued.card.last4 == issued.secret.last4
    assert card_outcome(issued.card, card_request()) == "succeeded"
    assert transport.requests == []


def test_the_same_reference_gives_the_same_simulated_card_in_every_process():
    first = SimulatedIssuer().create(card_request())
    assert SimulatedIssuer().create(card_request()) == first
    assert SimulatedIssuer().retrieve(first.card.id) == first.card
    assert SimulatedIssuer().reveal(first.card.id) == first.secret
    other = SimulatedIssuer().create(card_request(reference="PAY-001/2"))
    assert other.card.id != first.card.id
    assert other.secret != first.secret


def test_a_simulated_card_has_an_empty_life_that_can_be_walked_through():
    issuer = SimulatedIssuer()
    issuer.check()
    card = issuer.create(card_request(amount=Decimal("11.12"))).card
    assert card.limit == Decimal("11.12")
    assert issuer.cancel(card.id).status == "closed"
    assert issuer.find_by_reference(REFERENCE) == []
    assert issuer.list_authorizations(card.id) == []
    assert issuer.list_transactions(card.id) == []
    issuer.resend(card.id)
    assert issuer.capabilities.absence_after_s == 0


@pytest.mark.parametrize("card_id", ["", CARD_ID, "TEST-", "TEST-!!", "TEST-W10", "TEST-e30"])
def test_a_simulated_issuer_knows_its_own_ids_only(card_id):
    for call in ("retrieve", "reveal", "cancel", "list_authorizations", "resend"):
        with pytest.raises(errors.NotFoundError):
            getattr(SimulatedIssuer(), call)(card_id)


def test_a_push_names_a_card_and_nothing_that_could_be_believed():
    hint = parse_push(
        {
            "AuthorizationId": 991, "UniqueId": CARD_ID, "TypeCode": "0100", "Amount": 150,
            "Response": "Approval", "UserDefinedFields": ["Acme", REFERENCE, None, 3],
        }
    )  # fmt: skip
    assert (hint.event_key, hint.event_type) == ("991:0100", "authorization.0100")
    assert hint.card_id == CARD_ID
    assert hint.references == ("Acme", REFERENCE, "3")


def test_a_push_may_be_sparse_but_needs_an_id():
    hint = parse_push({"AuthorizationId": "A"})
    assert (hint.event_key, hint.card_id, hint.references) == ("A:none", None, ())
    for document in (None, [], {}, {"AuthorizationId": ""}, {"AuthorizationId": None}):
        with pytest.raises(errors.MalformedResponseError):
            parse_push(document)


def test_a_push_is_acknowledged_in_the_words_wex_expects():
    assert acknowledgement(accepted=True)["ResponseCode"] == 0
    assert acknowledgement(accepted=False)["ResponseCode"] == 1
