"""Token service, cards on file, orders."""

import pytest


def test_the_public_key_stays_the_same(clover):
    again = clover.get("/pakms/apikey").json()
    assert (again["active"], again["apiAccessKey"]) == (True, clover.api_key)


def test_a_token_tells_the_card_but_not_its_number(clover):
    response = clover.tokenize(address_zip="H2X1Y4", exp_year="49")
    body = response.json()
    assert body["id"].startswith("clv_1")
    assert body["card"] == {
        "exp_month": "12",
        "exp_year": "2049",
        "first6": "424242",
        "last4": "4242",
        "brand": "VISA",
        "address_zip": "H2X1Y4",
    }
    assert "4242424242424242" not in response.text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"number": "4242424242424241"}, "Please provide valid card number"),
        ({"number": "1234"}, "Please provide valid card number"),
        ({"exp_month": "13"}, "Please provide valid expiry month"),
        ({"exp_year": "203"}, "Please provide valid expiry year"),
        ({"cvv": "12"}, "Please provide valid cvv value"),
        ({"brand": "CARD"}, "Please provide valid card brand"),
    ],
)
def test_wrong_card_data_is_refused(clover, fields, message):
    response = clover.tokenize(**fields)
    assert (response.status_code, response.json()["error"]["message"]) == (400, message)


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("5204245250003294", "MC"),
        ("378282246310005", "AMEX"),
        ("6011000990139424", "DISCOVER"),
        ("30569309025904", "DINERS_CLUB"),
        ("3566002020360505", "JCB"),
    ],
)
def test_the_brand_follows_from_the_number(clover, number, brand):
    cvv = "1234" if brand == "AMEX" else "123"
    assert clover.tokenize(number, cvv=cvv).json()["card"]["brand"] == brand


def test_a_wrong_public_key_is_refused(clover):
    clover.api_key = "wrong"
    assert clover.tokenize().status_code == 401


def new_customer(clover):
    body = {"email": "buyer@example.com", "source": clover.token(), "firstName": "Ada"}
    return clover.post("/v1/customers", body).json()


def test_a_saved_card_can_be_charged_again_and_again(clover):
    customer = new_customer(clover)
    assert (customer["object"], customer["email"]) == ("customer", "buyer@example.com")
    first, second = clover.charge(source=customer["id"]), clover.charge(source=customer["id"])
    assert first["id"] != second["id"]
    assert first["customer"] == customer["id"]
    listed = clover.get("/v1/charges", {"customer": customer["id"]}).json()["data"]
    assert len(listed) == 2


def test_saving_makes_the_token_itself_reusable(clover):
    source = clover.token()
    clover.post("/v1/customers", {"email": "buyer@example.com", "source": source})
    clover.charge(source=source)
    clover.charge(source=source)
    assert len(clover.ledger()) == 2


def test_a_removed_card_cannot_be_charged(clover):
    customer = new_customer(clover)
    card = customer["sources"]["data"][0]
    path = f"{clover.origin}/v1/customers/{customer['id']}"
    removed = clover.http.delete(f"{path}/sources/{card}", headers=clover.headers(), timeout=20)
    assert removed.status_code == 200
    response = clover.post("/v1/charges", clover.charge_body(source=customer["id"]))
    assert response.json()["error"]["code"] == "card_on_file_missing"
    assert clover.ledger() == []


def test_an_update_replaces_the_card_and_a_delete_forgets_the_customer(clover):
    customer = new_customer(clover)
    url = f"{clover.origin}/v1/customers/{customer['id']}"
    new = {"source": clover.token("5204245250003294")}
    clover.http.put(url, json=new, headers=clover.headers(), timeout=20)
    assert clover.charge(source=customer["id"])["source"]["brand"] == "MC"
    assert clover.http.delete(url, headers=clover.headers(), timeout=20).status_code == 200
    assert clover.get(f"/v1/customers/{customer['id']}").status_code == 404


def test_no_card_is_saved_when_the_merchant_has_no_multi_pay_tokens(clover):
    clover.configure(supports_multi_pay_token=False)
    body = {"email": "buyer@example.com", "source": clover.token()}
    assert clover.post("/v1/customers", body).status_code == 400


def test_an_order_is_paid_once_and_returned_whole(clover):
    item = {"amount": 500, "currency": "cad", "description": "Bin", "quantity": 2}
    order = clover.post("/v1/orders", {"currency": "cad", "items": [item]}).json()
    path = f"/v1/orders/{order['id']}"
    assert (order["amount"], order["status"]) == (1000, "created")
    paid = clover.post(f"{path}/pay", {"source": clover.token()}).json()
    assert (paid["status"], paid["amount_paid"]) == ("paid", 1000)
    again = clover.post(f"{path}/pay", {"source": clover.token()})
    assert again.json()["error"]["code"] == "order_already_paid"
    returned = clover.post(f"{path}/returns", {"amount": 1}).json()
    assert (returned["status"], returned["amount_returned"]) == ("returned", 1000)
    assert [(e["kind"], e["amount"]) for e in clover.ledger()] == [
        ("charge", 1000),
        ("refund", 1000),
    ]
