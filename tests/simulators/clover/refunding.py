"""The rules of a refund (docs page "ecommerce-refunding-payments").

A full refund of a charge that is not settled yet becomes a void; the answer does not say so.
"""

from typing import TYPE_CHECKING, Any

from ..core.ids import vendor_id
from .errors import bare, invalid, not_found, processing_error
from .fields import choice, external_reference, integer, text
from .state import Charge, Merchant, Refund

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_CARD_PRESENT_ONLY = ("INTERAC",)
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_NO_PARTIAL = (
    "Partial refund for order with multiple line items/tip/convenience fee is not supported by "
    "this api, Please use /v1/orders/{id}/returns api."
)


class Refunding:
    """Creates refunds; what goes back to the card is in the ledger."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def create(self, merchant: Merchant, body: dict[str, Any], key: str | None) -> Refund:
        """Give back ``amount``, or the whole ORIGINAL charge when it is omitted.

        :raises CloverError: unknown charge, more than is left, a partial refund of a charge with
            tip or tax, or a wrong field.
        """
        charge_id = text(body, "charge")
        if not charge_id:
            raise bare(400, "Either charge id or reversal id has to be present")
        charge = self._sim.charging.find(merchant, charge_id)
        if charge is None:
            raise not_found("charge")
        reason = choice(body, "reason", _REASONS)
        reference = external_reference(body)
        asked = integer(body, "amount", minimum=1)
        amount = charge.refundable if asked is None else asked
        self._check(charge, amount)
        if charge.card.brand in _CARD_PRESENT_ONLY:
            raise processing_error("The card must be present for this refund")
        refund = self._record(charge, amount, reason, reference, body.get("metadata"))
        self._book(charge, refund, key)
        # No letter of its own: a refund shows as an update of its payment and order.
        self._sim.notices.tell(
            charge.merchant_id, (f"P:{charge.id}", "UPDATE"), (f"O:{charge.order_id}", "UPDATE")
        )
        return refund

    def record_unfinished(self, charge: Charge, amount: int, status: str) -> Refund:
        """List a refund that is pending, failed or was voided: no money has moved."""
        refund = self._record(charge, amount, None, None, None)
        refund.status = status
        if refund.voided:
            refund.voided, charge.voided, charge.void_id = False, False, None
        self._sim.notices.tell(charge.merchant_id, (f"P:{charge.id}", "UPDATE"))
        return refund

    def record_on_device(self, charge: Charge, amount: int, key: str | None) -> Refund:
        """Give back ``amount`` with the card present; the caller has checked what is left."""
        refund = self._record(charge, amount, None, None, None)
        self._book(charge, refund, key)
        return refund

    def _check(self, charge: Charge, amount: int) -> None:
        if not charge.paid:
            raise invalid("Charge was not successful")
        left = charge.refundable - charge.refunded
        if left <= 0 or charge.voided:
            raise invalid("Charge has already been refunded", "charge_already_refunded")
        if amount > left:
            raise invalid("Refund bigger than original payment")
        partial = amount < charge.refundable
        if partial and (charge.tip_amount or charge.tax_amount or not charge.captured):
            raise processing_error(_NO_PARTIAL)
        most = self._sim.switches.max_refund_amount
        if most and amount > most:
            raise processing_error("Refund amount is greater than configured amount")

    def _record(
        self,
        charge: Charge,
        amount: int,
        reason: str | None,
        reference: str | None,
        metadata: Any,
    ) -> Refund:
        now = self._sim.clock.now_ms()
        unsettled = charge.created_ms > self._sim.state.batch_closed_ms or not charge.captured
        refund = Refund(
            id=vendor_id(),
            charge_id=charge.id,
            merchant_id=charge.merchant_id,
            amount=amount,
            currency=charge.currency,
            created_ms=now,
            reason=reason,
            external_reference_id=reference,
            metadata=metadata,
            surcharge=_surcharge_share(charge, amount),
            voided=unsettled and amount == charge.refundable,
        )
        charge.refunds.append(refund)
        charge.modified_ms = now
        if refund.voided:
            charge.voided, charge.void_id = True, vendor_id()
        self._sim.state.refunds[refund.id] = refund
        return refund

    def _book(self, charge: Charge, refund: Refund, key: str | None) -> None:
        common = {
            "id": refund.id,
            "currency": charge.currency,
            "idempotency_key": key,
            "reference": refund.external_reference_id,
            "source_id": charge.id,
        }
        if charge.captured:
            back = refund.amount + refund.surcharge
            self._sim.ledger.record(kind="refund", amount=back, voided=refund.voided, **common)
        else:  # nothing was taken, so nothing goes back: the hold is released
            self._sim.ledger.record(kind="void", amount=0, released=refund.amount, **common)


def _surcharge_share(charge: Charge, amount: int) -> int:
    """The part of the surcharge that goes with ``amount``; the last refund gets what is left."""
    given_back = sum(r.surcharge for r in charge.refunds if r.status == "SUCCESS")
    if charge.refunded + amount == charge.refundable:
        return charge.surcharge - given_back
    return charge.surcharge * amount // charge.refundable
