"""Amounts as integers of minor units; the arithmetic never uses floats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_CURRENCY = re.compile(r"[A-Z]{3}")
_MAX_DIGITS = 6
_PRECISION_LIMIT = Decimal(10) ** 20


class MoneyError(ValueError):
    """An amount that cannot be represented, or two currencies that cannot be combined."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency.

    :param minor: the amount in minor units (cents), negative for refunded money.
    :param currency: ISO 4217 code; stored in upper case.
    :param digits: decimal places of the currency.
    :raises MoneyError: not an integer, a three-letter code and 0-6 digits.
    """

    minor: int
    currency: str
    digits: int = 2

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"minor units must be an integer, not {type(self.minor).__name__}")
        code = self.currency.upper() if isinstance(self.currency, str) else ""
        if not _CURRENCY.fullmatch(code):
            raise MoneyError("currency must be a three-letter ISO 4217 code")
        if type(self.digits) is not int or not 0 <= self.digits <= _MAX_DIGITS:
            raise MoneyError(f"digits must be an integer from 0 to {_MAX_DIGITS}")
        object.__setattr__(self, "currency", code)

    @classmethod
    def from_major(
        cls, value: Decimal | str | int | float, currency: str, digits: int = 2
    ) -> Money:
        """Return an amount given in major units, rounded half-up to the currency's digits.

        A float is converted through its shortest text, so that ``11.120000000000001`` is 11.12.

        :raises MoneyError: NaN, infinity, text that is not a number, or a number that is too large.
        """
        if isinstance(value, bool) or not isinstance(value, Decimal | str | int | float):
            raise MoneyError(f"cannot read an amount from {type(value).__name__}")
        try:
            number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        except InvalidOperation:
            raise MoneyError("the amount is not a number") from None
        if not number.is_finite():
            raise MoneyError("the amount is not finite")
        if abs(number) >= _PRECISION_LIMIT:
            raise MoneyError("the amount is too large")
        probe = cls(0, currency, digits)
        exact = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        return cls(int(exact.scaleb(digits)), probe.currency, digits)

    @property
    def major(self) -> Decimal:
        """The amount in major units, with exactly ``digits`` decimal places."""
        return Decimal(self.minor).scaleb(-self.digits)

    def format(self) -> str:
        """Return plain text for logs and trails, e.g. ``'11.12 CAD'`` (no locale)."""
        return f"{self.major:.{self.digits}f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return self._with(self.minor + self._comparable(other).minor)

    def __sub__(self, other: Money) -> Money:
        return self._with(self.minor - self._comparable(other).minor)

    def __neg__(self) -> Money:
        return self._with(-self.minor)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._comparable(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._comparable(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._comparable(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._comparable(other).minor

    def _with(self, minor: int) -> Money:
        return Money(minor, self.currency, self.digits)

    def _comparable(self, other: Money) -> Money:
        if not isinstance(other, Money):
            raise MoneyError("money can only be combined with money")
        if (self.currency, self.digits) != (other.currency, other.digits):
            raise MoneyError(f"cannot combine {self.currency} with {other.currency}")
        return other
