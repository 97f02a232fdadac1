"""Platform v3: merchant, devices, payments with filters and expansion."""

import pytest


def elements(response):
    assert response.status_code == 200, response.text
    return response.json()["elements"]


def test_the_address_is_a_link_unless_expanded(clover):
    merchant = clover.v3().json()
    expanded = clover.v3(params={"expand": "address"}).json()
    assert merchant["id"] == clover.merchant_id
    assert set(merchant["address"]) == {"href"}
    assert expanded["address"]["country"] == "CA"


def test_properties_gateway_and_payment_configs_say_what_the_merchant_can_do(clover):
    assert clover.v3("/properties").json()["defaultCurrency"] == "CAD"
    assert clover.v3("/gateway").json()["supportsMultiPayToken"] is True
    assert clover.v3("/ecomm_payment_configs").json() == {"surcharging": {"supported": False}}
    clover.configure(surcharge=True, surcharge_rate=0.035)
    expected = {"surcharging": {"supported": True, "rate": 0.035}}
    assert clover.v3("/ecomm_payment_configs").json() == expected


def test_devices_have_serials_and_no_names(clover):
    devices = elements(clover.v3("/devices"))
    assert [device["productName"] for device in devices] == ["Flex 4", "Mini 3", "Station"]
    assert {device["name"] for device in devices} == {None}
    assert len({device["serial"] for device in devices}) == 3


def test_tenders_hold_the_credit_card(clover):
    (tender,) = elements(clover.v3("/tenders"))
    assert tender["labelKey"] == "com.clover.tender.credit_card"


def test_a_payment_has_the_id_of_its_charge_and_details_only_when_expanded(clover):
    charge = clover.charge(1358, external_reference_id="INV1")
    bare = clover.v3(f"/payments/{charge['id']}").json()
    names = "refunds,cardTransaction,externalReferenceId,tender,order"
    full = clover.v3(f"/payments/{charge['id']}", {"expand": names}).json()
    assert (bare["id"], bare["amount"], bare["result"]) == (charge["id"], 1358, "SUCCESS")
    assert not {"refunds", "cardTransaction", "externalReferenceId"} & set(bare)
    assert full["externalReferenceId"] == "INV1"
    card = full["cardTransaction"]
    assert (card["type"], card["state"], card["last4"]) == ("AUTH", "CLOSED", "4242")
    assert card["authCode"] == charge["auth_code"]
    assert full["order"]["paymentState"] == "PAID"
    assert full["tender"]["labelKey"] == "com.clover.tender.credit_card"


def test_payments_are_found_by_reference_and_time(clover):
    first = clover.charge(100, external_reference_id="AAA")
    clover.charge(200, external_reference_id="BBB")
    since = f"createdTime>={first['created']}"
    found = elements(clover.v3("/payments", {"filter": ["externalReferenceId=AAA", since]}))
    later = elements(clover.v3("/payments", {"filter": f"createdTime>{first['created'] + 10**7}"}))
    assert [payment["id"] for payment in found] == [first["id"]]
    assert later == []


@pytest.mark.parametrize(
    ("condition", "amounts"),
    [("amount=200", [200]), ("amount>=200", [300, 200]), ("amount!=200", [300, 100])],
)
def test_amounts_are_compared_as_numbers(clover, condition, amounts):
    for amount in (100, 200, 300):
        clover.charge(amount)
    found = elements(clover.v3("/payments", {"filter": condition}))
    assert [payment["amount"] for payment in found] == amounts


@pytest.mark.parametrize("bad", ["colour=red", "createdTime", "createdTime>=soon"])
def test_a_wrong_filter_is_refused(clover, bad):
    clover.charge()
    assert clover.v3("/payments", {"filter": bad}).status_code == 400


def test_a_wrong_expansion_is_refused(clover):
    assert clover.v3("/payments", {"expand": "everything"}).status_code == 400


def test_payments_are_paged_by_limit_and_offset(clover):
    ids = [clover.charge(amount)["id"] for amount in (1, 2, 3)]
    page = elements(clover.v3("/payments", {"limit": 1, "offset": 1}))
    assert [payment["id"] for payment in page] == [ids[1]]


def test_a_declined_attempt_is_a_failed_payment(clover):
    body = clover.charge_body(
        source=clover.token("4264281511117771"), external_reference_id="DECL1"
    )
    failed = clover.post("/v1/charges", body).json()["error"]["charge"]
    (payment,) = elements(clover.v3("/payments", {"filter": "externalReferenceId=DECL1"}))
    assert (payment["id"], payment["result"]) == (failed, "FAIL")


def test_an_authorisation_shows_as_preauth_until_captured(clover):
    charge = clover.charge(capture=False)
    path, expand = f"/payments/{charge['id']}", {"expand": "cardTransaction"}
    before = clover.v3(path, expand).json()
    clover.post(f"/v1/charges/{charge['id']}/capture", {})
    after = clover.v3(path, expand).json()
    assert (before["result"], before["cardTransaction"]["type"]) == ("AUTH", "PREAUTH")
    assert before["cardTransaction"]["state"] == "PENDING"
    assert (after["result"], after["cardTransaction"]["type"]) == ("SUCCESS", "PREAUTHCAPTURE")


def test_the_surcharge_is_an_additional_charge(clover):
    clover.configure(surcharge=True, surcharge_rate=0.035)
    charge = clover.charge(1500)
    payment = clover.v3(f"/payments/{charge['id']}", {"expand": "additionalCharges"}).json()
    (extra,) = payment["additionalCharges"]["elements"]
    assert (extra["type"], extra["amount"]) == ("CREDIT_SURCHARGE", 53)
    assert extra["payment"] == {"id": charge["id"]}


def test_a_token_of_one_merchant_opens_no_other(clover):
    assert clover.get("/v3/merchants/ANOTHERMERCH1").status_code == 401


def test_the_merchants_api_token_opens_the_platform_and_not_ecommerce(clover):
    clover.access_token = "sim-merchant-api-token"
    assert clover.v3().status_code == 200
    assert clover.get("/v1/charges").status_code == 401
    clover.access_token = "sim-ecommerce-private-key"
    assert clover.get("/v1/charges").status_code == 200


def test_an_unknown_payment_and_an_unknown_path_are_not_found(clover):
    assert clover.v3("/payments/NOSUCHPAYMENT").status_code == 404
    unknown = clover.get("/v1/credits")
    assert (unknown.status_code, unknown.json()) == (404, {"message": "404 Not Found"})
