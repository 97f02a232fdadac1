import pytest

from odoo.addons.fusion_clover.client.types import (
    Customer,
    Gateway,
    Merchant,
    MerchantProperties,
    PaymentConfigs,
    PublicKey,
)
from odoo.addons.fusion_payment_common.lib import errors

from ..fakes import answer
from .builders import MERCHANT, client_for

PLATFORM = f"https://apisandbox.dev.clover.com/v3/merchants/{MERCHANT}"
ECOMMERCE = "https://scl-sandbox.dev.clover.com"


def test_the_merchant_is_read_with_its_address():
    body = {"id": MERCHANT, "name": "Acme", "address": {"country": "ca"}}
    client, transport = client_for(answer(200, body))
    assert client.merchants.retrieve() == Merchant(MERCHANT, "Acme", None, "CA")
    assert transport.requests[0].url == f"{PLATFORM}?expand=address"


def test_an_address_that_is_only_a_link_has_no_country():
    body = {"id": MERCHANT, "name": None, "address": {"href": "https://x"}}
    client, _ = client_for(answer(200, body))
    assert client.merchants.retrieve() == Merchant(MERCHANT, "", None, None)


def test_properties_tell_the_currency():
    client, transport = client_for(answer(200, {"defaultCurrency": "cad", "locale": "en-CA"}))
    assert client.merchants.properties() == MerchantProperties("CAD", "en-CA", None)
    assert transport.requests[0].url == f"{PLATFORM}/properties"


def test_the_gateway_tells_what_the_processor_can_do():
    body = {
        "accountName": "Acme",
        "paymentGatewayApi": "fdcrcip",
        "supportsMultiPayToken": True,
        "supportsNakedCredit": False,
        "closingTime": "02:00:00",
    }
    client, _ = client_for(answer(200, body), answer(200, {"paymentGatewayApi": "blackhole"}))
    gateway = client.merchants.gateway()
    assert gateway == Gateway("Acme", "fdcrcip", "02:00:00", True, False, False, False)
    assert gateway.is_real_processor is True
    assert client.merchants.gateway().is_real_processor is False


def test_employees_are_called_by_their_names_and_nothing_else_is_kept():
    rows = [
        {"id": "E1", "name": "Robin Tremblay", "nickname": "Robin", "pin": "4711"},
        {"id": "E2", "name": " ", "nickname": "Kim"},
        {"id": "E3"},
    ]
    client, transport = client_for(answer(200, {"elements": rows}))
    assert client.merchants.employees() == {"E1": "Robin Tremblay", "E2": "Kim", "E3": ""}
    assert transport.requests[0].url.startswith(f"{PLATFORM}/employees?")


@pytest.mark.parametrize(
    ("body", "configs"),
    [
        ({"surcharging": {"supported": True, "rate": 0.035}}, PaymentConfigs(True, "0.035")),
        ({"surcharging": {"supported": False}}, PaymentConfigs(False, None)),
        ({}, PaymentConfigs(False, None)),
    ],
)
def test_payment_settings_tell_whether_clover_adds_a_surcharge(body, configs):
    client, _ = client_for(answer(200, body))
    assert client.merchants.payment_configs() == configs


def test_the_public_key_comes_from_the_ecommerce_host():
    client, transport = client_for(answer(200, {"active": True, "apiAccessKey": "pub-1"}))
    assert client.tokens.public_key() == PublicKey("pub-1", True)
    assert transport.requests[0].url == f"{ECOMMERCE}/pakms/apikey"


@pytest.mark.parametrize("body", [{}, {"apiAccessKey": ""}, {"apiAccessKey": None}, []])
def test_an_answer_without_a_key_is_malformed(body):
    client, _ = client_for(answer(200, body))
    with pytest.raises(errors.MalformedResponseError):
        client.tokens.public_key()


def test_a_card_is_saved_and_removed():
    body = {
        "id": "CUSTOMER00001",
        "email": "a@example.com",
        "sources": {"object": "list", "data": ["CARD000000001", {"id": "CARD000000002"}]},
    }
    client, transport = client_for(answer(200, body), answer(200, {}))
    created = client.customers.create(email="a@example.com", source="clv_1abc", name="Ann")
    assert created == Customer(
        "CUSTOMER00001", "a@example.com", None, ("CARD000000001", "CARD000000002")
    )
    client.customers.delete_source("CUSTOMER00001", "CARD000000001")
    assert [(request.method, request.url) for request in transport.requests] == [
        ("POST", f"{ECOMMERCE}/v1/customers"),
        ("DELETE", f"{ECOMMERCE}/v1/customers/CUSTOMER00001/sources/CARD000000001"),
    ]
    assert transport.bodies[0] == {
        "email": "a@example.com", "source": "clv_1abc", "ecomind": "ecom", "name": "Ann"
    }
