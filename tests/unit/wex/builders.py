"""EnCompass's bodies as they have been seen, with parts to change, and a client on a script."""

from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.fusion_wex.client.encompass_rest import EncompassRest
from odoo.addons.fusion_wex.client.settings import AccountSettings
from odoo.addons.fusion_wex.client.types import CardRequest, InvoiceLine

from ..fakes import ScriptedTransport

URL = "https://services.encompass-suite.com/api/merchant-logs/v1"
CARD_ID = "6f0c2d1e-0000-4000-8000-000000000001"
REFERENCE = "PAY-001/1"
NUMBER = "4111111111111111"


def settings_for(**changes: Any) -> AccountSettings:
    values = {
        "url": "https://services.encompass-suite.com",
        "organisation": "ACMEGROUP",
        "username": "apiuser",
        "password": "s3cret",
        **changes,
    }
    return AccountSettings(**values)


def client_for(*script, observer=None, **changes: Any) -> tuple[EncompassRest, ScriptedTransport]:
    transport = ScriptedTransport(*script)
    settings = settings_for(**changes)
    return EncompassRest(settings, transport, app_version="19.0.1", observer=observer), transport


def card_request(**changes: Any) -> CardRequest:
    amount = changes.get("amount", Decimal("150.00"))
    values = {
        "reference": REFERENCE,
        "amount": amount,
        "currency": "USD",
        "vendor_name": "Acme Hauling LLC",
        "invoices": (InvoiceLine("INV12345", date(2025, 8, 19), amount),),
        **changes,
    }
    return CardRequest(**values)


def log_body(**changes: Any) -> dict[str, Any]:
    """A payment; a change to ... (Ellipsis) leaves the entry out."""
    body = {
        "id": CARD_ID,
        "payment_status": "open",
        "detailed_response_message": "Success: created",
        "total_amount": 150.0,
        "credit_limit": 150.0,
        "user_defined_fields": ["Acme Hauling LLC", REFERENCE],
        "virtual_card": {
            "number": NUMBER,
            "security_code": "123",
            "expiration": "2027-09-01T00:00:00Z",
        },
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}
