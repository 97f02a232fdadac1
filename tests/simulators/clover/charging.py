"""The rules of a charge: source, card behaviour, surcharge, capture ("create-a-charge")."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..core.ids import digits, vendor_id
from .cards import APPROVED, Card
from .errors import declined, invalid
from .fields import boolean, choice, external_reference, integer, required_text, text
from .state import Charge, Merchant, SourceToken

if TYPE_CHECKING:
    from .simulator import CloverSimulator

_MOST = 99_999_999  # 999,999.99; above it the documented code is amount_too_large
_ECHOED = ("description", "metadata", "receipt_email", "external_customer_reference")
_ECOMIND = ("ecom", "moto", "retail")
_INITIATOR = ("MERCHANT", "CARDHOLDER")
_SEQUENCE = ("FIRST", "SUBSEQUENT")


class Charging:
    """Creates and captures charges; every movement of money is in the ledger."""

    def __init__(self, simulator: "CloverSimulator") -> None:
        self._sim = simulator

    def create(self, merchant: Merchant, body: dict[str, Any], key: str | None) -> Charge:
        """Validate, authorise and, unless ``capture`` is false, take the money.

        :raises CloverError: 400 on a field, 402 when the card is declined (the failed attempt
            is kept under its id).
        """
        amount = _amount(body)
        currency = self._currency(merchant, body)
        tip = integer(body, "tip_amount", code="invalid_tip_amount") or 0
        tax = integer(body, "tax_amount", code="invalid_tax_amount")
        if tax is not None and tax > amount:
            raise invalid("tax_amount is invalid", "invalid_tax_amount", "tax_amount")
        capture = boolean(body, "capture", True)
        ecomind = choice(body, "ecomind", _ECOMIND) or "ecom"
        echo = _echo(body)
        _check_stored_credentials(body)
        token, customer_id = self._source(merchant, required_text(body, "source"))
        now = self._sim.clock.now_ms()
        charge = Charge(
            id=vendor_id(),
            merchant_id=merchant.id,
            order_id=vendor_id(),
            amount=amount + self._sim.switches.captured_difference,
            currency=currency,
            created_ms=now,
            modified_ms=now,
            source=body["source"],
            card=token.card,
            captured=capture,
            status="succeeded",
            ecomind=ecomind,
            tip_amount=tip,
            tax_amount=tax,
            authorized_amount=amount,
            ref_num=digits(12),
            transaction_no=digits(6),
            customer_id=customer_id,
            echo=echo,
        )
        token.used = True
        self._sim.state.charges[charge.id] = charge
        self._decide(charge)
        self._settle(charge, key)
        self._sim.notices.tell(
            merchant.id, (f"P:{charge.id}", "CREATE"), (f"O:{charge.order_id}", "CREATE")
        )
        return charge

    def _currency(self, merchant: Merchant, body: dict[str, Any]) -> str:
        currency = required_text(body, "currency").lower()
        if currency != merchant.currency.lower() and not self._sim.switches.multi_currency:
            raise invalid(f"Currency {currency} is not supported", param="currency")
        return currency

    def _source(self, merchant: Merchant, source: str) -> tuple[SourceToken, str | None]:
        """The token to charge, and the customer when the source is one."""
        customer = self._sim.state.customers.get(source)
        if customer is not None and customer.merchant_id == merchant.id:
            if customer.token is None:
                raise invalid("Customer has no card on file", "card_on_file_missing", "source")
            return customer.token, customer.id
        token = self._sim.state.tokens.get(source)
        if token is None or token.merchant_id != merchant.id:
            raise invalid("Card on file is missing", "card_on_file_missing", "source")
        if token.used and not token.multi_pay:
            raise invalid("Token has already been used", "token_already_used", "source")
        return token, None

    def _decide(self, charge: Charge) -> None:
        """Let the issuer say yes, or keep the failed attempt and say no."""
        refusal = self._refusal(charge.card)
        if refusal is None:
            charge.auth_code = f"OK{digits(4)}"
            return
        code, decline_code, message = refusal
        charge.status, charge.captured = "failed", False
        charge.failure_code, charge.failure_message = code, message
        raise declined(
            charge.id, code, decline_code, message, keep=self._sim.switches.replay_declines
        )

    def _refusal(self, card: Card) -> tuple[str, str, str] | None:
        uses = self._sim.state.card_uses
        uses[card.digest] = uses.get(card.digest, 0) + 1
        limit = self._sim.switches.velocity_limit
        if limit and uses[card.digest] > limit:
            return (
                "card_declined",
                "velocity",
                "Declined as sale count per card is greater than configured amount",
            )
        now = datetime.fromtimestamp(self._sim.clock.now(), UTC)
        if card.expired(now.year, now.month):
            return "expired_card", "expired_card", "DECLINED: Expired card."
        if card.behaviour != APPROVED:
            return "card_declined", "issuer_declined", "DECLINED: No reason provided."
        return None

    def _settle(self, charge: Charge, key: str | None) -> None:
        held = charge.amount + charge.tip_amount
        charge.surcharge = self.surcharge(charge)
        common = {
            "currency": charge.currency,
            "idempotency_key": key,
            "reference": charge.external_reference_id,
            "source_id": charge.source,
        }
        if charge.captured:
            moved = held + charge.surcharge
            self._sim.ledger.record(id=charge.id, kind="charge", amount=moved, **common)
        else:
            self._sim.ledger.record(id=charge.id, kind="authorize", amount=0, held=held, **common)

    def surcharge(self, charge: Charge) -> int:
        """The gateway's surcharge: credit cards only, on the total with tip, rounded half up."""
        switches = self._sim.switches
        if not switches.surcharge or not charge.card.credit or not charge.captured:
            return 0
        base = charge.amount + charge.tip_amount
        return (base * round(switches.surcharge_rate * 1_000_000) + 500_000) // 1_000_000

    def capture(self, charge: Charge, body: dict[str, Any], key: str | None) -> Charge:
        """Take an authorised amount, or less.

        :raises CloverError: it is captured, void or failed, or the amount is more than authorised.
        """
        if charge.captured:
            raise invalid("Charge has already been captured", "charge_already_captured")
        if not charge.paid or charge.voided:
            raise invalid("Charge cannot be captured")
        amount = integer(body, "amount", minimum=1, code="invalid_charge_amount")
        if amount is not None and amount > charge.authorized_amount:
            raise invalid("amount is invalid", "invalid_charge_amount", "amount")
        tip = integer(body, "tip_amount", code="invalid_tip_amount")
        charge.amount = charge.authorized_amount if amount is None else amount
        charge.tip_amount = charge.tip_amount if tip is None else tip
        charge.captured = charge.captured_later = True
        charge.modified_ms = self._sim.clock.now_ms()
        charge.surcharge = self.surcharge(charge)
        self._sim.ledger.record(
            id=charge.id,
            kind="capture",
            amount=charge.amount + charge.tip_amount + charge.surcharge,
            currency=charge.currency,
            idempotency_key=key,
            reference=charge.external_reference_id,
            source_id=charge.id,
        )
        self._sim.notices.tell(charge.merchant_id, (f"P:{charge.id}", "UPDATE"))
        return charge

    def find(self, merchant: Merchant, charge_id: str) -> Charge | None:
        """The merchant's charge with this id."""
        charge = self._sim.state.charges.get(charge_id)
        return charge if charge is not None and charge.merchant_id == merchant.id else None


def _amount(body: dict[str, Any]) -> int:
    if body.get("amount") is None:
        raise invalid("amount is required", "missing", "amount")
    amount = integer(body, "amount", minimum=1, code="invalid_charge_amount")
    if amount is None or amount > _MOST:
        raise invalid("amount is too large", "amount_too_large", "amount")
    return amount


def _echo(body: dict[str, Any]) -> dict[str, Any]:
    echo = {name: body[name] for name in _ECHOED if body.get(name) is not None}
    email = text(body, "receipt_email")
    if email is not None and "@" not in email:
        raise invalid("receipt_email is invalid", "email_invalid", "receipt_email")
    reference = external_reference(body)
    if reference is not None:
        echo["external_reference_id"] = reference
    return echo


def _check_stored_credentials(body: dict[str, Any]) -> None:
    credentials = body.get("stored_credentials")
    if credentials is None:
        return
    if not isinstance(credentials, dict):
        raise invalid("Invalid JSON format", param="stored_credentials")
    choice(credentials, "sequence", _SEQUENCE)
    choice(credentials, "initiator", _INITIATOR)
    boolean(credentials, "is_scheduled", False)
