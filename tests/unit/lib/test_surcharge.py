import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib import surcharge as module
from odoo.addons.fusion_payment_common.lib.money import Money, MoneyError
from odoo.addons.fusion_payment_common.lib.surcharge import (
    CardKind,
    Reason,
    SurchargePolicy,
    quote,
    refund_share,
    rule_for,
    subdivided,
)

TODAY = date(2026, 11, 21)
EVERYTHING_DONE = frozenset({"notice_given", "disclosed", "total_price_displayed"})


def policy(rate="0.024", cost="0.05", **changes):
    values = {
        "rate": Decimal(rate),
        "merchant_cost": Decimal(cost) if cost is not None else None,
        "conditions_met": EVERYTHING_DONE,
    }
    return SurchargePolicy(**{**values, **changes})


def quoted(place="CA-ON", kind="credit", brand="visa", minor=10_000, on=TODAY, **changes):
    currency = "CAD" if place.upper().startswith("CA") else "USD"
    return quote(
        Money(minor, currency),
        jurisdiction=place,
        kind=CardKind(kind),
        brand=brand,
        policy=policy(**changes),
        on=on,
    )


PROVINCES = ("AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "SK", "YT")
FREE_STATES = ("AL", "AZ", "FL", "GA", "IL", "KS", "MI", "NV", "OH", "TX", "UT", "WA")
FORBIDDEN_STATES = ("CA", "CT", "MA", "ME", "OK", "PR")


@pytest.mark.parametrize("province", PROVINCES)
def test_in_canada_outside_quebec_credit_cards_bear_up_to_2_4_percent(province):
    result = quoted(f"CA-{province}", rate="0.03")
    assert (result.surcharge, result.rate, result.reason, result.total) == (
        Money(240, "CAD"),
        Decimal("0.024"),
        Reason.CAPPED_BY_RULE,
        Money(10_240, "CAD"),
    )


@pytest.mark.parametrize("state", FREE_STATES)
@pytest.mark.parametrize(
    ("brand", "minor"), [("visa", 300), ("mastercard", 400), ("amex", 300), (None, 300)]
)
def test_in_the_united_states_the_networks_cap_applies(state, brand, minor):
    result = quoted(f"US-{state}", brand=brand, rate="0.045")
    assert (result.surcharge.minor, result.reason) == (minor, Reason.CAPPED_BY_RULE)


@pytest.mark.parametrize("place", ["CA-QC", "ca-qc", *[f"US-{name}" for name in FORBIDDEN_STATES]])
@pytest.mark.parametrize("brand", ["visa", "mastercard", "amex"])
def test_where_it_is_prohibited_nothing_is_added(place, brand):
    result = quoted(place, brand=brand)
    assert (result.surcharge.minor, result.reason) == (0, Reason.PROHIBITED)
    assert result.rule is not None
    assert result.rule.source


@pytest.mark.parametrize("place", ["CA-ON", "CA-QC", "US-TX", "US-CT", "US-NY", "DE"])
@pytest.mark.parametrize(
    ("kind", "brand", "reason"),
    [
        ("debit", "visa", Reason.DEBIT_CARD),
        ("debit", "interac", Reason.DEBIT_CARD),
        ("credit", "interac", Reason.DEBIT_CARD),
        ("prepaid", "mastercard", Reason.PREPAID_CARD),
        ("unknown", "visa", Reason.CARD_KIND_UNKNOWN),
    ],
)
def test_only_a_card_known_to_be_credit_ever_bears_a_surcharge(place, kind, brand, reason):
    result = quoted(place, kind=kind, brand=brand)
    assert (result.surcharge.minor, result.rate, result.reason) == (0, 0, reason)


@pytest.mark.parametrize(
    ("_case", "arguments", "minor", "reason"),
    [
        ("as wanted", {"rate": "0.02"}, 200, Reason.APPLIED),
        ("exactly the cap", {"rate": "0.024"}, 240, Reason.APPLIED),
        ("above the cap", {"rate": "0.025"}, 240, Reason.CAPPED_BY_RULE),
        ("above the cost", {"rate": "0.024", "cost": "0.018"}, 180, Reason.CAPPED_BY_COST),
        ("cost not known", {"cost": None}, 0, Reason.COST_UNKNOWN),
        ("no cost at all", {"cost": "0"}, 0, Reason.CAPPED_BY_COST),
        ("switched off", {"rate": "0"}, 0, Reason.SWITCHED_OFF),
        ("the provider adds one", {"provider_adds_one": True}, 0, Reason.PROVIDER_ADDS_ONE),
        ("nothing to pay", {"minor": 0}, 0, Reason.NOTHING_TO_PAY),
        ("money back", {"minor": -500}, 0, Reason.NOTHING_TO_PAY),
        ("a country without a rule", {"place": "DE"}, 0, Reason.NO_RULE),
        ("no place", {"place": ""}, 0, Reason.NO_RULE),
        ("a country alone", {"place": "CA"}, 240, Reason.APPLIED),
        ("before it was allowed", {"on": date(2022, 10, 5)}, 0, Reason.NO_RULE),
        ("on the first day", {"on": date(2022, 10, 6)}, 240, Reason.APPLIED),
        ("Colorado", {"place": "US-CO", "rate": "0.03"}, 200, Reason.CAPPED_BY_RULE),
        ("New York", {"place": "US-NY", "rate": "0.03"}, 300, Reason.APPLIED),
        ("before Visa's lower cap", {"place": "US-TX", "rate": "0.04", "on": date(2023, 4, 14)},
         400, Reason.APPLIED),
        ("after Visa's lower cap", {"place": "US-TX", "rate": "0.04", "on": date(2023, 4, 15)},
         300, Reason.CAPPED_BY_RULE),
        ("rounded down", {"minor": 1_062}, 25, Reason.APPLIED),
        ("less than a cent", {"minor": 41}, 0, Reason.APPLIED),
    ],
)  # fmt: skip
def test_a_quote_is_what_the_table_says_and_says_why(_case, arguments, minor, reason):
    result = quoted(**arguments)
    assert (result.surcharge.minor, result.reason) == (minor, reason)


@pytest.mark.parametrize(
    ("place", "done", "missing"),
    [
        ("CA-ON", set(), {"notice_given", "disclosed"}),
        ("CA-ON", {"notice_given"}, {"disclosed"}),
        ("US-NY", {"notice_given", "disclosed"}, {"total_price_displayed"}),
    ],
)
def test_what_the_seller_has_not_done_yet_is_named_and_nothing_is_added(place, done, missing):
    result = quoted(place, conditions_met=frozenset(done))
    assert (result.surcharge.minor, result.reason, result.missing_conditions) == (
        0,
        Reason.CONDITION_NOT_MET,
        missing,
    )


@pytest.mark.parametrize("fraction", ["-0.01", "1", "2.4"])
def test_a_rate_given_as_a_percentage_is_refused(fraction):
    with pytest.raises(ValueError, match="fraction"):
        SurchargePolicy(Decimal(fraction))
    with pytest.raises(ValueError, match="fraction"):
        SurchargePolicy(Decimal("0.01"), merchant_cost=Decimal(fraction))


def test_every_rule_names_its_source_and_its_date():
    document = json.loads(module._DATA.read_text(encoding="utf-8"))
    assert date.fromisoformat(document["checked_on"]) <= TODAY
    for entry in document["rules"]:
        assert date.fromisoformat(entry["from"])
        assert len(entry["source"]) > 20
        assert entry["allowed"] is False or "default" in entry["caps"]


def test_the_place_comes_before_its_country():
    assert rule_for("US-CO", TODAY).jurisdiction == "US-CO"
    assert rule_for("US-TX", TODAY).jurisdiction == "US"
    assert rule_for("FR-75", TODAY) is None


@given(
    st.sampled_from(["CA-ON", "CA-QC", "US-TX", "US-CO", "US-NY", "US-CT", "FR"]),
    st.sampled_from(list(CardKind)),
    st.sampled_from(["visa", "mastercard", "amex", "interac", None]),
    st.integers(-100, 99_999_999),
    st.integers(0, 9_999),
    st.none() | st.integers(0, 9_999),
    st.booleans(),
)
def test_no_combination_exceeds_a_cap_or_touches_a_protected_card(
    place, kind, brand, minor, rate, cost, provider_adds_one
):
    result = quote(
        Money(minor, "USD"),
        jurisdiction=place,
        kind=kind,
        brand=brand,
        policy=SurchargePolicy(
            Decimal(rate) / 10_000,
            None if cost is None else Decimal(cost) / 10_000,
            provider_adds_one,
            EVERYTHING_DONE,
        ),
        on=TODAY,
    )
    assert result.surcharge.minor >= 0
    if result.surcharge.minor:
        assert kind is CardKind.CREDIT
        assert brand != "interac"
        assert not provider_adds_one
        assert result.rule.allowed
        highest = min(result.rule.cap_for(brand), Decimal(cost) / 10_000, Decimal(rate) / 10_000)
        assert result.surcharge.minor <= minor * highest


# --- giving it back ---------------------------------------------------------------------------


def share(refund, before=0, base=10_000, surcharge=240):
    return refund_share(
        base=Money(base, "CAD"),
        surcharge=Money(surcharge, "CAD"),
        refunded_before=Money(before, "CAD"),
        refund=Money(refund, "CAD"),
    ).minor


@pytest.mark.parametrize(
    ("refund", "before", "expected"),
    [(10_000, 0, 240), (5_000, 0, 120), (5_000, 5_000, 120), (1, 0, 0), (0, 0, 0), (3_333, 0, 80)],
)
def test_a_refund_gives_the_surcharge_back_in_proportion(refund, before, expected):
    assert share(refund, before) == expected


@pytest.mark.parametrize("arguments", [(10_001, 0), (1, 10_000), (-1, 0), (1, -1)])
def test_more_than_what_is_left_is_not_refunded(arguments):
    with pytest.raises(MoneyError):
        share(*arguments)


def test_currencies_are_not_mixed():
    with pytest.raises(MoneyError):
        refund_share(
            base=Money(1, "CAD"),
            surcharge=Money(1, "CAD"),
            refunded_before=Money(0, "CAD"),
            refund=Money(1, "USD"),
        )


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=12), st.integers(0, 5_000))
def test_all_shares_together_are_exactly_the_surcharge(parts, surcharge):
    base = sum(parts)
    given_back, before = [], 0
    for part in parts:
        given_back.append(share(part, before, base, surcharge))
        before += part
    assert sum(given_back) == surcharge
    assert min(given_back) >= 0


def test_a_country_with_laws_of_its_parts_is_told_from_one_without():
    assert subdivided("CA", date(2026, 1, 1))
    assert subdivided("us", date(2026, 1, 1))
    assert not subdivided("CA", date(2022, 10, 5))
    assert not subdivided("FR", date(2026, 1, 1))
