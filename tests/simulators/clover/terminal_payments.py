"""What moves when a customer says yes on a device ("Make a sale", "Refund", "Issue a credit")."""

import base64
import gzip
from typing import TYPE_CHECKING, Any

from ..core.ids import digits, vendor_id
from . import connect_errors as errors
from .cards import APPROVED, DECLINED, Card, make_card
from .devices import Device, Script
from .state import Charge, Credit, Merchant, Refund

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_MOST = 999_999_999
_LONGEST_EXTERNAL_ID = 32
_LONGEST_REFERENCE = 12
#: A signature as a device hands it over: gzip in base64.
_SIGNATURE = base64.b64encode(
    gzip.compress(
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 60">'
        b'<path d="M10 40 Q40 0 60 40 T110 35 T190 20" fill="none" stroke="black"/></svg>',
        mtime=0,
    )
).decode()
#: Milliseconds in which a final payment can be voided; afterwards Clover refunds it.
VOID_WINDOW_MS = 25 * 60 * 1000


class TerminalPayments:
    """Payments, refunds and credits of devices; they are the platform's payments, too."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def check_payment(self, merchant: Merchant, body: dict[str, Any]) -> None:
        """Refuse what REST Pay refuses, before anything shows on a device.

        :raises CloverError: 400.
        """
        _whole(body, "amount", 1)
        tip = _whole(body, "tipAmount", 0) if "tipAmount" in body else 0
        for name, longest in (
            ("externalPaymentId", _LONGEST_EXTERNAL_ID),
            ("externalReferenceId", _LONGEST_REFERENCE),
        ):
            value = body.get(name)
            if value is not None and (not isinstance(value, str) or len(value) > longest):
                raise errors.bad_request(
                    f"The {name} is invalid. It cannot be longer than {longest} characters.", "PAY"
                )
        final, capture = body.get("final", False), body.get("capture", True)
        if merchant.country == "CA" and not (final and capture):
            raise errors.bad_request("AUTHFeature is not supported in your region.", "PAY")
        if tip and not final:
            raise errors.bad_request("tipAmount is valid with final only", "PAY")

    def pay(
        self,
        merchant: Merchant,
        device: Device,
        body: dict[str, Any],
        key: str | None,
        script: Script,
    ) -> dict[str, Any]:
        """Carry out the customer's decision; the answer of ``POST /payments``."""
        card = _card(script)
        declined = script.action == "decline" or card.behaviour == DECLINED
        asked = body["amount"]
        taken = min(script.amount or asked, asked) if script.action == "partial" else asked
        now = self._sim.clock.now_ms()
        charge = Charge(
            id=vendor_id(),
            merchant_id=merchant.id,
            order_id=vendor_id(),
            amount=taken,
            currency=merchant.currency.lower(),
            created_ms=now,
            modified_ms=now,
            source=device.serial,
            card=card,
            captured=not declined,
            status="failed" if declined else "succeeded",
            ecomind="retail",
            tip_amount=body.get("tipAmount", 0) or script.tip_amount,
            tax_amount=body.get("taxAmount"),
            authorized_amount=taken,
            auth_code="" if declined else f"OK{digits(4)}",
            ref_num=digits(12),
            transaction_no=digits(6),
            echo={"external_reference_id": body.get("externalReferenceId")},
            external_payment_id=body.get("externalPaymentId"),
            device_id=device.id,
            entry_type="EMV_CONTACT",
            offline="offline" in script.issues,
        )
        self._sim.state.charges[charge.id] = charge
        if not declined:
            charge.surcharge = self._sim.charging.surcharge(charge)
            self._sim.ledger.record(
                id=charge.id,
                kind="charge",
                amount=charge.amount + charge.tip_amount + charge.surcharge,
                currency=charge.currency,
                idempotency_key=key,
                reference=charge.external_reference_id or charge.external_payment_id,
                source_id=device.serial,
                external_payment_id=charge.external_payment_id,
            )
        order, payment = f"O:{charge.order_id}", f"P:{charge.id}"
        self._sim.notices.tell(merchant.id, (order, "CREATE"), (payment, "CREATE"))
        issues = _issues(script, asked, taken)
        return {"payment": self.payment_json(charge), **({"issues": issues} if issues else {})}

    def give_back(self, charge: Charge, amount: int, key: str | None) -> dict[str, Any]:
        """Refund on the device, or void where nothing is settled yet.

        :raises CloverError: 400, nothing or not so much is left.
        """
        if not charge.paid or amount > charge.refundable - charge.refunded or charge.voided:
            raise errors.bad_request("Refund amount exceeds the payment", "REFUND")
        refund = self._sim.refunding.record_on_device(charge, amount, key)
        self._sim.notices.tell(charge.merchant_id, (f"P:{charge.id}", "UPDATE"))
        return {
            "id": refund.id,
            "refund": _refund_json(refund, charge),
            "payment": {"id": charge.id, "amount": charge.amount},
        }

    def credit(
        self, merchant: Merchant, device: Device, amount: int, key: str | None, script: Script
    ) -> dict[str, Any]:
        """Give money to a card that is presented, without a payment.

        :raises CloverError: 400, the card's bank refuses.
        """
        card = _card(script)
        if script.action == "decline" or card.behaviour == DECLINED:
            raise errors.bad_request("The credit was declined", "CREDIT")
        credit = Credit(
            id=vendor_id(),
            merchant_id=merchant.id,
            amount=amount,
            currency=merchant.currency,
            created_ms=self._sim.clock.now_ms(),
            card=card,
            device_id=device.id,
        )
        self._sim.state.credits[credit.id] = credit
        self._sim.ledger.record(
            id=credit.id,
            kind="credit",
            amount=amount,
            currency=merchant.currency,
            idempotency_key=key,
            source_id=device.serial,
        )
        return {
            "credit": {
                "id": credit.id,
                "amount": amount,
                "createdTime": credit.created_ms,
                "device": {"id": device.id},
                "cardTransaction": {"cardType": card.brand, "last4": card.last4},
            }
        }

    def payment_json(self, charge: Charge) -> dict[str, Any]:
        """A payment as REST Pay shows it: no currency, additional charges as an array."""
        payment: dict[str, Any] = {
            "id": charge.id,
            "amount": charge.amount,
            "tipAmount": charge.tip_amount,
            "taxAmount": charge.tax_amount or 0,
            "result": "FAIL" if not charge.paid else "VOIDED" if charge.voided else "SUCCESS",
            "createdTime": charge.created_ms,
            "modifiedTime": charge.modified_ms,
            "offline": charge.offline,
            "externalPaymentId": charge.external_payment_id,
            "order": {"id": charge.order_id},
            "device": {"id": charge.device_id},
            "cardTransaction": {
                "authCode": charge.auth_code,
                "cardType": charge.card.brand,
                "entryType": charge.entry_type,
                "first6": charge.card.first6,
                "last4": charge.card.last4,
                "referenceId": charge.ref_num,
                "transactionNo": charge.transaction_no,
                "state": "CLOSED",
                "type": "AUTH",
                "extra": {"applicationLabel": charge.card.brand, "cvmResult": "PIN"},
            },
        }
        if charge.external_reference_id:
            payment["externalReferenceId"] = charge.external_reference_id
        if charge.surcharge:
            payment["additionalCharges"] = [
                {"id": vendor_id(), "type": "CREDIT_SURCHARGE", "amount": charge.surcharge}
            ]
        return payment


def amount_of(body: dict[str, Any], request: str) -> int:
    """``amount`` of a refund or credit.

    :raises CloverError: 400.
    """
    return _whole(body, "amount", 1, request)


def _whole(body: dict[str, Any], name: str, least: int, request: str = "PAY") -> int:
    value = body.get(name)
    if type(value) is not int or not least <= value <= _MOST:
        raise errors.bad_request(f"The {name} is invalid.", request)
    return value


def _card(script: Script) -> Card:
    if script.card == "INTERAC":
        return Card("INTERAC", "450003", "0017", 12, 2049, APPROVED, False, "interac")
    return make_card(script.card, 12, 2049, address_zip=None, name=None)


def _issues(script: Script, asked: int, taken: int) -> dict[str, Any]:
    issues: dict[str, Any] = {
        name: {"description": f"{name.capitalize()} needs attention"}
        for name in ("duplicate", "offline")
        if name in script.issues
    }
    if "signature" in script.issues:
        drawing = {"format": "SVG", "gzip": _SIGNATURE}
        issues["signature"] = {"signature": drawing, "description": "Please verify the signature"}
    if taken < asked:
        issues["partialPayment"] = {
            "actualAmount": taken,
            "requestedAmount": asked,
            "description": "The payment was approved in part",
        }
    return issues


def _refund_json(refund: Refund, charge: Charge) -> dict[str, Any]:
    return {
        "id": refund.id,
        "amount": refund.amount,
        "createdTime": refund.created_ms,
        "payment": {"id": charge.id},
        "orderRef": {"id": charge.order_id},
        "voided": refund.voided,
        "tipAmount": 0,
        "taxAmount": 0,
    }
