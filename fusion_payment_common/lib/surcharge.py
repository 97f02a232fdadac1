"""May a fee be added for paying by card, and how much? A quote always says why.

The law lives in ``surcharge_rules.json``, dated and with its sources; this file only applies it.
Whatever is not known for certain means no surcharge.
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
    """How a card is funded; first digits alone do not tell."""

    CREDIT = "credit"
    DEBIT = "debit"
    PREPAID = "prepaid"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a surcharge is what it is."""

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
    """What holds in one place from one day on.

    :param caps: highest rate by brand code; ``default`` for the others.
    :param limited_to_cost: whether the seller's own cost is an upper limit as well.
    :param conditions: what the seller must have done, e.g. ``notice_given``.
    """

    jurisdiction: str
    valid_from: date
    allowed: bool
    source: str
    caps: Mapping[str, Decimal]
    limited_to_cost: bool
    conditions: frozenset[str]

    def cap_for(self, brand: str | None) -> Decimal:
        """The highest rate for a card of this brand; the lowest of all when it is not known."""
        if brand is None:
            return min(self.caps.values())
        return self.caps.get(brand, self.caps["default"])


@dataclass(frozen=True, slots=True)
class SurchargePolicy:
    """What the seller wants and has told us.

    :param rate: the wanted fraction of the amount; zero switches it off.
    :param merchant_cost: what accepting the card costs the seller, as a fraction; None = unknown.
    :param provider_adds_one: the provider adds a surcharge itself; then ours is never added.
    :param conditions_met: conditions of the law that the seller has fulfilled.
    :raises ValueError: on a rate or cost that is negative or 100 % and more.
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
    """The fee for one payment.

    :param rate: the fraction that was applied, zero when there is no fee.
    :param reason: why it is what it is.
    :param rule: the law it rests on, None where none was found or needed.
    :param missing_conditions: what the seller has not done yet, for ``condition_not_met``.
    """

    base: Money
    surcharge: Money
    rate: Decimal
    reason: Reason
    rule: LegalRule | None = None
    missing_conditions: frozenset[str] = frozenset()

    @property
    def total(self) -> Money:
        """What the card is charged."""
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
    """The surcharge on ``base``, which includes tax.

    :param jurisdiction: where the seller is: ``CA-QC``, ``US-NY`` or a country alone.
    :param brand: a code of :data:`cards.BRANDS`, None when unknown.
    :param on: the day of the payment where the seller is.
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
    # Rounded down: half a cent more would be above the cap.
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
    """How much of the surcharge goes back with ``refund``, which is a part of ``base``.

    The shares of all refunds together are exactly the surcharge once the whole base was refunded.

    :param refunded_before: what was refunded of the base before, without its surcharge.
    :param returned_before: what was given back of the surcharge before; by default the share of
        ``refunded_before``. It may be another cent when a refund in between failed.
    :raises MoneyError: on other currencies, negative amounts or more than what is left.
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
    """The law of a place on a day: its own, else its country's; None where none is listed."""
    place = jurisdiction.upper()
    for name in dict.fromkeys((place, place.split("-")[0])):
        rules = [rule for rule in _rules() if rule.jurisdiction == name and rule.valid_from <= on]
        if rules:
            return max(rules, key=lambda rule: rule.valid_from)
    return None


def subdivided(country: str, on: date) -> bool:
    """True when parts of the country have a law of their own: its name alone is not enough."""
    prefix = f"{country.upper()}-"
    return any(rule.jurisdiction.startswith(prefix) and rule.valid_from <= on for rule in _rules())


def _obstacle(
    base: Money,
    kind: CardKind,
    brand: str | None,
    policy: SurchargePolicy,
) -> Reason | None:
    """What rules a surcharge out before the law is even looked at."""
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
