"""Charges, captures and refunds: what the client says is what the simulator's ledger shows."""

import pytest

from odoo.addons.fusion_clover.client.charges import charge_outcome
from odoo.addons.fusion_clover.client.declines import DeclineReason, reason_for
from odoo.addons.fusion_clover.client.refunds import refund_outcome
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.idempotency import derive_key
from odoo.addons.fusion_payment_common.lib.money import Money

from tests.simulator_checks.driver import DECLINED_VISA, VISA

KEY = derive_key("charge", "1")
OTHER_KEY = derive_key("charge", "2")


def test_an_approved_charge_is_a_success_and_moves_its_amount_once(clover):
    request = clover.request(1358, external_reference_id="INV1001", client_ip="192.0.2.1")
    charge = clover.client.charges.create(request, KEY)
    assert charge_outcome(charge, request) == "succeeded"
    assert (charge.amount, charge.currency, charge.brand, charge.last4) == (
        1358,
        "CAD",
        "VISA",
        "4242",
    )
    assert clover.moved() == [("charge", 1358)]
    assert clover.sim.ledger()[0]["idempotency_key"] == KEY


def test_the_same_key_gives_the_same_charge_and_moves_nothing_more(clover):
    request = clover.request(1358)
    first = clover.client.charges.create(request, KEY)
    assert clover.client.charges.create(request, KEY) == first
    assert clover.moved() == [("charge", 1358)]


@pytest.mark.parametrize("status", [409, 400])
def test_the_same_key_for_something_else_is_a_conflict(clover, status):
    clover.sim.configure(conflict_status=status)
    clover.client.charges.create(clover.request(1358), KEY)
    with pytest.raises(errors.IdempotencyConflictError):
        clover.client.charges.create(clover.request(1359), KEY)
    assert clover.moved() == [("charge", 1358)]


def test_a_declined_card_is_a_decline_with_its_reason_and_the_failed_attempt(clover):
    with pytest.raises(errors.DeclinedError) as caught:
        clover.client.charges.create(clover.request(number=DECLINED_VISA), KEY)
    assert reason_for(caught.value) is DeclineReason.ISSUER_DECLINED
    attempt = clover.client.charges.retrieve(caught.value.provider_reference)
    assert (attempt.status, attempt.paid) == ("failed", False)
    assert clover.moved() == []


def test_a_token_used_before_is_a_refusal_that_moves_nothing(clover):
    request = clover.request(100)
    clover.client.charges.create(request, KEY)
    with pytest.raises(errors.RequestRejectedError) as caught:
        clover.client.charges.create(request, OTHER_KEY)
    assert (type(caught.value), caught.value.code) == (
        errors.RequestRejectedError,
        "token_already_used",
    )
    assert clover.moved() == [("charge", 100)]


def test_a_tip_and_the_gateways_surcharge_come_on_top(clover):
    clover.sim.configure(surcharge=True, surcharge_rate=0.024)
    request = clover.request(1000, tip=Money(200, "CAD"))
    charge = clover.client.charges.create(request, KEY)
    assert charge_outcome(charge, request) == "succeeded"
    assert (charge.tip_amount, charge.additional_charges, charge.total) == (200, 29, 1229)
    assert clover.moved() == [("charge", 1229)]


@pytest.mark.parametrize("shape", ["list", "elements"])
def test_the_surcharge_is_read_in_both_of_its_shapes(clover, shape):
    clover.sim.configure(surcharge=True, additional_charges_shape=shape)
    assert clover.client.charges.create(clover.request(1000), KEY).additional_charges == 24


def test_an_authorization_moves_money_when_it_is_captured(clover):
    request = clover.request(1000, capture=False)
    charge = clover.client.charges.create(request, KEY)
    assert charge_outcome(charge, request) == "succeeded"
    assert charge.captured is False
    assert [amount for _, amount in clover.moved()] == [0]
    captured = clover.client.charges.capture(charge.id, Money(900, "CAD"), OTHER_KEY)
    assert (captured.captured, captured.amount) == (True, 900)
    assert sum(amount for _, amount in clover.moved()) == 900
    with pytest.raises(errors.RequestRejectedError) as caught:
        clover.client.charges.capture(charge.id, None, derive_key("capture", "again"))
    assert caught.value.code == "charge_already_captured"


def test_a_charge_is_refunded_in_parts_up_to_its_amount(clover):
    charge = clover.client.charges.create(clover.request(1000), KEY)
    amount = Money(300, "CAD")
    refund = clover.client.refunds.create(
        charge.id, amount, "requested_by_customer", "RF1", derive_key("refund", "1")
    )
    assert refund_outcome(refund, charge.id, amount) == "succeeded"
    with pytest.raises(errors.RequestRejectedError):
        clover.client.refunds.create(
            charge.id, Money(701, "CAD"), None, None, derive_key("refund", "2")
        )
    rest = Money(700, "CAD")
    clover.client.refunds.create(charge.id, rest, None, None, derive_key("refund", "3"))
    assert clover.client.refunds.retrieve(refund.id) == refund
    listed = clover.client.refunds.list_for_charge(charge.id)
    assert sorted(item.amount for item in listed) == [300, 700]
    assert clover.client.charges.retrieve(charge.id).amount_refunded == 1000


def test_a_refund_repeated_with_its_key_gives_back_once(clover):
    charge = clover.client.charges.create(clover.request(1000), KEY)
    key = derive_key("refund", "1")
    refunds = [
        clover.client.refunds.create(charge.id, Money(300, "CAD"), None, None, key)
        for _ in range(3)
    ]
    assert len({refund.id for refund in refunds}) == 1
    assert clover.client.charges.retrieve(charge.id).amount_refunded == 300


def test_a_full_refund_before_settlement_shows_as_a_void_of_the_payment(clover):
    charge = clover.client.charges.create(clover.request(1000), KEY)
    clover.client.refunds.create(charge.id, Money(1000, "CAD"), None, None, derive_key("refund"))
    payment = clover.client.payments.retrieve(charge.id)
    assert (payment.is_voided, payment.returned, payment.refunds) == (True, 1000, ())


def test_a_charge_is_found_by_our_reference_only(clover):
    mine = clover.client.charges.create(
        clover.request(1000, external_reference_id="INV1001"), KEY
    )
    clover.client.charges.create(clover.request(1000, external_reference_id="INV1002"), OTHER_KEY)
    since = mine.created_ms - 60_000
    (found,) = clover.client.payments.find_by_external_reference("INV1001", since)
    assert (found.id, found.amount, found.is_approved) == (mine.id, 1000, True)
    assert (found.order_id, found.last4) == (
        clover.client.charges.retrieve(mine.id).order_id,
        "4242",
    )
    assert clover.client.payments.find_by_external_reference("INV1003", since) == []
    assert len(list(clover.client.payments.list_created(since))) == 2


def test_what_clover_does_not_know_is_not_found(clover):
    with pytest.raises(errors.NotFoundError):
        clover.client.charges.retrieve("AAAAAAAAAAAAA")
    with pytest.raises(errors.NotFoundError):
        clover.client.payments.retrieve("AAAAAAAAAAAAA")
    with pytest.raises(errors.NotFoundError):
        clover.client.refunds.create(
            "AAAAAAAAAAAAA", Money(1, "CAD"), None, None, derive_key("refund")
        )


def test_a_saved_card_can_be_charged_again(clover):
    customer = clover.client.customers.create(
        email="buyer@example.com", source=clover.sim.token(VISA)
    )
    for number in (1, 2):
        request = clover.request(500 + number)
        again = type(request).from_dict({**request.to_dict(), "source": customer.id})
        charge = clover.client.charges.create(again, derive_key("charge", str(number), "card"))
        assert charge_outcome(charge, again) == "succeeded"
    assert clover.moved() == [("charge", 501), ("charge", 502)]


def test_the_merchant_describes_itself(clover):
    clover.sim.configure(merchant_name="Acme", merchant_country="CA", merchant_currency="CAD")
    merchant = clover.client.merchants.retrieve()
    assert (merchant.id, merchant.country) == (clover.sim.merchant_id, "CA")
    assert clover.client.merchants.properties().default_currency == "CAD"
    assert clover.client.merchants.gateway().supports_multi_pay_token is True
    assert clover.client.merchants.payment_configs().surcharge_supported is False
    assert clover.client.tokens.public_key().api_access_key == clover.sim.api_key


def test_nothing_observed_shows_a_card_number_or_a_credential(clover):
    request = clover.request(1000)
    clover.client.charges.create(request, KEY)
    shown = repr(clover.exchanges)
    assert len(clover.exchanges) == 1
    for hidden in (VISA, request.source, clover.authorizer.pair.access_token):
        assert hidden not in shown
