"""Two sites: one for browsers, one that is killed; and clerks with a browser each."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.support.books import Books
from tests.e2e.support.collect_page import CollectPage
from tests.e2e.support.crash import RECOVERED_WITHIN, Crash
from tests.e2e.support.database import drop_left_behind
from tests.e2e.support.origins import given, serving
from tests.e2e.support.rpc import OdooUser
from tests.e2e.support.screens import describe_screens
from tests.e2e.support.settings import Settings
from tests.e2e.support.shop import Shop
from tests.e2e.support.site import Site
from tests.e2e.support.waiting import wait_until

VIEWPORT = {"width": 1300, "height": 900}
#: Seconds. Long enough for any answer of a simulator on a busy machine, short enough to wait for.
ANSWER_WITHIN = 3.0

#: Names of databases carry the process that made them: several runs may share a cluster.
PREFIX = "fusion_e2e"

#: The browser, for the report of a test that fails.
BROWSER = pytest.StashKey[Browser]()

NewTab = Callable[..., CollectPage]


def pytest_configure(config: pytest.Config) -> None:
    """Register the suite's own marker; be patient with a busy machine."""
    expect.set_options(timeout=15_000)
    config.addinivalue_line("markers", "after_everything: runs when all other tests are done")
    config.addinivalue_line(
        "markers", "own_site: leaves the shared site alone; CI runs these beside the others"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The crash comes first, so that its recovery costs no time; what looks back comes last."""

    def rank(item: pytest.Item) -> int:
        if item.get_closest_marker("after_everything"):
            return 2
        return 0 if "crash" in getattr(item, "fixturenames", ()) else 1

    items.sort(key=rank)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show how long it took until lost answers were found."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "seconds_to_approved" and report.when == "call":
                terminalreporter.write_line(f"{value:6.1f} s to approved: {report.nodeid}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Add to a failure what the browser showed at that moment."""
    report = yield
    browser = item.config.stash.get(BROWSER, None)
    if report.failed and call.when == "call" and browser:
        for number, seen in enumerate(describe_screens(browser, item.name), 1):
            report.sections.append((f"page {number} of the browser", seen))
    return report


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Where everything is; what runs that were cut off have left is removed."""
    found = Settings.from_environment()
    drop_left_behind(found, PREFIX)
    return found


@contextmanager
def open_site(settings: Settings, name: str, origin: str = "") -> Iterator[Site]:
    """A site with the simulator at ``origin``, the one that ``CLOVER_ORIGIN`` names, or its own."""
    with ExitStack() as stack:
        origin = origin or stack.enter_context(serving("clover"))
        yield stack.enter_context(Site(settings, f"{PREFIX}_{os.getpid()}_{name}", origin))


@pytest.fixture(scope="session")
def crash(settings: Settings) -> Iterator[Crash]:
    """A site whose server was killed during two charges, and started again."""
    with open_site(settings, "crash") as opened:
        crashed = Crash(opened, Books(opened.database, opened.clover))
        crashed.happen()
        yield crashed


@pytest.fixture(scope="session")
def site(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The site that the browsers work on.

    Where both sites share one gateway, the killed one recovers first: its repetitions would run
    into faults that are meant for others.
    """
    wanted = [name for item in request.session.items for name in getattr(item, "fixturenames", ())]
    if given("clover") and "crash" in wanted:
        crashed = request.getfixturevalue("crash")
        wait_until(crashed.is_over, "the killed server has recovered", RECOVERED_WITHIN)
    with open_site(settings, "main") as opened:
        opened.warm_up()
        opened.answer_within(ANSWER_WITHIN)
        yield opened


@pytest.fixture(scope="session")
def books(site: Site) -> Books:
    """The books of the browsers' site."""
    return Books(site.database, site.clover)


@pytest.fixture(autouse=True)
def _good_behaviour(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test on the site begins and ends with a gateway that does as it should."""
    if "site" not in request.fixturenames:
        yield
        return
    opened = request.getfixturevalue("site")
    opened.clover.behave()
    opened.answer_within(ANSWER_WITHIN)
    yield
    opened.clover.behave()


@pytest.fixture(scope="session")
def claire(site: Site) -> OdooUser:
    """A clerk."""
    return site.clerk("Claire Clerk")


@pytest.fixture(scope="session")
def omar(site: Site) -> OdooUser:
    """Another clerk."""
    return site.clerk("Omar Other")


@pytest.fixture(scope="session")
def browser(settings: Settings, pytestconfig: pytest.Config) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=settings.chromium,
            args=["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"],
        )
        pytestconfig.stash[BROWSER] = launched
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def context_of(browser: Browser, site: Site) -> Iterator[Callable[[OdooUser], BrowserContext]]:
    """The browser profile of a person, logged in; the same one every time."""
    contexts: dict[str, BrowserContext] = {}

    def context_of(user: OdooUser) -> BrowserContext:
        if user.login not in contexts:
            context = browser.new_context(viewport=VIEWPORT)
            cookie = {"name": "session_id", "value": user.session_cookie, "url": site.url}
            context.add_cookies([cookie])
            contexts[user.login] = context
        return contexts[user.login]

    yield context_of
    for context in contexts.values():
        context.close()


@pytest.fixture
def new_tab(context_of: Callable[[OdooUser], BrowserContext], site: Site) -> Iterator[NewTab]:
    """Opens tabs for a person; in the end none of them has complained in its console."""
    opened: list[CollectPage] = []
    complaints: list[str] = []

    def new_tab(user: OdooUser) -> CollectPage:
        page = context_of(user).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(30_000)
        opened.append(CollectPage(page, site.url))
        return opened[-1]

    yield new_tab
    for tab in opened:
        tab.page.close()
    assert complaints == []


@pytest.fixture
def tab(new_tab: NewTab, claire: OdooUser) -> CollectPage:
    """A tab of Claire's."""
    return new_tab(claire)


@pytest.fixture
def page_of(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page on any site in a profile of its own, as its administrator or another."""
    contexts: list[BrowserContext] = []

    def page_of(site: Site, user: OdooUser | None = None) -> Page:
        context = browser.new_context(viewport=VIEWPORT)
        contexts.append(context)
        cookie = (user or site.admin).session_cookie
        context.add_cookies([{"name": "session_id", "value": cookie, "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        return page

    yield page_of
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def opened_shop(site, browser) -> Shop:
    """Clover is published, a customer has an account, nobody is stopped for declines."""
    site.admin.call(
        "payment.provider", "write", [site.provider_id],
        {"is_published": True, "allow_tokenization": True},
    )  # fmt: skip
    site.set_parameter("fusion_clover.declines_per_customer", 0)
    site.set_parameter("fusion_clover.declines_per_address", 0)
    user = {
        "name": "Paula Portal",
        "login": "paula",
        "password": "paula-secret",
        "email": "paula@example.com",
        "group_ids": [[6, 0, [site.admin.ref("base.group_portal")]]],
    }
    quiet = {"no_reset_password": True}
    user_id = site.admin.call("res.users", "create", user, context=quiet)
    partner_id = site.admin.read("res.users", user_id, "partner_id")["partner_id"][0]
    guest_id = site.admin.call("res.partner", "create", {"name": "Gus Guest"})
    return Shop(site, browser, site.log_in("paula", "paula-secret"), partner_id, guest_id)


@pytest.fixture
def shop(opened_shop) -> Iterator[Shop]:
    """The shop; all browsers of a test are closed after it."""
    yield opened_shop
    while opened_shop.contexts:
        opened_shop.contexts.pop().close()
    complaints, opened_shop.complaints = opened_shop.complaints, []
    assert complaints == []
