"""A vendor bill is paid with a virtual card: issue, approval, reveal, cancel, reissue, expiry."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.support.origins import serving
from tests.e2e.support.rpc import OdooUser
from tests.e2e.support.virtual_cards import APPROVER, CLERK, VIEWER, CardCompany, CardPage
from tests.e2e.support.waiting import wait_until


@pytest.fixture(scope="module")
def cards(site) -> Iterator[CardCompany]:
    """The company, with a WEX of its own or the one that ``WEX_ORIGIN`` names."""
    with serving("wex") as origin:
        yield CardCompany(site, origin)


@pytest.fixture(scope="module")
def people(cards) -> dict[str, OdooUser]:
    """A clerk, and an approver who may see numbers."""
    return {
        "clerk": cards.person("Vera Vendor", CLERK),
        "approver": cards.person("Aron Approver", APPROVER, VIEWER),
    }


@pytest.fixture
def desk(context_of, site, people) -> Iterator[Callable[[str], CardPage]]:
    """Opens a tab for one of the people; in the end none has complained in its console."""
    opened, complaints = [], []

    def desk(who: str) -> CardPage:
        page = context_of(people[who]).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened.append(page)
        return CardPage(page, site.url)

    yield desk
    for page in opened:
        page.close()
    assert complaints == []


def _issued(cards, clerk, bill):
    """A card for the whole bill, asked for by program."""
    action = clerk.call("account.move", "action_wex_pay", [bill.id])
    model, context = action["res_model"], action["context"]
    values = clerk.call(
        model, "default_get", ["company_id", "account_id", "grouping", "line_ids"], context=context
    )
    dialog = clerk.call(model, "create", values)
    clerk.call(model, "action_wex_issue", [dialog])
    wait_until(lambda: cards.request_of(bill)["state"] == "issued", "the card is issued", 60)
    return cards.card_of(bill)


def _state_of(cards, bill, state):
    wait_until(lambda: cards.card_of(bill)["state"] == state, f"the card is {state}", 60)


def test_a_bill_is_paid_by_a_card_and_shows_its_last_four(cards, desk):
    bill = cards.bill(113.0)
    page = desk("clerk").open("account.move", bill.id)
    page.picture("wex-1-bill")
    page.press("action_wex_pay")
    expect(page.dialog).to_contain_text("Hauling & Sons")
    page.picture("wex-2-dialog")
    page.press("action_wex_issue")
    expect(page.dialog).to_contain_text("1 issued", timeout=60_000)
    page.picture("wex-3-issued")
    card = cards.card_of(bill)
    assert cards.issues(bill) == [11300]
    page.open("account.move", bill.id)
    expect(page.field("wex_card_label")).to_contain_text(card["last4"])
    page.picture("wex-4-bill-paid")
    assert cards.wex.number_of(card["wex_id"])[-4:] == card["last4"]


def test_a_card_above_the_limit_is_approved_by_somebody_else(cards, desk):
    bill = cards.bill(1200.0)
    page = desk("clerk").open("account.move", bill.id).press("action_wex_pay")
    expect(page.dialog).to_contain_text("will wait for a second person")
    page.press("action_wex_issue")
    expect(page.dialog).to_contain_text("1 waiting for a second person")
    request = cards.request_of(bill)
    assert (request["state"], cards.issues(bill)) == ("draft", [])
    other = desk("approver").open("wex.card.request", request["id"])
    other.picture("wex-5-approval")
    other.press("action_approve")
    wait_until(lambda: cards.request_of(bill)["state"] == "issued", "the card is issued", 60)
    expect(other.page.locator(".alert-success:visible")).to_contain_text(
        "Card ending in", timeout=30_000
    )
    other.picture("wex-6-approved")
    assert cards.issues(bill) == [120000]


def test_a_number_is_shown_after_password_and_reason_to_who_may_see_it(cards, desk, people):
    bill = cards.bill(50.0)
    card = _issued(cards, people["clerk"], bill)
    page = desk("clerk").open("wex.virtual.card", card["id"])
    expect(page.page.locator("button[name=action_wex_reveal]")).to_have_count(0)
    page = desk("approver").open("wex.virtual.card", card["id"])
    page.picture("wex-7-card")
    page.press("action_wex_reveal")
    page.dialog.locator("[name=reason] input, [name=reason] textarea").fill("Read to the vendor")
    page.dialog.locator("button[name=action_reveal]").click()
    password = page.page.locator(".modal input[type=password]:visible")
    expect(password).to_be_visible()
    page.picture("wex-8-password")
    password.fill("aron-secret")
    page.page.locator(".modal .btn-primary:visible").last.click()
    expect(page.dialog.locator("[name=value]")).to_contain_text(card["last4"])
    page.picture("wex-9-revealed")
    accesses = cards.site.admin.call(
        "fusion.secret.access", "search_read", [], ["user_id", "reason"], limit=1
    )
    assert accesses[0]["user_id"][0] == people["approver"].uid
    assert accesses[0]["reason"] == "Read to the vendor"
    page.open("wex.virtual.card", card["id"])
    expect(page.state).to_have_text("Opened")
    page.picture("wex-9-opened")


def test_a_cancelled_card_opens_the_bill_again(cards, desk, people):
    bill = cards.bill(60.0)
    card = _issued(cards, people["clerk"], bill)
    page = desk("approver").open("wex.virtual.card", card["id"])
    page.press("action_wex_cancel").confirm()
    _state_of(cards, bill, "cancelled")
    wait_until(lambda: cards.card_of(bill)["amount_open"] == 0, "the card is released", 60)
    page.open("wex.virtual.card", card["id"])
    page.picture("wex-10-cancelled")
    residual = cards.site.admin.read("account.move", bill.id, "amount_residual")
    assert (residual["amount_residual"], cards.card_of(bill)["amount_released"]) == (60.0, 60.0)


def test_a_card_is_reissued_over_what_was_left(cards, desk, people):
    bill = cards.bill(70.0)
    card = _issued(cards, people["clerk"], bill)
    cards.wex.act(cards.request_of(bill)["reference"], "post", amount="30.00")
    page = desk("approver").open("wex.virtual.card", card["id"])
    page.press("action_wex_reissue").confirm()
    wait_until(lambda: sorted(cards.issues(bill)) == [4000, 7000], "the new card is issued", 90)
    page.open("wex.virtual.card", card["id"])
    expect(page.field("reissue_id")).to_contain_text("VC-")
    expect(page.state).to_have_text("Reissued")
    page.picture("wex-11-reissued")


def test_a_card_that_expires_unused_opens_the_bill_again(cards, desk, people):
    bill = cards.bill(80.0)
    card = _issued(cards, people["clerk"], bill)
    cards.wex.act(cards.request_of(bill)["reference"], "expire")
    page = desk("clerk").open("wex.virtual.card", card["id"])
    page.press("action_wex_look")
    _state_of(cards, bill, "expired")
    page.open("wex.virtual.card", card["id"])
    expect(page.page.locator(".o-mail-Activity")).to_contain_text("are open again")
    page.picture("wex-12-expired")


def test_the_lists_show_cards_by_state_vendor_month_and_clerk(cards, desk, people):
    bill = cards.bill(90.0)
    _issued(cards, people["clerk"], bill)
    page = desk("approver").open_action("fusion_wex.wex_virtual_card_action")
    expect(page.page.locator(".o_data_row").first).to_be_visible()
    page.picture("wex-13-list")
    shown = {
        "kanban": page.page.locator(".o_kanban_record", has_text="Hauling & Sons").first,
        "pivot": page.page.locator(".o_pivot tbody", has_text="Vera Vendor"),
        "graph": page.page.locator(".o_graph_view canvas"),
    }
    for view, content in shown.items():
        page.page.locator(f".o_switch_view.o_{view}").click()
        expect(content).to_be_visible()
        page.picture(f"wex-14-{view}")
    page.open("res.partner", cards.vendor_id)
    expect(page.page.locator("button[name=action_wex_show_cards]")).to_contain_text("Virtual Cards")
    page.picture("wex-15-vendor")
