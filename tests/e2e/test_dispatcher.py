"""Two databases share one Clover app: the hub owns it, the tenant connects through the hub."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.conftest import open_site
from tests.e2e.support.origins import clover_app, serving
from tests.e2e.support.settings import SCREENSHOTS, Settings
from tests.e2e.support.site import Site
from tests.e2e.support.waiting import wait_until

pytestmark = pytest.mark.own_site

AUTH_CODE = "9a3c1d5e-4f2b-4c6d-8e7f-0a1b2c3d4e5f"
HEADERS = {"Content-Type": "application/json", "X-Clover-Auth": AUTH_CODE}
CALLBACK = "/payment/clover/oauth/callback"
#: Seconds. A tenant that comes back is tried again within a pause of its circuit.
BACK_WITHIN = 120.0


class Shared:
    """Hub and tenant, set up as the README says."""

    #: Seconds for which the tenant is down at the least: a minute, unless FUSION_TENANT_DOWN in the
    #: environment says otherwise, as continuous integration does.
    down = float(os.environ.get("FUSION_TENANT_DOWN", "60"))
    #: A merchant of the tenant whose notices come between those of the first.
    second_merchant = "ACMESECOND001"

    def __init__(self, hub: Site, tenant: Site) -> None:
        self.hub, self.tenant = hub, tenant
        self.http = requests.Session()
        self.http.trust_env = False
        provider = tenant.admin.read("payment.provider", tenant.provider_id, "clover_merchant_id")
        self.merchant_id: str = provider["clover_merchant_id"]
        hub.set_parameter("fusion_clover.dispatcher_enabled", "True")
        hub.set_parameter("fusion_clover.dispatcher_app_id", clover_app()["clover_app_id"])
        hub.set_parameter("fusion_clover.dispatcher_auth_code", AUTH_CODE)
        # The one form.
        form = {
            "name": "Acme Dental",
            "base_url": tenant.url,
            "merchant_line_ids": [
                [0, 0, {"merchant_id": one}] for one in (self.merchant_id, self.second_merchant)
            ],
        }
        self.tenant_id: int = hub.admin.call("clover.tenant", "create", form)
        shown = hub.admin.read("clover.tenant", self.tenant_id, "signing_key", "callback_url")
        # What the customer's administrator enters.
        tenant.set_parameter("fusion_clover.dispatcher_url", shown["callback_url"])
        tenant.set_parameter("fusion_clover.dispatcher_secret", shown["signing_key"])
        code = {"clover_webhook_auth_code": AUTH_CODE}
        tenant.admin.call("payment.provider", "write", [tenant.provider_id], code)

    def disconnect(self) -> None:
        """Forget the tenant's tokens."""
        provider = [self.tenant.provider_id]
        self.tenant.admin.call("payment.provider", "action_clover_disconnect", provider)
        assert self.connection() == "none"

    def connection(self) -> str:
        """How the tenant's connection is."""
        return self.tenant.admin.read(
            "payment.provider", self.tenant.provider_id, "clover_connection_state"
        )["clover_connection_state"]

    def notify(self, *numbers: int) -> None:
        """Clover tells the hub of one payment after the other, in this order.

        Each body is about both merchants of the tenant, and about one that is nobody's.
        """
        for number in numbers:
            notice = {"objectId": f"P:PAY{number}", "type": "CREATE", "ts": 1700000000000 + number}
            merchants = (self.merchant_id, self.second_merchant, "NOBODYS000001")
            body = json.dumps({"appId": "APP", "merchants": dict.fromkeys(merchants, [notice])})
            answer = self.http.post(
                f"{self.hub.url}/clover/webhook", data=body, headers=HEADERS, timeout=30
            )
            assert answer.status_code == 200

    def in_dashboard(self, name: str, **asked: Any) -> dict[str, Any]:
        """What the merchant does in Clover's dashboard, of which Clover tells the hub."""
        clover, hook = self.tenant.clover, f"{self.hub.url}/clover/webhook"
        switches = {"webhook_url": hook, "webhook_auth_code": AUTH_CODE}
        is_told = clover.has("POST", "config", switches)
        done = clover.call("POST", f"dashboard/{name}", asked)
        if not is_told:
            # As Clover would have.
            payment = asked.get("payment") or done["id"]
            notice = {"objectId": f"P:{payment}", "type": "CREATE", "ts": time.time_ns() // 10**6}
            body = json.dumps({"appId": "APP", "merchants": {self.merchant_id: [notice]}})
            self.http.post(hook, data=body, headers=HEADERS, timeout=30).raise_for_status()
        return done

    def arrived(self) -> list[str]:
        """What the tenant heard of its merchant, in the order in which it did."""
        rows = self.tenant.database.rows(
            "SELECT object_ref FROM fusion_event WHERE source = 'clover' AND company_id IS NOT NULL"
            " ORDER BY id"
        )
        return [row["object_ref"] for row in rows]

    def arrived_of_second(self) -> list[int]:
        """Numbers of the notices about the second merchant, which no company of the tenant has."""
        rows = self.tenant.database.rows(
            "SELECT payload FROM fusion_event WHERE source = 'clover' AND event_type = 'unknown'"
            " ORDER BY id"
        )
        bodies = [json.loads(row["payload"])["merchants"] for row in rows]
        return [body[self.second_merchant][0]["ts"] - 1700000000000 for body in bodies]


@pytest.fixture(scope="module")
def shared(settings: Settings) -> Iterator[Shared]:
    """A simulator, a hub and a tenant, each database with a server of its own."""
    with (
        serving("clover") as origin,
        open_site(settings, "fusion_e2e_hub", origin) as hub,
        open_site(settings, "fusion_e2e_tenant", origin) as tenant,
    ):
        for opened in (hub, tenant):
            opened.warm_up()
        yield Shared(hub, tenant)
        hub.clover.has("POST", "config", {"webhook_url": ""})


def picture(page: Page, name: str) -> None:
    """Keep what can be seen, for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"dispatcher-{name}.png")


def test_a_tenant_connects_through_the_hub(shared):
    shared.disconnect()
    admin = shared.tenant.admin
    action = admin.call(
        "payment.provider", "action_clover_oauth_connect", [shared.tenant.provider_id]
    )
    landed = admin.http.get(action["url"], timeout=60)
    passed = [urlsplit(answer.url) for answer in landed.history]
    hub, tenant = urlsplit(shared.hub.url).netloc, urlsplit(shared.tenant.url).netloc
    assert (hub, "/clover/callback") in [(part.netloc, part.path) for part in passed]
    assert (tenant, CALLBACK) in [(part.netloc, part.path) for part in passed]
    assert shared.connection() == "connected"
    # The same link again: neither the hub nor the tenant takes it twice.
    relayed = next(answer for answer in landed.history if "/clover/callback" in answer.url)
    assert shared.http.get(relayed.url, timeout=30).status_code == 403


def test_a_merchant_who_opens_the_app_in_clover_is_connected(shared):
    shared.disconnect()
    address = f"{shared.hub.url}/clover/launch?merchant_id={shared.merchant_id}"
    landed = shared.tenant.admin.http.get(address, timeout=60)
    assert urlsplit(landed.history[0].headers["Location"]).path == "/oauth/v2/authorize"
    assert shared.connection() == "connected"
    # Its state is used up on both sides: the tenant does not take it again, even directly.
    callback = next(answer for answer in landed.history if CALLBACK in answer.url)
    again = shared.tenant.admin.http.get(callback.url, timeout=30)
    assert parse_qs(urlsplit(callback.url).query)["state"]
    assert again.status_code != 200 or "used before" in again.text
    assert shared.connection() == "connected"


def test_a_launch_in_the_browser_ends_on_the_connected_form(shared, page_of):
    shared.disconnect()
    page = page_of(shared.tenant)
    page.goto(f"{shared.hub.url}/clover/launch?merchant_id={shared.merchant_id}")
    connection = page.locator(".o_field_widget[name=clover_status_connection]")
    expect(connection).to_contain_text("Access is renewed by itself")
    assert urlsplit(page.url).netloc == urlsplit(shared.tenant.url).netloc
    picture(page, "launched")
    assert shared.connection() == "connected"


def test_a_browser_that_is_sent_away_is_explained_to_the_hubs_administrator(shared, page_of):
    shared.tenant.set_parameter("fusion_clover.dispatcher_secret", "x" * 64)
    admin = shared.tenant.admin
    provider = [shared.tenant.provider_id]
    action = admin.call("payment.provider", "action_clover_oauth_connect", provider)
    assert admin.http.get(action["url"], timeout=60).status_code == 403
    page = page_of(shared.hub)
    page.goto(f"{shared.hub.url}/odoo/action-fusion_clover.clover_tenant_action/{shared.tenant_id}")
    warning = page.locator(".alert-warning", has_text="was sent away")
    expect(warning).to_contain_text("It was signed with another secret")
    picture(page, "sent-away")
    key = shared.hub.admin.read("clover.tenant", shared.tenant_id, "signing_key")["signing_key"]
    shared.tenant.set_parameter("fusion_clover.dispatcher_secret", key)
    action = admin.call("payment.provider", "action_clover_oauth_connect", provider)
    assert admin.http.get(action["url"], timeout=60).ok
    page.reload()
    expect(page.locator("div[name=base_url]")).to_be_visible()
    expect(warning).to_have_count(0)


def test_the_hubs_settings_show_what_its_administrator_needs(shared, page_of):
    code = json.dumps({"verificationCode": "5b1d7c2e-9a8f-4e6d-8c7b-112233445566"})
    content = {"Content-Type": "application/json"}
    answer = shared.http.post(
        f"{shared.hub.url}/clover/webhook", data=code, headers=content, timeout=30
    )
    assert answer.status_code == 200
    page = page_of(shared.hub)
    page.goto(f"{shared.hub.url}/odoo/settings#invoicing")
    page.locator(".settings_tab [data-key=account]").click()
    block = page.locator("#clover_dispatcher_owner")
    block.scroll_into_view_if_needed()
    verification = block.locator("[name=clover_dispatcher_verification]")
    expect(verification).to_contain_text("5b1d7c2e")
    expect(verification.locator(".o_clipboard_button")).to_be_visible()
    picture(page, "settings")


def test_notices_reach_the_tenant_in_order_even_if_it_was_down(shared, page_of):
    shared.notify(*range(1, 11))
    expected = [f"P:PAY{number}" for number in range(1, 11)]
    wait_until(lambda: len(shared.arrived()) == 10, "ten notices at the tenant", 30.0)
    assert shared.arrived() == expected
    shared.tenant.server.kill()
    killed_at = time.monotonic()
    shared.notify(*range(11, 31))
    failed = "SELECT count(*) FROM fusion_delivery_attempt WHERE outcome = 'failed'"
    wait_until(
        lambda: shared.hub.database.value(failed) >= 1, "the hub to notice that nobody answers", 30
    )
    page = page_of(shared.hub)
    page.goto(f"{shared.hub.url}/odoo/action-fusion_clover.clover_tenant_action/{shared.tenant_id}")
    expect(page.locator("div[name=base_url]")).to_be_visible()
    picture(page, "tenant-is-down")
    wait_until(
        lambda: time.monotonic() - killed_at > shared.down, "the tenant was down", shared.down + 30
    )
    shared.tenant.server.start()
    wait_until(lambda: len(shared.arrived()) == 30, "all notices at the tenant", BACK_WITHIN)
    assert shared.arrived() == [f"P:PAY{number}" for number in range(1, 31)]
    assert shared.arrived_of_second() == list(range(1, 31))
    left = "SELECT count(*) FROM fusion_delivery WHERE state != 'delivered'"
    wait_until(lambda: shared.hub.database.value(left) == 0, "the hub to know of all answers", 30)


def test_a_payment_made_in_the_dashboard_is_matched_by_the_tenant(shared, page_of):
    tenant = shared.tenant
    invoice = tenant.invoice(12_345)
    paid = shared.in_dashboard("payment", amount=12_345, note=f"by phone, {invoice.name}")
    found = f"SELECT count(*) FROM clover_unmatched_payment WHERE payment_ref = '{paid['id']}'"
    wait_until(lambda: tenant.database.value(found) == 1, "the tenant to hear of it", 60.0)
    page = page_of(tenant)
    page.goto(f"{tenant.url}/odoo/action-fusion_clover.clover_unmatched_payment_action")
    row = page.locator("tr.o_data_row", has_text=paid["id"])
    expect(row.locator("td[name=suggestion]")).to_contain_text(invoice.name)
    picture(page, "unmatched")
    row.get_by_role("button", name="Match…").click()
    dialog = page.locator(".modal")
    best = dialog.locator("tr.o_data_row", has_text=invoice.name)
    expect(best).to_contain_text("named in the note")
    picture(page, "match")
    best.get_by_role("button", name="Match").click()
    expect(page.locator(".o_notification", has_text=invoice.name)).to_be_visible()
    state = tenant.admin.read("account.move", invoice.id, "payment_state")["payment_state"]
    assert state in ("in_payment", "paid")
    # What goes back there is booked here, although nobody clicked anything.
    shared.in_dashboard("refund", payment=paid["id"], amount=2_345)
    refunds = (
        "SELECT count(*) FROM payment_transaction"
        " WHERE operation = 'refund' AND state = 'done' AND amount = -23.45"
    )
    wait_until(lambda: tenant.database.value(refunds) == 1, "the refund to be booked", 60.0)


def test_connecting_and_listening_in_the_browser(shared, page_of):
    shared.disconnect()
    tenant = shared.tenant
    page = page_of(tenant)
    page.goto(f"{tenant.url}/odoo/payment.provider/{tenant.provider_id}")
    connect = page.locator(".o_form_view").get_by_role("button", name="Connect", exact=True)
    expect(connect).to_be_visible()
    picture(page, "tenant-connect")
    connect.click()
    connection = page.locator(".o_field_widget[name=clover_status_connection]")
    expect(connection).to_contain_text("Access is renewed by itself")
    picture(page, "tenant-connected")
    # Whoever has Clover verify the address finds the code on the form.
    code = json.dumps({"verificationCode": "0f6c2d4e-1a2b-4c3d-8e9f-aabbccddeeff"})
    answer = shared.http.post(
        f"{tenant.url}/payment/clover/webhook",
        data=code,
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 200
    tenant.admin.call(
        "payment.provider", "write", [tenant.provider_id], {"clover_webhook_auth_code": False}
    )
    page.reload()
    webhooks = page.locator(".o_field_widget[name=clover_status_webhooks]")
    expect(webhooks).to_contain_text("nothing that Clover tells is processed")
    verification = page.locator(".o_field_widget[name=clover_verification_code]")
    expect(verification).to_contain_text("0f6c2d4e")
    expect(verification.locator(".o_clipboard_button")).to_be_visible()
    webhooks.scroll_into_view_if_needed()
    picture(page, "webhooks")
    tenant.admin.call(
        "payment.provider", "write", [tenant.provider_id], {"clover_webhook_auth_code": AUTH_CODE}
    )


def test_a_forged_notice_reaches_nobody(shared):
    before = shared.arrived()
    body = json.dumps({"merchants": {shared.merchant_id: []}})
    for site, path in ((shared.hub, "/clover/webhook"), (shared.tenant, "/payment/clover/webhook")):
        answer = shared.http.post(
            site.url + path, data=body, headers={**HEADERS, "X-Clover-Auth": "x"}, timeout=30
        )
        assert answer.status_code == 401
    assert shared.arrived() == before


def test_a_customer_is_added_by_filling_in_one_form(shared, page_of):
    page = page_of(shared.hub)
    page.goto(f"{shared.hub.url}/odoo/action-fusion_clover.clover_tenant_action/new")
    page.locator("div[name=name] input").fill("Bolt Hardware")
    page.locator("div[name=base_url] input").fill("https://erp.bolt.example.com")
    page.get_by_text("Add a line").click()
    page.locator("div[name=merchant_line_ids] td[name=merchant_id] input").fill("BOLTMERCHANT1")
    page.locator(".o_form_button_save").click()
    expect(page.locator("div[name=callback_url]")).to_contain_text("/clover/callback")
    expect(page.locator("div[name=signing_key]")).not_to_be_empty()
    picture(page, "tenant")
    answer = shared.http.get(
        f"{shared.hub.url}/clover/launch?merchant_id=BOLTMERCHANT1",
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 302
