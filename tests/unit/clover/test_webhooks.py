"""What is read from the bodies of Clover's webhooks, and what is not."""

import json

import pytest

from odoo.addons.fusion_clover.client import launch, webhooks

#: The example of docs.clover.com "webhooks".
FIREHOSE = {
    "appId": "DRKVJT2ZRRRSC",
    "merchants": {
        "XYZVJT2ZRRRSC": [
            {"objectId": "P:GHIVJT2ZRRRSC", "type": "CREATE", "ts": 1537970958000},
            {"objectId": "O:GHIVJT2ZRRRSC", "type": "UPDATE", "ts": 1536156958000},
        ]
    },
}


def body(document):
    return json.dumps(document).encode()


def with_item(**item):
    values = {"objectId": "P:ABC", "type": "CREATE", "ts": 1537970958000, **item}
    return body({"merchants": {"M1": [values]}})


def test_the_example_of_the_documentation_gives_two_notices():
    first, second = webhooks.notices(body(FIREHOSE))
    assert first == webhooks.Notice(
        "XYZVJT2ZRRRSC", "P", "GHIVJT2ZRRRSC", "CREATE", 1537970958000
    )
    assert first.occurred_at.isoformat() == "2018-09-26T14:09:18"
    assert (second.object_ref, second.action) == ("O:GHIVJT2ZRRRSC", "UPDATE")


def test_both_spellings_of_an_object_are_the_same_notice():
    (short,) = webhooks.notices(with_item(objectId="P:ABC"))
    (long,) = webhooks.notices(with_item(objectId="P:M1/ABC"))
    assert short == long
    assert short.key == "M1:P:ABC:CREATE:1537970958000"


@pytest.mark.parametrize(
    "item",
    [
        {"objectId": "ABC"},
        {"objectId": "P:"},
        {"objectId": "P:a b"},
        {"objectId": "p:ABC"},
        {"objectId": None},
        {"type": "create"},
        {"type": 1},
        {"ts": "1537970958000"},
        {"ts": True},
        {"ts": -1},
        {"ts": 10**13},
    ],
)
def test_what_is_no_notice_is_left_out(item):
    assert webhooks.notices(with_item(**item)) == []


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"x"'])
def test_a_body_that_is_no_object_cannot_be_read(raw):
    for read in (webhooks.notices, webhooks.merchant_ids):
        with pytest.raises(ValueError, match=r"JSON|nested|Expecting|decode|column"):
            read(raw)
    assert webhooks.verification_code(raw) is None


def test_merchants_are_found_in_both_shapes_each_once():
    assert webhooks.merchant_ids(body({"merchants": {"M1": [], "M2": [], "../x": []}})) == (
        "M1",
        "M2",
    )
    assert webhooks.merchant_ids(body({"MerchantId": "M3", "Type": "PAYMENT"})) == ("M3",)
    assert webhooks.merchant_ids(body({"merchantId": {"a": 1}})) == ()
    assert webhooks.merchant_ids(b"{}") == ()


def test_a_thousand_and_one_merchants_are_all_read():
    document = {
        "merchants": {
            f"M{number}": [{"objectId": "P:A", "type": "CREATE", "ts": number}]
            for number in range(1001)
        }
    }
    assert len(webhooks.notices(body(document))) == 1001
    assert len(webhooks.merchant_ids(body(document))) == 1001


def test_a_verification_code_is_alone_in_its_body():
    code = "0f5b21b5-7c62-4b3c-9d5e-5a2f0d9e7c11"
    assert webhooks.verification_code(body({"verificationCode": code})) == code
    assert webhooks.verification_code(body({"verificationCode": code, "x": 1})) is None
    assert webhooks.verification_code(body({"verificationCode": "<script>"})) is None
    assert webhooks.verification_code(body(FIREHOSE)) is None


def test_a_launch_is_for_one_merchant_and_one_key():
    nonce = launch.launch_nonce("key-a", "M1")
    assert len(nonce) == 32
    assert launch.is_launch_nonce("key-a", nonce, "M1")
    assert not launch.is_launch_nonce("key-a", nonce, "M2")
    assert not launch.is_launch_nonce("key-b", nonce, "M1")
    assert not launch.is_launch_nonce("key-a", "0" * 32, "M1")
    with pytest.raises(ValueError, match="empty"):
        launch.launch_nonce(" ", "M1")


@pytest.mark.parametrize(
    ("kind", "action", "meaning"),
    [
        ("P", "CREATE", "payment_created"),
        ("P", "UPDATE", "payment_updated"),
        ("P", "DELETE", "payment_updated"),
        ("O", "UPDATE", "order_changed"),
        ("A", "CREATE", "app_installed"),
        ("A", "UPDATE", "app_updated"),
        ("A", "DELETE", "app_uninstalled"),
        ("M", "UPDATE", "merchant_changed"),
        ("C", "DELETE", "customer_changed"),
        ("I", "CREATE", None),
        ("IC", "UPDATE", None),
    ],
)
def test_what_a_notice_means(kind, action, meaning):
    assert webhooks.Notice("M1", kind, "X", action, 1).meaning == meaning


def test_a_notice_survives_being_stored():
    notice = webhooks.Notice("M1", "P", "ABC", "CREATE", 1537970958000)
    assert webhooks.stored_notice(json.loads(webhooks.stored(notice))) == notice
    for document in (None, [], {}, {"merchantId": "M1"}, {"merchantId": "../x"}):
        assert webhooks.stored_notice(document) is None


CHECKOUT = {
    "Created Time": 1700000000,
    "Message": "Approved for 100",
    "Status": "APPROVED",
    "Type": "PAYMENT",
    "Id": "2G1RQC0VTH7WY",
    "MerchantId": "XYZVJT2ZRRRSC",
    "Data": "session",
}


def test_hosted_checkout_in_any_spelling():
    spelled = {"id": "2G1RQC0VTH7WY", "merchantId": "XYZVJT2ZRRRSC", "type": "payment"}
    first = webhooks.checkout_notice(body(CHECKOUT))
    assert first == webhooks.Notice(
        "XYZVJT2ZRRRSC", "P", "2G1RQC0VTH7WY", "CHECKOUTAPPROVED", 0
    )
    assert first.meaning == "payment_updated"
    assert first.occurred_at is None
    assert webhooks.checkout_notice(body(spelled)).object_ref == first.object_ref


@pytest.mark.parametrize(
    "change", [{"Type": "REFUND"}, {"Id": 5}, {"Id": "a/b"}, {"MerchantId": None}]
)
def test_what_is_no_checkout_is_none(change):
    assert webhooks.checkout_notice(body({**CHECKOUT, **change})) is None
