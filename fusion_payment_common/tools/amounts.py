"""Between amounts of Odoo, in floats of a currency's major unit, and money in minor units."""

from ..lib.money import Money


def to_money(amount, currency):
    """Return an amount of Odoo's as money.

    :param float amount: in major units; rounded as the currency rounds
    :param currency: record of `res.currency`
    :rtype: Money
    """
    return Money.from_major(currency.round(amount), currency.name, currency.decimal_places)


def to_amount(minor, currency):
    """Return what a `Monetary` field takes for an amount in minor units.

    :param int minor: e.g. cents
    :param currency: record of `res.currency`
    :rtype: float
    """
    return float(Money(minor, currency.name, currency.decimal_places).major)
