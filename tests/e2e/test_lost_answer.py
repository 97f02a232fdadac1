"""The answer to a charge gets lost, in every way an answer can get lost.

All of them are lost in one outage, during which Clover cannot be asked either; so every dialog is
seen while nothing is known, and every one of them has to find out by itself afterwards.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import VISA
from tests.e2e.support.collect_page import CollectPage
from tests.e2e.support.rpc import OdooError
from tests.e2e.support.site import Invoice
from tests.e2e.support.waiting import wait_until

#: Fault, and whether Clover takes the money before it happens. What waits for its time-out is last:
#: by then the others must not have begun to repeat.
FAULTS = {
    "reset_after": ("reset_after", {}, True),
    "reset_before": ("reset_before", {}, False),
    "truncate": ("truncate", {}, True),
    "http_500_after": ("http_500", {"when": "after"}, True),
    "http_500_before": ("http_500", {"when": "before"}, False),
    "http_503_after": ("http_503", {"when": "after"}, True),
    "http_503_before": ("http_503", {"when": "before"}, False),
    "http_429_after": ("http_429", {"when": "after"}, True),
    "timeout_after": ("timeout_after", {}, True),
    "timeout_before": ("timeout_before", {}, False),
}
#: Seconds within which everything has to be found out once Clover answers again.
RESOLVED_WITHIN = 60.0


@dataclass
class Lost:
    """One payment whose answer got lost, and what was seen of it during the outage."""

    invoice: Invoice
    tab: CollectPage
    dialog: str = ""
    notice: str = ""
    refusals: list[str] = field(default_factory=list)
    during: dict[str, Any] = field(default_factory=dict)
    effects_during: int = -1
    approved_after: float = -1.0


@pytest.fixture(scope="module")
def outage(site, books, claire, omar, context_of) -> Iterator[dict[str, Lost]]:
    """Every fault on an invoice of its own, at the same time."""
    context = context_of(claire)
    lost = {}
    for number, name in enumerate(FAULTS):
        tab = CollectPage(context.new_page(), site.url)
        invoice = site.invoice(10000 + number)
        tab.open_invoice(invoice).open_dialog().enter_card(VISA)
        lost[name] = Lost(invoice, tab)
    site.clover.cannot_be_asked()
    try:
        for name, payment in lost.items():
            _lose(site, books, name, payment)
        for name, payment in lost.items():
            _look_around(site, books, (claire, omar), payment)
            payment.tab.picture(f"lost-{name}-1-checking")
        _come_back(site, lost)
    finally:
        site.clover.behave()
    yield lost
    for payment in lost.values():
        payment.tab.page.close()


def _lose(site, books, name: str, payment: Lost) -> None:
    fault, rule, _taken = FAULTS[name]
    site.clover.fault(fault, count=1, **rule)
    payment.tab.page.bring_to_front()
    payment.tab.charge()
    payment.tab.expect_phase("checking")


def _look_around(site, books, clerks, payment: Lost) -> None:
    payment.dialog = payment.tab.message.inner_text().strip()
    payment.effects_during = len(books.effects(payment.invoice))
    (payment.during,) = books.transactions(payment.invoice)
    for clerk in clerks:
        move = [payment.invoice.id]
        try:
            clerk.call("account.move", "action_clover_collect_payment", move)
        except OdooError as refusal:
            payment.refusals.append(str(refusal))
    payment.notice = clerks[1].read("account.move", payment.invoice.id, "fusion_payment_notice")[
        "fusion_payment_notice"
    ]


def _come_back(site, lost: dict[str, Lost]) -> None:
    """Clover answers again; note when each dialog says so."""
    site.clover.behave()
    back_at = time.monotonic()

    def all_approved() -> bool:
        for name, payment in lost.items():
            if payment.approved_after >= 0:
                continue
            dialog = payment.tab.page.locator(".o_clover_collect[data-phase=approved]")
            if dialog.count():
                payment.approved_after = time.monotonic() - back_at
                payment.tab.picture(f"lost-{name}-2-approved")
        return all(payment.approved_after >= 0 for payment in lost.values())

    wait_until(all_approved, "every lost answer is found out", RESOLVED_WITHIN)


@pytest.mark.parametrize("name", FAULTS)
def test_a_lost_answer_is_neither_yes_nor_no_and_finds_itself(
    site, books, outage, name, record_property
):
    lost = outage[name]
    _fault, _rule, taken = FAULTS[name]
    record_property("seconds_to_approved", round(lost.approved_after, 1))
    assert "We are checking with Clover" in lost.dialog
    assert "Do not charge again" in lost.dialog
    assert lost.during["state"] == "pending"
    assert lost.during["fusion_outcome_unknown"]
    assert not lost.during["payment_state"]
    assert lost.effects_during == (1 if taken else 0)
    assert lost.notice.startswith("We are checking with Clover whether payment ")
    assert "started by Claire Clerk" in lost.notice
    assert lost.refusals == [lost.notice, lost.notice]
    expect(lost.tab.message).to_contain_text("Approved: ")
    transaction = books.assert_collected_once(lost.invoice)
    assert [row["reference"] for row in books.transactions(lost.invoice)] == [
        transaction["reference"]
    ]
    (operation,) = books.operations(lost.invoice)
    assert operation["actions"].count("repeat") == (0 if taken else 1)
    assert len(site.clover.charge_calls(operation["external_reference"])) == (1 if taken else 2)
