"""A company that adds a surcharge to credit cards for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager

from .site import Site

#: The first digits of the cards in :mod:`.clover`, as a processor's list would have them.
RANGES = {"424242": "credit", "520424": "debit"}


@contextmanager
def surcharging(site: Site, rate: float = 2.4) -> Iterator[None]:
    """Ontario's law holds; Clover was asked and adds none itself."""
    admin = site.admin
    canada = admin.ref("base.ca")
    company = admin.read("res.company", admin.company_id, "country_id", "state_id")
    place = {"country_id": canada, "state_id": admin.ref("base.state_ca_on")}
    admin.call("res.company", "write", [admin.company_id], place)
    admin.call("payment.provider", "action_clover_test_connection", [site.provider_id])
    rule = {
        "company_id": admin.company_id,
        "country_id": canada,
        "rate": rate,
        "merchant_cost": 2.9,
        "is_notice_given": True,
        "is_disclosed": True,
    }
    rule_id = admin.call("fusion.surcharge.rule", "create", rule)
    ranges = [{"first_digits": digits, "kind": kind} for digits, kind in RANGES.items()]
    range_ids = admin.call("fusion.card.range", "create", ranges)
    try:
        yield
    finally:
        admin.call("fusion.surcharge.rule", "unlink", [rule_id])
        admin.call("fusion.card.range", "unlink", range_ids)
        before = {name: value and value[0] for name, value in company.items() if name != "id"}
        admin.call("res.company", "write", [admin.company_id], before)
