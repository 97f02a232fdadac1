"""The answer to a charge gets lost, in every way an answer can get lost.

All of them are lost in one outage, during which Clover cannot be asked either; so each is seen
while nothing is known, and each has to find itself afterwards. Half of them are watched by a clerk
in a browser; nobody watches the others, so it is the scheduler that finds them.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from tests.e2e.support.clover import VISA
from tests.e2e.support.collect_page import CollectPage
from tests.e2e.support.dialog import Dialog
from tests.e2e.support.rpc import OdooError
from tests.e2e.support.site import Invoice
from tests.e2e.support.waiting import wait_until


class Fault(NamedTuple):
    """``taken``: Clover takes the money before it fails; ``watched``: in a browser."""

    name: str
    taken: bool
    watched: bool = False
    when: str | None = None


#: What waits for its time-out is last: until then the others have not begun to repeat.
FAULTS = {
    "reset_after": Fault("reset_after", True, watched=True),
    "reset_before": Fault("reset_before", False),
    "truncate": Fault("truncate", True, watched=True),
    "http_500_after": Fault("http_500", True, when="after"),
    "http_500_before": Fault("http_500", False, watched=True, when="before"),
    "http_503_after": Fault("http_503", True, when="after"),
    "http_503_before": Fault("http_503", False, when="before"),
    "http_429_after": Fault("http_429", True, when="after"),
    "timeout_after": Fault("timeout_after", True, watched=True),
    "timeout_before": Fault("timeout_before", False),
}
#: Seconds within which everything has to be found once Clover answers again.
FOUND_WITHIN = 60.0


@dataclass
class Lost:
    """One payment whose answer got lost, and what was seen of it during the outage."""

    invoice: Invoice
    tab: CollectPage | None
    message: str = ""
    notice: str = ""
    refusals: list[str] = field(default_factory=list)
    during: dict[str, Any] = field(default_factory=dict)
    effects_during: int = -1
    found_after: float = -1.0


@pytest.fixture(scope="module")
def outage(site, books, claire, omar, context_of) -> Iterator[dict[str, Lost]]:
    """Every fault on an invoice of its own, in the same outage."""
    lost = {}
    for number, (name, fault) in enumerate(FAULTS.items()):
        tab = CollectPage(context_of(claire).new_page(), site.url) if fault.watched else None
        lost[name] = Lost(site.invoice(10000 + number), tab)
        if tab:
            tab.open_invoice(lost[name].invoice).open_dialog().enter_card(VISA)
    site.clover.cannot_be_asked()
    try:
        for name, payment in lost.items():
            site.clover.fault(FAULTS[name].name, count=1, when=FAULTS[name].when)
            payment.message = _charge(site, claire, payment)
        for payment in lost.values():
            _look_around(books, (claire, omar), payment)
        _come_back(site, books, lost)
    finally:
        site.clover.behave()
    yield lost
    for payment in lost.values():
        if payment.tab:
            payment.tab.page.close()


def _charge(site, clerk, payment: Lost) -> str:
    """Charge, and return what the dialog says when the answer is lost."""
    if payment.tab is None:
        status = Dialog(clerk, site.clover, payment.invoice).charge(VISA)
        assert status["state"] == "checking"
        return status["message"]
    payment.tab.page.bring_to_front()
    payment.tab.charge()
    payment.tab.expect_phase("checking")
    payment.tab.picture(f"lost-{payment.invoice.cents}-1-checking")
    return payment.tab.message.inner_text().strip()


def _look_around(books, clerks, payment: Lost) -> None:
    payment.effects_during = len(books.effects(payment.invoice))
    (payment.during,) = books.transactions(payment.invoice)
    for clerk in clerks:
        try:
            clerk.call("account.move", "action_clover_collect_payment", [payment.invoice.id])
        except OdooError as refusal:
            payment.refusals.append(str(refusal))
    name = "fusion_payment_notice"
    payment.notice = clerks[1].read("account.move", payment.invoice.id, name)[name]


def _come_back(site, books, lost: dict[str, Lost]) -> None:
    """Clover answers again; note when each payment is found: on the screen, or in the books."""
    site.clover.behave()
    back_at = time.monotonic()

    def is_found(payment: Lost) -> bool:
        if payment.tab is None:
            return books.is_settled(payment.invoice)
        return payment.tab.is_in_phase("approved")

    def all_found() -> bool:
        for payment in lost.values():
            if payment.found_after < 0 and is_found(payment):
                payment.found_after = time.monotonic() - back_at
                if payment.tab:
                    payment.tab.picture(f"lost-{payment.invoice.cents}-2-approved")
        return all(payment.found_after >= 0 for payment in lost.values())

    wait_until(all_found, "every lost answer is found", FOUND_WITHIN)


@pytest.mark.parametrize("name", FAULTS)
def test_a_lost_answer_is_neither_yes_nor_no_and_finds_itself(
    site, books, outage, name: str, record_property: Callable[[str, object], None]
):
    lost, taken = outage[name], FAULTS[name].taken
    record_property("seconds_to_approved", round(lost.found_after, 1))
    assert "We are checking with Clover" in lost.message
    assert "Do not charge again" in lost.message
    assert lost.during["state"] == "pending"
    assert lost.during["fusion_outcome_unknown"]
    assert not lost.during["payment_state"]
    assert lost.effects_during == int(taken)
    assert lost.notice.startswith("We are checking with Clover whether payment ")
    assert "started by Claire Clerk" in lost.notice
    assert lost.refusals == [lost.notice, lost.notice]
    transaction = books.assert_collected_once(lost.invoice)
    references = [row["reference"] for row in books.transactions(lost.invoice)]
    assert references == [transaction["reference"]]
    (operation,) = books.operations(lost.invoice)
    assert operation["actions"].count("repeat") == (0 if taken else 1)
    assert len(site.clover.charge_calls(operation["external_reference"])) == (1 if taken else 2)
    if lost.tab:
        assert lost.tab.message.inner_text().strip().startswith("Approved: ")
