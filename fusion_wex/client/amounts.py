"""Amounts of cards: Decimals with two places; a float is read by its shortest text, never used."""

from __future__ import annotations

from decimal import Decimal

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.money import Money, MoneyError

#: EnCompass amounts are .NET decimals of undocumented range; a larger bill is a typing error.
MAX_AMOUNT = Decimal("99999999.99")
_ANY_CURRENCY = "XXX"


def read_amount(value: Decimal | str | int | float) -> Decimal:
    """Return an amount in currency units, rounded half-up to two places.

    A caller's ``11.120000000000001`` means ``Decimal('11.12')``.

    :raises MoneyError: (a ValueError) it is not a finite number of a sane magnitude.
    """
    return Money.from_major(value, _ANY_CURRENCY).major


def check_amount(amount: Decimal, what: str = "the amount") -> None:
    """Refuse anything that cannot be the amount of a card.

    :param amount: in currency units.
    :raises ConfigurationError: unless it is a positive Decimal with at most two places.
    """
    if not isinstance(amount, Decimal):
        raise ConfigurationError(f"{what} is not a Decimal", code="invalid_amount")
    check_places(amount, what)
    if not 0 < amount <= MAX_AMOUNT:
        raise ConfigurationError(f"{what} is out of range", code="invalid_amount")


def check_places(amount: Decimal, what: str) -> None:
    """Refuse fractions of a cent.

    :raises ConfigurationError: on fractions of a cent, NaN and infinity.
    """
    try:
        exact = read_amount(amount)
    except MoneyError as error:
        raise ConfigurationError(f"{what}: {error}", code="invalid_amount") from None
    if exact != amount:
        raise ConfigurationError(f"{what} has more than two decimals", code="invalid_amount")


def json_number(amount: Decimal) -> int | float:
    """Return the number whose JSON text is exactly ``amount``.

    JSON libraries write a float as its shortest text. This function checks that the text is the
    amount.

    :raises ConfigurationError: no such number exists.
    """
    if amount == amount.to_integral_value():
        return int(amount)
    number = float(amount)
    if Decimal(repr(number)) != amount:
        raise ConfigurationError("the amount has no exact number in JSON", code="invalid_amount")
    return number
