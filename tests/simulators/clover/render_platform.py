"""Platform v3 objects as JSON. What is not expanded is a reference or absent."""

from collections.abc import Set
from typing import Any

from .state import Charge, Credit, Merchant, Refund

_NO_DEVICE = "00000000-0000-0000-0000-000000000000"
CASH = {"id": "CASHTENDER001", "labelKey": "com.clover.tender.cash", "label": "Cash"}
EXPANDABLE = frozenset(
    {
        "tender",
        "cardTransaction",
        "refunds",
        "order",
        "additionalCharges",
        "transactionInfo",
        "dccInfo",
        "externalReferenceId",
        "taxRates",
        "appTracking",
        "paymentAttributes",
        "lineItemPayments",
    }
)


def payment_result(charge: Charge) -> str:
    """``result`` of the payment that a charge is."""
    if not charge.paid:
        return "FAIL"
    if charge.voided:
        return "VOIDED"
    return "SUCCESS" if charge.captured else "AUTH"


def payment_json(charge: Charge, merchant: Merchant, expand: Set[str]) -> dict[str, Any]:
    """A payment; the id is the charge's. Total = amount + tipAmount + additional charges."""
    payment: dict[str, Any] = {
        "id": charge.id,
        "order": {"id": charge.order_id},
        "device": {"id": charge.device_id or _NO_DEVICE},
        "tender": {"href": f"tenders/{merchant.order_tender_id}", "id": merchant.order_tender_id},
        "employee": {"id": merchant.employee_id},
        "merchant": {"id": merchant.id},
        "amount": charge.amount,
        "tipAmount": charge.tip_amount,
        "taxAmount": charge.tax_amount or 0,
        "createdTime": charge.created_ms,
        "clientCreatedTime": charge.created_ms,
        "modifiedTime": charge.modified_ms,
        "offline": charge.offline,
        "result": payment_result(charge),
    }
    if charge.external_payment_id:
        payment["externalPaymentId"] = charge.external_payment_id
    if charge.voided:
        payment |= {"voidReason": "USER_CANCEL", "voidPaymentRef": {"id": charge.void_id}}
    if charge.echo.get("description"):
        payment["note"] = charge.echo["description"]
    return payment | _expanded(charge, merchant, expand)


def _expanded(charge: Charge, merchant: Merchant, expand: Set[str]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if "tender" in expand:
        parts["tender"] = CASH if charge.is_cash else tender_json(merchant)
    if "order" in expand:
        parts["order"] = {"id": charge.order_id, "currency": charge.currency.upper()}
        parts["order"] |= {"total": charge.amount, "paymentState": _payment_state(charge)}
    if "cardTransaction" in expand and not charge.is_cash:
        parts["cardTransaction"] = _card_transaction(charge)
    if "externalReferenceId" in expand and charge.external_reference_id:
        parts["externalReferenceId"] = charge.external_reference_id
    if "additionalCharges" in expand and charge.surcharge:
        parts["additionalCharges"] = {"elements": [_surcharge(charge)]}
    if "refunds" in expand:
        # A void is not a refund: the elements stay empty.
        shown = [] if charge.voided else charge.refunds
        elements = [
            {"id": r.id, "amount": r.amount, "createdTime": r.created_ms, "status": r.status}
            for r in shown
        ]
        parts["refunds"] = {"elements": elements}
    return parts


def _payment_state(charge: Charge) -> str:
    if not charge.paid or not charge.captured:
        return "OPEN"
    if charge.voided or charge.refunded >= charge.refundable:
        return "REFUNDED"
    return "PARTIALLY_REFUNDED" if charge.refunds else "PAID"


def _card_transaction(charge: Charge) -> dict[str, Any]:
    kind = "AUTH"
    if charge.captured_later:
        kind = "PREAUTHCAPTURE"
    elif not charge.captured and charge.paid:
        kind = "PREAUTH"
    return {
        "cardType": charge.card.brand,
        "entryType": charge.entry_type,
        "first6": charge.card.first6,
        "last4": charge.card.last4,
        "type": kind,
        "authCode": charge.auth_code,
        "referenceId": charge.ref_num,
        "transactionNo": charge.transaction_no,
        "state": "CLOSED" if charge.captured else "PENDING",
        "currency": charge.currency.upper(),
        "cardholderName": charge.card.name,
    }


def _surcharge(charge: Charge) -> dict[str, Any]:
    rate = round(charge.surcharge * 1_000_000 / (charge.amount + charge.tip_amount))
    return {
        "id": f"S{charge.id[1:]}",
        "type": "CREDIT_SURCHARGE",
        "amount": charge.surcharge,
        "rate": rate,
        "payment": {"id": charge.id},
    }


def refund_json(refund: Refund, charge: Charge, expand: Set[str]) -> dict[str, Any]:
    """A refund of the platform."""
    answer: dict[str, Any] = {
        "id": refund.id,
        "orderRef": {"id": charge.order_id, "total": charge.amount},
        "payment": {"id": charge.id, "amount": charge.amount},
        "amount": refund.amount,
        "createdTime": refund.created_ms,
        "status": refund.status,
        "voided": False,
    }
    if "additionalCharges" in expand and refund.surcharge:
        answer["additionalCharges"] = {
            "elements": [{"type": "CREDIT_SURCHARGE", "amount": refund.surcharge}]
        }
    return answer


def credit_json(credit: Credit) -> dict[str, Any]:
    """A credit of the platform."""
    return {
        "id": credit.id,
        "amount": credit.amount,
        "createdTime": credit.created_ms,
        "clientCreatedTime": credit.created_ms,
        "device": {"id": credit.device_id},
        "voided": False,
    }


def tender_json(merchant: Merchant) -> dict[str, Any]:
    """The tender of card payments."""
    return {
        "id": merchant.order_tender_id,
        "labelKey": "com.clover.tender.credit_card",
        "label": "Credit Card",
        "enabled": True,
        "visible": True,
        "opensCashDrawer": False,
        "editable": False,
    }
