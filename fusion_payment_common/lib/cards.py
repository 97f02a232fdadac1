"""Facts about card numbers that hold for every provider (uses python-stdnum)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from stdnum import luhn

#: The suite's codes of the card brands, with their names.
BRANDS: Mapping[str, str] = MappingProxyType(
    {
        "visa": "Visa",
        "mastercard": "Mastercard",
        "amex": "American Express",
        "discover": "Discover",
        "diners": "Diners Club",
        "jcb": "JCB",
        "unionpay": "UnionPay",
        "interac": "Interac",
    }
)

#: ``(first, last, brand)`` over the first four digits of the issuer identification number;
#: ISO/IEC 7812 ranges as published by the schemes. More specific ranges come first.
_RANGES = (
    (2221, 2720, "mastercard"),
    (3000, 3059, "diners"),
    (3095, 3095, "diners"),
    (3400, 3499, "amex"),
    (3528, 3589, "jcb"),
    (3600, 3699, "diners"),
    (3700, 3799, "amex"),
    (3800, 3999, "diners"),
    (4000, 4999, "visa"),
    (5100, 5599, "mastercard"),
    (6011, 6011, "discover"),
    (6200, 6299, "unionpay"),
    (6440, 6599, "discover"),
)


def luhn_valid(digits: str) -> bool:
    """Return whether ``digits`` (ASCII digits only) satisfy the Luhn formula of ISO/IEC 7812-1."""
    return bool(re.fullmatch(r"[0-9]+", digits)) and luhn.checksum(digits) == 0


def brand_of(bin_digits: str) -> str | None:
    """Return the brand code of a card by its first digits (four or more), None when unknown.

    Debit cards have the same brand as credit cards, so the brand does not tell them apart.
    """
    if not re.match(r"[0-9]{4}", bin_digits):
        return None
    prefix = int(bin_digits[:4])
    return next((brand for first, last, brand in _RANGES if first <= prefix <= last), None)


def mask(last4: str) -> str:
    """Return the text that shows a card to people: ``'•••• 4242'``.

    :raises ValueError: not exactly four digits are given; this prevents passing a whole number by
        mistake.
    """
    if not re.fullmatch(r"[0-9]{4}", last4):
        raise ValueError("expected exactly the last four digits")
    return f"•••• {last4}"
