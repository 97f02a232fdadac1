"""Ecommerce objects as JSON."""

from typing import Any

from .state import Charge, Customer, Order, Refund


def charge_json(charge: Charge, *, shape: str, full: bool) -> dict[str, Any]:
    """A charge. The answer to its creation (``full`` false) lacks ``order``, as Clover's does."""
    answer: dict[str, Any] = {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_refunded": charge.refunded,
        "payment_method_details": "card",
        "currency": charge.currency,
        "created": charge.created_ms,
        "captured": charge.captured,
        "ref_num": charge.ref_num,
        "auth_code": charge.auth_code,
        "outcome": _outcome(charge),
        "paid": charge.paid,
        "status": charge.status,
        "ecomind": charge.ecomind,
        "source": _source(charge),
        "tax_amount": charge.tax_amount or 0,
        "tip_amount": charge.tip_amount,
    }
    answer |= charge.echo
    optional = {
        "customer": charge.customer_id,
        "failure_code": charge.failure_code,
        "failure_message": charge.failure_message,
        "amount_captured": charge.amount if charge.captured_later else None,
    }
    answer |= {name: value for name, value in optional.items() if value is not None}
    if charge.surcharge:
        answer["additional_charges"] = _additional(charge.id, charge.surcharge, shape)
    if full:
        answer["order"] = charge.order_id
        answer["refunded"] = charge.refunded >= charge.refundable
    return answer


def _outcome(charge: Charge) -> dict[str, str]:
    if charge.paid:
        return {"network_status": "approved_by_network", "type": "authorized"}
    return {"network_status": "declined_by_network", "type": "issuer_declined"}


def _source(charge: Charge) -> dict[str, Any]:
    card = charge.card
    source = {
        "id": charge.source,
        "brand": card.brand,
        "exp_month": f"{card.exp_month:02d}",
        "exp_year": str(card.exp_year),
        "first6": card.first6,
        "last4": card.last4,
        "cvc_check": "pass",
    }
    if card.address_zip:
        source |= {"address_zip": card.address_zip, "address_zip_check": "pass"}
    return source


def _additional(owner_id: str, amount: int, shape: str) -> Any:
    charges = [{"id": f"S{owner_id[1:]}", "type": "CREDIT_SURCHARGE", "amount": amount}]
    return {"elements": charges} if shape == "elements" else charges


def refund_json(refund: Refund, *, shape: str) -> dict[str, Any]:
    """A refund; nothing in it tells a void from a refund."""
    answer: dict[str, Any] = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": refund.charge_id,
        "created": refund.created_ms,
        "currency": refund.currency,
        "status": "succeeded",
    }
    optional = {
        "reason": refund.reason,
        "external_reference_id": refund.external_reference_id,
        "metadata": refund.metadata,
    }
    answer |= {name: value for name, value in optional.items() if value is not None}
    if refund.surcharge:
        answer["additional_charges"] = _additional(refund.id, refund.surcharge, shape)
    return answer


def customer_json(customer: Customer, currency: str) -> dict[str, Any]:
    """A customer with the ids of the cards on file."""
    return {
        "id": customer.id,
        "object": "customer",
        "created": customer.created_ms,
        "currency": currency.lower(),
        "email": customer.email,
        **customer.fields,
        "sources": {"object": "list", "data": [customer.card_id] if customer.card_id else []},
    }


def order_json(order: Order) -> dict[str, Any]:
    """An order as it stands."""
    answer: dict[str, Any] = {
        "id": order.id,
        "object": "order",
        "amount": order.amount,
        "currency": order.currency,
        "created": order.created_ms,
        "status": order.status,
        "items": order.items,
        "email": order.email,
        "amount_paid": order.amount_paid,
        "amount_returned": order.amount_returned,
    }
    if order.charge_ids:
        answer["charge"] = order.charge_ids[-1]
        answer["status_transitions"] = {"paid": order.paid_ms}
    return answer
