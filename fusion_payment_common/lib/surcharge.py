"""Decide whether a surcharge may be added to a card payment, how much, and why.

The law is in ``surcharge_rules.json``, with dates and sources; this module only applies it.
If anything needed is not known for certain, there is no surcharge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from .money import Money, MoneyError

_DATA = Path(__file__).with_name("surcharge_rules.json")


class CardKind(StrEnum):
    """The kind of a card. Its first digits alone do not determine it."""

    CREDIT = "credit"
    DEBIT = "debit"
    PREPAID = "prepaid"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """The reason for the amount of a surcharge."""

    APPLIED = "applied"
    CAPPED_BY_RULE = "capped_by_rule"
    CAPPED_BY_COST = "capped_by_cost"
    SWITCHED_OFF = "switched_off"
    PROVIDER_ADDS_ONE = "provider_adds_one"
    DEBIT_CARD = "debit_card"
    PREPAID_CARD = "prepaid_card"
    CARD_KIND_UNKNOWN = "card_kind_unknown"
    NO_RULE = "no_rule"
    PROHIBITED = "prohibited"
    CONDITION_NOT_MET = "condition_not_met"
    COST_UNKNOWN = "cost_unknown"
    NOTHING_TO_PAY = "nothing_to_pay"


@dataclass(frozen=True, slots=True)
class LegalRule:
    """The law of one place from a date on.

    :param caps: maximum rate by brand code; ``default`` for the others.
    :param limited_to_cost: whether the seller's own cost is also a limit.
    :param conditions: conditions that the seller must have met, e.g. ``notice_given``.
    """

    jurisdiction: str
    valid_from: date
    allowed: bool
    source: str
    caps: Mapping[str, Decimal]
    limited_to_cost: bool
    conditions: frozenset[str]

    def cap_for(self, brand: str | None) -> Decimal:
        """Return the maximum rate for this brand; the lowest of all rates if it is unknown."""
        if brand is None:
            return min(self.caps.values())
        return self.caps.get(brand, self.caps["default"])


@dataclass(frozen=True, slots=True)
class SurchargePolicy:
    """The seller's settings.

    :param rate: the seller's fraction of the amount; zero switches the surcharge off.
    :param merchant_cost: the seller's cost of accepting the card, as a fraction; None = unknown.
    :param provider_adds_one: the provider adds its own surcharge, so Odoo adds none.
    :param conditions_met: conditions of the law that the seller has met.
    :raises ValueError: a rate or cost is negative, or 100 % or more.
    """

    rate: Decimal
    merchant_cost: Decimal | None = None
    provider_adds_one: bool = False
    conditions_met: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for fraction in (self.rate, self.merchant_cost):
            if fraction is not None and not Decimal(0) <= fraction < Decimal(1):
                raise ValueError("a rate is a fraction from 0 to below 1")


@dataclass(frozen=True, slots=True)
class SurchargeQuote:
    """The surcharge on one payment.

    :param rate: the applied fraction, zero when there is no surcharge.
    :param reason: the reason for the amount.
    :param rule: the law that was applied, None where none was found or needed.
    :param missing_conditions: conditions that are not met yet, for ``condition_not_met``.
    """

    base: Money
    surcharge: Money
    rate: Decimal
    reason: Reason
    rule: LegalRule | None = None
    missing_conditions: frozenset[str] = frozenset()

    @property
    def total(self) -> Money:
        """The amount charged to the card."""
        return self.base + self.surcharge


def quote(
    base: Money,
    *,
    jurisdiction: str,
    kind: CardKind,
    brand: str | None,
    policy: SurchargePolicy,
    on: date,
) -> SurchargeQuote:
    """Return the surcharge on ``base``, which includes tax.

    :param jurisdiction: the place whose law applies: ``CA-QC``, ``US-NY`` or a country alone.
    :param brand: a code of :data:`cards.BRANDS`, None when unknown.
    :param on: the day of the payment in the seller's time zone.
    """
    rule = rule_for(jurisdiction, on)
    obstacle = _obstacle(base, kind, brand, policy)
    if obstacle is not None:
        return _none(base, obstacle, rule)
    if rule is None or not rule.allowed:
        return _none(base, Reason.PROHIBITED if rule else Reason.NO_RULE, rule)
    missing = rule.conditions - policy.conditions_met
    if missing:
        return _none(base, Reason.CONDITION_NOT_MET, rule, missing)
    if rule.limited_to_cost and policy.merchant_cost is None:
        return _none(base, Reason.COST_UNKNOWN, rule)
    limits = [(policy.rate, Reason.APPLIED), (rule.cap_for(brand), Reason.CAPPED_BY_RULE)]
    if rule.limited_to_cost and policy.merchant_cost is not None:
        limits.append((policy.merchant_cost, Reason.CAPPED_BY_COST))
    rate, reason = min(limits, key=lambda limit: limit[0])
    # Round down: half a cent more would be above the cap.
    minor = int((base.minor * rate).to_integral_value(ROUND_DOWN))
    return SurchargeQuote(base, Money(minor, base.currency, base.digits), rate, reason, rule)


def refund_share(
    *,
    base: Money,
    surcharge: Money,
    refunded_before: Money,
    refund: Money,
    returned_before: Money | None = None,
) -> Money:
    """Return the share of the surcharge to refund with ``refund``, which is a part of ``base``.

    When the whole base is refunded, the shares of all refunds add up to exactly the surcharge.

    :param refunded_before: part of the base that was refunded before, without its surcharge.
    :param returned_before: part of the surcharge that was refunded before; by default the share of
        ``refunded_before``. It may differ by a cent when a refund in between failed.
    :raises MoneyError: the currencies differ, an amount is negative, or more than is left is
        refunded.
    """
    nothing = base - base
    if refund < nothing or refunded_before < nothing or surcharge < nothing:
        raise MoneyError("amounts of a refund are not negative")
    after = refunded_before + refund
    if after > base:
        raise MoneyError("more is refunded than was paid")
    if base == nothing:
        return nothing
    due = _portion(surcharge, after, base)
    returned = returned_before
    if returned is None:
        returned = _portion(surcharge, refunded_before, base)
    return due - returned if returned < due else nothing


def rule_for(jurisdiction: str, on: date) -> LegalRule | None:
    """Return the law of a place on a day: its own, else its country's; None if none is listed."""
    place = jurisdiction.upper()
    for name in dict.fromkeys((place, place.split("-")[0])):
        rules = [rule for rule in _rules() if rule.jurisdiction == name and rule.valid_from <= on]
        if rules:
            return max(rules, key=lambda rule: rule.valid_from)
    return None


def subdivided(country: str, on: date) -> bool:
    """Return whether parts of the country have their own law, so that its name is not enough."""
    prefix = f"{country.upper()}-"
    return any(rule.jurisdiction.startswith(prefix) and rule.valid_from <= on for rule in _rules())


def _obstacle(
    base: Money,
    kind: CardKind,
    brand: str | None,
    policy: SurchargePolicy,
) -> Reason | None:
    """Return a reason that rules out a surcharge whatever the law, or None."""
    checks = (
        (policy.provider_adds_one, Reason.PROVIDER_ADDS_ONE),
        (kind is CardKind.DEBIT or brand == "interac", Reason.DEBIT_CARD),
        (kind is CardKind.PREPAID, Reason.PREPAID_CARD),
        (kind is not CardKind.CREDIT, Reason.CARD_KIND_UNKNOWN),
        (policy.rate == 0, Reason.SWITCHED_OFF),
        (base.minor <= 0, Reason.NOTHING_TO_PAY),
    )
    return next((reason for is_met, reason in checks if is_met), None)


def _none(
    base: Money,
    reason: Reason,
    rule: LegalRule | None,
    missing: frozenset[str] = frozenset(),
) -> SurchargeQuote:
    return SurchargeQuote(base, base - base, Decimal(0), reason, rule, missing)


def _portion(surcharge: Money, part: Money, whole: Money) -> Money:
    exact = Decimal(surcharge.minor) * part.minor / whole.minor
    minor = int(exact.to_integral_value(ROUND_HALF_UP))
    return Money(minor, surcharge.currency, surcharge.digits)


@cache
def _rules() -> tuple[LegalRule, ...]:
    document = json.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(
        LegalRule(
            jurisdiction=entry["jurisdiction"],
            valid_from=date.fromisoformat(entry["from"]),
            allowed=entry["allowed"],
            source=entry["source"],
            caps={brand: Decimal(rate) for brand, rate in entry.get("caps", {}).items()},
            limited_to_cost=entry.get("limited_to_cost", True),
            conditions=frozenset(entry.get("conditions", ())),
        )
        for entry in document["rules"]
    )
