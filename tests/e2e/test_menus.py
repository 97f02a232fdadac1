"""Whoever has a menu can use it: it opens, and so do its first record and the form of a new one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Error, Page, Request, expect

pytestmark = pytest.mark.after_everything

ADDONS = ("fusion_payment_common.", "fusion_clover.", "fusion_wex.")
BOOKKEEPER = "account.group_account_invoice"
ROLES = {
    "Manager": "fusion_payment_common.group_fusion_manager",
    "Cardmanager": "fusion_wex.group_wex_manager",
    "Cardapprover": "fusion_wex.group_wex_approver",
    "Administrator": None,
}
RECORD = ".o_data_row .o_data_cell:not(.o_handle_cell), .o_kanban_record:not(.o_kanban_ghost)"
#: A view, or what takes its place when something goes wrong.
SHOWN = ".o_view_controller, .o_client_action, .modal"


@pytest.fixture(params=ROLES)
def person(request, site):
    """Somebody with one of the roles and nothing else."""
    group = ROLES[request.param]
    if group is None:
        return site.admin
    groups = [site.admin.ref(BOOKKEEPER), site.admin.ref(group)]
    return site.clerk(request.param, group_ids=[[6, 0, groups]])


class Visitor:
    """A tab that notes what the server refuses; ``refusals`` are ``(address, message)``."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.refusals: list[tuple[str, str]] = []
        self._waiting = 0
        page.on("request", self._note_request)
        page.on("requestfinished", self._note_answer)
        page.on("requestfailed", self._note_answer)
        page.on("pageerror", lambda error: self.refusals.append((page.url, str(error))))

    def open(self, address: str) -> None:
        """Open a page."""
        self.page.goto(address)
        self.see(SHOWN)

    def see(self, selector: str) -> None:
        """Wait until something is shown and the server has answered everything."""
        expect(self.page.locator(selector).first).to_be_visible()
        while self._waiting:
            self.page.wait_for_timeout(20)  # playwright notes answers while it waits

    @staticmethod
    def _is_call(request: Request) -> bool:
        return "/web/dataset/" in request.url or "/web/action/" in request.url

    def _note_request(self, request: Request) -> None:
        self._waiting += self._is_call(request)

    def _note_answer(self, request: Request) -> None:
        if not self._is_call(request):
            return
        self._waiting -= 1
        try:
            response = request.response()
            error = response and response.json().get("error")
        except Error as gone:
            # What was asked last is of no interest once the page was left.
            if "navigated away" not in str(gone):
                raise
            return
        if error:
            self.refusals.append((self.page.url, error["data"]["message"]))


@pytest.fixture
def visitor(person, context_of) -> Iterator[Visitor]:
    """A tab of theirs."""
    page = context_of(person).new_page()
    yield Visitor(page)
    page.close()


def _has_form(site, page: Page, action_id: int) -> bool:
    """Whether records of an action have a form; what is only recorded has a list alone."""
    body = {"jsonrpc": "2.0", "method": "call", "params": {"action_id": action_id}}
    answer = page.request.post(f"{site.url}/web/action/load", data=body).json()
    return any(kind == "form" for _view, kind in answer["result"].get("views", []))


def test_every_menu_of_a_role_can_be_used(site, visitor):
    page = visitor.page
    menus = page.request.get(f"{site.url}/web/webclient/load_menus").json()
    ours = [
        menu
        for menu in menus.values()
        if menu["actionID"] and (menu["xmlid"] or "").startswith(ADDONS)
    ]
    assert ours
    forms = 0
    for menu in ours:
        address = f"{site.url}/odoo/action-{menu['actionID']}"
        visitor.open(address)
        first = page.locator(RECORD).first
        if first.is_visible() and _has_form(site, page, menu["actionID"]):
            first.click()
            visitor.see(".o_form_view, .modal")
            visitor.open(address)
            forms += 1
        new = page.locator(".o_list_button_add, .o-kanban-button-new").first
        if new.is_visible():
            new.click()
            visitor.see(".o_form_view, .o_selected_row, .modal")
            forms += 1
    assert visitor.refusals == []
    assert forms, "nothing was opened: nothing was proven"
