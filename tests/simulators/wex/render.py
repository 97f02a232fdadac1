"""Payments, authorisations and transactions as JSON."""

from typing import Any

from .state import Authorization, MerchantLog, Posting

_MASKED = "XXXXXXXXXXXX"


def log_json(log: MerchantLog, status: str, *, reveal: bool, has_id: bool = True) -> dict[str, Any]:
    """A payment; ``reveal`` shows number and code, else the number is masked."""
    body: dict[str, Any] = {
        "id": log.id,
        "payment_status": status,
        "merchant_code": log.merchant_code,
        "total_amount": log.amount / 100,
        "credit_limit": log.credit_limit / 100,
        "billing_currency": log.currency,
        "user_defined_fields": log.udf,
        "created_date": log.created_at,
        **log.echo,
    }
    if not has_id:
        del body["id"]
    for name in ("min_auth_date", "max_auth_date", "max_auth_count"):
        if getattr(log, name) is not None:
            body[name] = getattr(log, name)
    if log.number is not None:
        shown = {"number": log.number, "security_code": log.security_code}
        hidden = {"number": _MASKED + log.number[-4:]}
        body["virtual_card"] = {"expiration": log.expiration, **(shown if reveal else hidden)}
    return body


def authorization_json(one: Authorization, currency: str) -> dict[str, Any]:
    """An attempt to charge."""
    return {
        "authorization_id": one.id,
        "authorization_date_time": one.at,
        "amount": one.amount / 100,
        "billing_currency": currency,
        "response": one.response,
        "approval_code": one.approval_code,
        "decline_reason_code": one.decline_code,
        "decline_reason_message": one.decline_reason,
        "merchant_name": one.merchant_name,
        "category_code": one.category,
    }


def posting_json(one: Posting, currency: str) -> dict[str, Any]:
    """Money that moved, under the names that have been observed."""
    return {
        "id": one.id,
        "transaction_date": one.at[:10],
        "posting_date": one.at[:10],
        "billing_amount": one.amount / 100,
        "billing_currency": currency,
        "transaction_type": "Credit" if one.is_credit else "Purchase",
        "merchant_description": one.merchant_name,
        "is_credit": one.is_credit,
    }
