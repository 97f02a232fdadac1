"""The administrator's way: what the form says, what to do when it is wrong, one click to repair."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg2
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import open_site
from tests.e2e.support.origins import clover_app
from tests.e2e.support.provider_page import ProviderPage
from tests.e2e.support.settings import Settings
from tests.e2e.support.site import Site
from tests.e2e.support.waiting import wait_until

pytestmark = pytest.mark.own_site

VIEWPORT = {"width": 1300, "height": 1700}


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[Site]:
    """A site of these tests' own: they break its connection."""
    with open_site(settings, "connection") as opened:
        opened.warm_up()
        yield opened


@contextmanager
def opened_form(site: Site, browser: Browser) -> Iterator[ProviderPage]:
    """The provider's form in a tab of the administrator, without complaints in the end."""
    context = browser.new_context(viewport=VIEWPORT)
    context.add_cookies(
        [{"name": "session_id", "value": site.admin.session_cookie, "url": site.url}]
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield ProviderPage(page, site).open()
    context.close()
    assert complaints == []


@pytest.fixture
def form(site: Site, browser: Browser) -> Iterator[ProviderPage]:
    """The form of a provider that is connected, before and after."""
    with opened_form(site, browser) as opened:
        yield opened
    values = clover_app() | {"state": "test"}
    site.admin.call("payment.provider", "write", [site.provider_id], values)
    action = site.admin.call("payment.provider", "action_clover_oauth_connect", [site.provider_id])
    site.admin.http.get(action["url"], timeout=60)


@pytest.fixture
def first_form(settings: Settings, browser: Browser) -> Iterator[ProviderPage]:
    """The form of a provider that was connected once and did nothing else since."""
    with open_site(settings, "first") as site:
        site.warm_up()
        with opened_form(site, browser) as opened:
            yield opened


def test_disconnect_asks_first_and_connect_brings_it_back(site, form):
    expect(form.alert("SANDBOX: no money moves")).to_be_visible()
    form.picture("connection-1-connected")
    form.button("Disconnect").click()
    question = form.page.locator(".modal", has_text="Forget the tokens of this merchant?")
    expect(question).to_be_visible()
    question.get_by_role("button", name="Cancel").click()
    expect(form.status("connection")).to_contain_text("Connected to the sandbox")
    form.button("Disconnect").click()
    question.locator(".btn-primary").click()
    expect(form.status("connection")).to_contain_text("Not connected. Click Connect.")
    expect(form.button("Disconnect")).to_have_count(0)
    assert site.database.value("SELECT count(*) FROM clover_oauth_token") == 0
    form.picture("connection-2-disconnected")
    form.button("Connect").click()
    expect(form.status("connection")).to_contain_text("Connected to the sandbox")
    merchant = form.page.locator("[name=clover_connected_merchant]")
    expect(merchant).to_contain_text(site.merchant.name)


def test_testing_says_who_answers_and_what_this_merchant_can_do(site, form):
    merchant = site.merchant
    form.button("Test Connection").click()
    notice = form.page.locator(".o_notification")
    expect(notice).to_contain_text(
        f"Merchant {merchant.name} ({merchant.country}), currency {merchant.currency}."
    )
    expect(notice).to_contain_text(f"Gateway {merchant.gateway}, features: saved cards")
    expect(notice).to_contain_text("Clover adds no surcharge.")
    expect(form.status("surcharge")).to_contain_text("Clover adds no surcharge.")
    form.picture("connection-3-tested")


def test_a_wrong_secret_is_explained_where_it_is_entered(site, form):
    form.enter("clover_app_secret", "wrong")
    form.save()
    form.button("Reconnect").click()
    expect(form.alert("Most likely the App Secret is wrong")).to_be_visible()
    form.picture("connection-4-wrong-secret")
    expect(form.status("connection")).to_contain_text("Connected to the sandbox")
    assert site.database.value("SELECT count(*) FROM clover_oauth_token") == 1


def test_whoever_saves_the_form_meanwhile_does_not_cost_the_code(site, settings, form):
    """Clover's code works once: the conflict comes before it is sent; then all of it runs again."""
    exchanges = "/oauth/v2/token"
    before = len(site.clover.journal("POST", exchanges))
    token = site.database.value("SELECT id FROM clover_oauth_token")
    action = site.admin.call("payment.provider", "action_clover_oauth_connect", [site.provider_id])
    colleague = psycopg2.connect(
        host=settings.pg_socket, user="odoo", dbname=site.database.name
    )
    with ThreadPoolExecutor(1) as pool, closing(colleague), colleague, colleague.cursor() as cursor:
        cursor.execute(
            "UPDATE payment_provider SET sequence = sequence + 1 WHERE id = %s", [site.provider_id]
        )
        landed = pool.submit(site.admin.http.get, action["url"], timeout=60)
        wait_until(
            lambda: site.database.value(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ),
            "the request waits for whoever saves the form",
        )
        assert len(site.clover.journal("POST", exchanges)) == before
        colleague.commit()
        assert landed.result().ok
    names = ("clover_connection_state", "clover_connection_message")
    shown = site.admin.read("payment.provider", site.provider_id, *names)
    assert (shown["clover_connection_state"], shown["clover_connection_message"]) == (
        "connected",
        False,
    )
    assert len(site.clover.journal("POST", exchanges)) == before + 1
    assert site.database.value("SELECT id FROM clover_oauth_token") != token


def test_going_live_with_the_sandbox_app_is_refused_with_the_reason(first_form):
    form, site = first_form, first_form.site
    form.page.get_by_label("Enabled", exact=True).check()
    expect(form.status("connection")).to_contain_text("Not connected. Click Connect.")
    expect(form.page.locator(".o_clover_checklist [data-done='1']")).to_have_count(0)
    form.save()
    refusal = form.page.locator(".modal", has_text="Clover cannot be enabled")
    expect(refusal).to_contain_text("App ID worked in the sandbox")
    form.picture("connection-5-refused")
    state = site.database.value(
        "SELECT state FROM payment_provider WHERE id = %s", site.provider_id
    )
    assert state == "test"


def test_a_lost_connection_is_repaired_by_one_click(site, form):
    site.database.execute(
        "UPDATE clover_oauth_token SET access_token = 'dead', refresh_token = 'dead', "
        "previous_refresh_token = NULL"
    )
    form.button("Test Connection").click()
    expect(form.page.locator(".modal")).to_contain_text("Connect again")
    form.open()
    banner = form.alert("Clover no longer accepts our tokens")
    expect(banner).to_be_visible()
    form.picture("connection-6-lost")
    banner.get_by_role("button", name="Reconnect").click()
    expect(form.status("connection")).to_contain_text("Connected to the sandbox")
    expect(banner).to_have_count(0)


def test_the_activity_leads_to_a_form_with_the_same_click(site, form):
    site.database.execute("UPDATE clover_oauth_token SET error = 'the refresh token was refused'")
    token = site.database.value("SELECT id FROM clover_oauth_token")
    form.page.goto(f"{site.url}/odoo/clover.oauth.token/{token}")
    expect(form.alert("Clover no longer accepts the tokens")).to_be_visible()
    form.picture("connection-7-token")
    form.page.get_by_role("button", name="Reconnect").click()
    expect(form.status("connection")).to_contain_text("Connected to the sandbox")


def test_settings_show_the_connection_and_lead_to_it(site, form):
    form.page.goto(f"{site.url}/odoo/settings#invoicing")
    block = form.page.locator("#fusion_clover_settings, [id=clover_connection]").first
    form.page.locator(".settings_tab [data-key=account]").click()
    expect(block).to_be_visible()
    block.scroll_into_view_if_needed()
    expect(form.page.locator("[name=clover_status_connection]")).to_contain_text("Connected")
    form.picture("connection-8-settings")
    form.page.get_by_role("button", name="Configure Clover").click()
    expect(form.status("terminals")).to_be_visible()
