"""Clover's bodies as its documentation and live answers show them, with parts to change."""

from typing import Any

from odoo.addons.fusion_clover.client.client import CloverClient
from odoo.addons.fusion_clover.client.environment import SANDBOX
from odoo.addons.fusion_clover.client.types import ChargeRequest
from odoo.addons.fusion_payment_common.lib.api_client import StaticToken
from odoo.addons.fusion_payment_common.lib.money import Money

from ..fakes import ScriptedTransport

MERCHANT = "XYZVJT2ZRRRSC"
CHARGE_ID = "2G1RQC0VTH7WY"
KEY = "0b2f0d5e-0000-4123-8123-0123456789ab"


def client_for(*script, **options) -> tuple[CloverClient, ScriptedTransport]:
    transport = ScriptedTransport(*script)
    values = {
        "merchant_id": MERCHANT,
        "authorizer": StaticToken("access-1"),
        "app_version": "19.0.1",
        **options,
    }
    return CloverClient(SANDBOX, transport=transport, **values), transport


def charge_request(**changes: Any) -> ChargeRequest:
    values = {"amount": Money(1358, "USD"), "source": "clv_1TSTSxxxxxxxxxxxxxxxxxxx", **changes}
    return ChargeRequest(**values)


def charge_body(**changes: Any) -> dict[str, Any]:
    body = {
        "id": CHARGE_ID,
        "object": "charge",
        "amount": 1358,
        "tax_amount": 0,
        "amount_refunded": 0,
        "payment_method_details": "card",
        "currency": "usd",
        "created": 1623551758243,
        "captured": True,
        "ref_num": "116400500490",
        "auth_code": "OK4447",
        "outcome": {"network_status": "approved_by_network", "type": "authorized"},
        "paid": True,
        "status": "succeeded",
        "ecomind": "ecom",
        "source": {
            "id": "clv_1TSTSxxxxxxxxxxxxxxxxxxx",
            "brand": "VISA",
            "exp_month": "12",
            "exp_year": "2030",
            "first6": "424242",
            "last4": "4242",
        },
    }
    return _changed(body, changes)


def refund_body(**changes: Any) -> dict[str, Any]:
    body = {
        "id": "N97G2QE705Q4T",
        "object": "refund",
        "amount": 200,
        "charge": CHARGE_ID,
        "created": 1623551959000,
        "currency": "usd",
        "reason": "requested_by_customer",
        "status": "succeeded",
    }
    return _changed(body, changes)


def payment_body(**changes: Any) -> dict[str, Any]:
    body = {
        "id": CHARGE_ID,
        "order": {"id": "Z1X2C3V4B5N6M"},
        "device": {"id": "9c0d2d0e-6f55-1c3a-0b5e-000000000000"},
        "tender": {"id": "TENDERID00000", "labelKey": "com.clover.tender.credit_card"},
        "amount": 1358,
        "tipAmount": 0,
        "taxAmount": 0,
        "externalReferenceId": "INV1001",
        "createdTime": 1623551758243,
        "modifiedTime": 1623551758300,
        "offline": False,
        "result": "SUCCESS",
        "cardTransaction": {
            "cardType": "VISA",
            "entryType": "KEYED",
            "first6": "424242",
            "last4": "4242",
            "type": "AUTH",
            "authCode": "OK4447",
            "referenceId": "116400500490",
            "transactionNo": "000123",
            "state": "CLOSED",
            "currency": "usd",
        },
        "refunds": {"elements": []},
    }
    return _changed(body, changes)


def _changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """``body`` with ``changes``; a change to ... (Ellipsis) leaves the entry out."""
    merged = {**body, **changes}
    return {name: value for name, value in merged.items() if value is not ...}
