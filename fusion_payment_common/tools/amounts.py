"""Convert between Odoo's amounts (floats in major units) and money in minor units."""

from ..lib.money import Money


def to_money(amount, currency):
    """Return an Odoo amount as money.

    :param float amount: in major units; rounded as the currency rounds
    :param currency: record of `res.currency`
    :rtype: Money
    """
    return Money.from_major(currency.round(amount), currency.name, currency.decimal_places)


def to_amount(minor, currency):
    """Return the value of a `Monetary` field for an amount in minor units.

    :param int minor: e.g. cents
    :param currency: record of `res.currency`
    :rtype: float
    """
    return float(Money(minor, currency.name, currency.decimal_places).major)
