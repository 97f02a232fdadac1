"""Test cards and card arithmetic (docs page "test-card-numbers")."""

import hashlib
from dataclasses import dataclass

APPROVED = "approved"
DECLINED = "declined"
PARTIAL = "partial"

_BEHAVIOUR = {
    "4005578003333335": PARTIAL,  # partial approval, which Ecommerce turns into a decline
    "4005571702222222": DECLINED,
    "4264281511117771": DECLINED,
    "5424180273333333": DECLINED,
    "375987654000004": DECLINED,
}
_DEBIT = {"4000056655665556"}

BRANDS = ("VISA", "MC", "AMEX", "DISCOVER", "DINERS_CLUB", "DINERS", "JCB", "CHINA_UNION_PAY")
"""Brand words the token service accepts."""


@dataclass(frozen=True)
class Card:
    """What the simulator keeps of a card: enough to behave by, not enough to pay with."""

    brand: str
    first6: str
    last4: str
    exp_month: int
    exp_year: int
    behaviour: str
    credit: bool
    digest: str
    address_zip: str | None = None
    name: str | None = None

    def expired(self, year: int, month: int) -> bool:
        """Whether the card is past its month at the given date."""
        return (self.exp_year, self.exp_month) < (year, month)


def luhn_valid(number: str) -> bool:
    """Whether the digits carry a right check digit."""
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(number))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def brand_of(number: str) -> str:
    """The brand word of a card number, or ``UNKNOWN``."""
    two, four = int(number[:2]), int(number[:4])
    if number[0] == "4":
        return "VISA"
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return "MC"
    if two in (34, 37):
        return "AMEX"
    if four == 6011 or two == 65:
        return "DISCOVER"
    if two in (36, 38) or 3000 <= four <= 3059:
        return "DINERS_CLUB"
    return "JCB" if two == 35 else "UNKNOWN"


def make_card(
    number: str, exp_month: int, exp_year: int, *, address_zip: str | None, name: str | None
) -> Card:
    """Build the kept part of a card from its number (valid digits assumed)."""
    return Card(
        brand=brand_of(number),
        first6=number[:6],
        last4=number[-4:],
        exp_month=exp_month,
        exp_year=exp_year,
        behaviour=_BEHAVIOUR.get(number, APPROVED),
        credit=number not in _DEBIT,
        digest=hashlib.sha256(number.encode()).hexdigest(),
        address_zip=address_zip,
        name=name,
    )
