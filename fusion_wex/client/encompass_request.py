"""Build the body of a create with the profile's field names.

Meaning of the fields: CreateMerchantLog, services.encompass-suite.com/services/APService.asmx.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError

from .amounts import json_number
from .profile import EncompassProfile
from .settings import AccountSettings
from .types import CardRequest, InvoiceLine


def create_body(
    request: CardRequest, settings: AccountSettings, profile: EncompassProfile
) -> dict[str, Any]:
    """Return the JSON object that requests ``request``.

    :raises ConfigurationError: a requested control has no field in this account, the vendor has no
        code, or the reference does not fit its slot.
    """
    missing = request.controls - profile.controls
    if missing:
        raise ConfigurationError(
            f"this WEX account has no control for: {', '.join(sorted(missing))}",
            code="control_not_available",
        )
    merchant_code = request.merchant_code or settings.merchant_code
    if not merchant_code:
        raise ConfigurationError("the vendor has no WEX merchant code", code="no_merchant_code")
    amount = _amount(request.amount, profile)
    values = {
        "merchant_code": merchant_code,
        "amount": amount,
        "credit_limit": amount,
        "udf": user_defined_fields(request, profile),
        "invoices": [_invoice(line, profile) for line in request.invoices],
        "bank_number": settings.bank_number,
        "company_number": settings.company_number,
        "currency": request.currency,
        "valid_from": request.valid_from and request.valid_from.isoformat(),
        "valid_until": request.valid_until and request.valid_until.isoformat(),
        "max_uses": request.max_uses,
        "exact_amount": request.exact_amount or None,
        "delivery_method": profile.email_delivery_word if request.delivery_email else None,
        "delivery_email": request.delivery_email,
    }
    return _named(values, profile)


def user_defined_fields(request: CardRequest, profile: EncompassProfile) -> list[str]:
    """Return one text per slot. Names are cut to the slot's length; a reference must fit whole.

    :raises ConfigurationError: the reference does not fit.
    """
    if len(request.reference) > profile.udf_max_length:
        raise ConfigurationError(
            "the reference does not fit into its user-defined field", code="reference_too_long"
        )
    texts = [(getattr(request, source) or "") if source else "" for source in profile.udf_slots]
    return [text[: profile.udf_max_length] for text in texts]


def _invoice(line: InvoiceLine, profile: EncompassProfile) -> dict[str, Any]:
    values = {
        "invoice_number": line.number,
        "invoice_date": f"{line.invoice_date.isoformat()}T00:00:00Z",
        "invoice_amount": _amount(line.amount, profile),
        "invoice_description": line.description,
    }
    return _named(values, profile)


def _named(values: dict[str, Any], profile: EncompassProfile) -> dict[str, Any]:
    """Return the entries that have a value and a field name."""
    return {
        profile.request[name]: value
        for name, value in values.items()
        if value not in (None, "", []) and profile.request.get(name)
    }


def _amount(amount: Decimal, profile: EncompassProfile) -> int | float | str:
    return f"{amount:.2f}" if profile.amounts_as == "text" else json_number(amount)
