"""The hosted fields in a real browser, on a page of another origin."""

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

FOUR = ("CARD_NUMBER", "CARD_DATE", "CARD_CVV", "CARD_POSTAL_CODE")
GOOD = {
    "CARD_NUMBER": "4242424242424242",
    "CARD_DATE": "12/49",
    "CARD_CVV": "987",
    "CARD_POSTAL_CODE": "H2X 1Y4",
}
PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Shop</title>
<script>
window.heard = [];
window.addEventListener("message", (m) => window.heard.push(JSON.stringify(m.data)));
</script>
<script src="%s/sdk.js"></script></head>
<body><div id="dialog"></div></body></html>"""
SET_UP = """([key, options, types, styles]) => {
    window.clover = new Clover(key, options);
    window.fields = {};
    window.events = [];
    const elements = window.clover.elements();
    for (const type of types) {
        const box = document.createElement("div");
        box.id = `box-${type}`;
        box.style.height = "40px";
        document.getElementById("dialog").append(box);
        const field = elements.create(type, styles);
        window.fields[type] = field;
        for (const name of ["change", "blur", "focus"]) {
            field.addEventListener(name, (e) =>
                window.events.push([type, name, JSON.parse(JSON.stringify(e))]));
        }
        field.mount(`#box-${type}`);
    }
}"""


class _SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "chromium is needed (dev/bootstrap.sh installs it)"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory, clover_origin):
    """The address of a page on another site that includes the SDK."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "index.html").write_text(PAGE % clover_origin)
    (folder / "favicon.ico").touch()
    handler = partial(_SilentHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/index.html"
        server.shutdown()


@pytest.fixture
def page(browser, shop, clover):
    """The shop's page, whose console must stay silent."""
    context = browser.new_context()
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.complaints = complaints
    tab.goto(shop)
    yield tab
    context.close()


def set_up(page, clover, *, options=None, types=FOUR, styles=None):
    page.evaluate(SET_UP, [clover.api_key, options or {}, list(types), styles or {}])


def field(page, kind):
    """The input of a mounted element."""
    return page.frame_locator(f"#box-{kind} iframe").locator("input")


def fill(page, **values):
    for kind, value in (GOOD | values).items():
        field(page, kind).press_sequentially(value)


def create_token(page, multipay=False):
    return page.evaluate("(multipay) => window.clover.createToken(multipay)", multipay)


def test_a_typed_card_becomes_a_token_that_can_be_charged(page, clover):
    set_up(page, clover)
    fill(page)
    result = create_token(page)
    assert set(result) == {"token", "card"}
    assert result["card"]["last4"] == "4242"
    assert result["card"]["exp_year"] == "2049"
    assert result["card"]["address_zip"] == "H2X 1Y4"
    charge = clover.charge(1358, source=result["token"])
    assert charge["source"]["last4"] == "4242"
    assert page.complaints == []


def test_the_page_never_sees_card_data(page, clover):
    set_up(page, clover)
    fill(page)
    create_token(page)
    heard = page.evaluate("window.heard")
    assert len(heard) > 4
    leaks = [
        text for text in heard if any(s in text.replace(" ", "") for s in ("424242424", "987"))
    ]
    assert leaks == []
    readable = page.evaluate(
        """() => [...document.querySelectorAll("iframe")].some((f) => {
            try { return Boolean(f.contentDocument); } catch { return false; }
        })"""
    )
    assert readable is False


def test_a_field_does_not_answer_the_page_that_asks_for_its_value(page, clover):
    set_up(page, clover)
    fill(page)
    answered = page.evaluate(
        """() => new Promise((resolve) => {
            const frame = document.querySelector("#box-CARD_NUMBER iframe").contentWindow;
            const { session } = window.clover.elements();
            const channel = new MessageChannel();
            channel.port1.onmessage = () => resolve(true);
            frame.postMessage({ action: "collect", session }, "*", [channel.port2]);
            window.clover.createToken().then(() => resolve(false));
        })"""
    )
    assert answered is False


def test_inputs_can_be_found_by_name_label_and_autocomplete(page, clover):
    set_up(page, clover)
    seen = {}
    for kind in FOUR:
        box = field(page, kind)
        seen[kind] = [box.get_attribute(a) for a in ("name", "aria-label", "autocomplete")]
    assert seen == {
        "CARD_NUMBER": ["cardNumber", "Card number", "cc-number"],
        "CARD_DATE": ["cardDate", "Card date", "cc-exp"],
        "CARD_CVV": ["cardCvv", "Card CVV", "cc-csc"],
        "CARD_POSTAL_CODE": ["cardPostalCode", "Card postal code", "billing postal-code"],
    }


def test_empty_fields_resolve_to_errors_and_nothing_is_sent(page, clover):
    set_up(page, clover)
    assert create_token(page) == {
        "errors": {
            "CARD_NUMBER": "Card number is required.",
            "CARD_DATE": "Card date is required.",
            "CARD_CVV": "Card CVV is required.",
            "CARD_POSTAL_CODE": "Card postal code is required.",
        }
    }
    assert clover.journal("/v1/tokens") == []


def test_a_wrong_number_is_named_and_can_be_corrected(page, clover):
    set_up(page, clover)
    fill(page, CARD_NUMBER="4242424242424241")
    assert create_token(page) == {"errors": {"CARD_NUMBER": "Card number is invalid."}}
    field(page, "CARD_NUMBER").fill("4242424242424242")
    assert "token" in create_token(page)


def test_messages_are_in_french_for_quebec(page, clover):
    set_up(page, clover, options={"locale": "fr-CA"}, types=["CARD_NUMBER"])
    assert field(page, "CARD_NUMBER").get_attribute("aria-label") == "Numéro de carte"
    assert create_token(page) == {"errors": {"CARD_NUMBER": "Numéro de carte : champ obligatoire."}}


def test_events_carry_the_state_of_the_mounted_elements(page, clover):
    set_up(page, clover, types=["CARD_NUMBER", "CARD_CVV"])
    field(page, "CARD_NUMBER").press_sequentially("42")
    field(page, "CARD_CVV").click()
    page.wait_for_function("window.events.some((e) => e[1] === 'blur')")
    events = page.evaluate("window.events")
    assert [e[1] for e in events if e[0] == "CARD_NUMBER"] == ["focus", "change", "change", "blur"]
    blur = next(e[2] for e in events if e[1] == "blur")
    assert blur["CARD_NUMBER"] == {"error": "Card number is invalid.", "touched": True}
    assert set(blur) == {"CARD_NUMBER", "CARD_CVV"}
    assert blur["CARD_CVV"]["touched"] is False


def test_a_right_value_has_no_error_in_its_state(page, clover):
    set_up(page, clover, types=["CARD_NUMBER"])
    field(page, "CARD_NUMBER").press_sequentially(GOOD["CARD_NUMBER"])
    field(page, "CARD_NUMBER").blur()
    page.wait_for_function("window.events.some((e) => e[1] === 'blur')")
    state = page.evaluate("window.events.at(-1)[2]")
    assert state == {"CARD_NUMBER": {"touched": True}}


def test_the_combined_element_takes_the_whole_card(page, clover):
    set_up(page, clover, types=["CARD"])
    frame = page.frame_locator("#box-CARD iframe")
    for label, kind in (
        ("Card number", "CARD_NUMBER"),
        ("Card date", "CARD_DATE"),
        ("Card CVV", "CARD_CVV"),
        ("Card postal code", "CARD_POSTAL_CODE"),
    ):
        frame.get_by_label(label).fill(GOOD[kind])
    assert create_token(page)["card"]["last4"] == "4242"


def test_elements_survive_a_dialog_that_is_closed_and_opened_again(page, clover):
    set_up(page, clover)
    fill(page)
    page.evaluate("document.getElementById('dialog').replaceChildren()")
    page.evaluate(
        """(types) => {
            window.clover = new Clover(window.clover._key, {});
            for (const type of types) {
                const box = document.createElement("div");
                box.id = `box-${type}`;
                document.getElementById("dialog").append(box);
                window.fields[type].mount(`#box-${type}`);
            }
        }""",
        list(FOUR),
    )
    assert field(page, "CARD_NUMBER").input_value() == ""
    fill(page, CARD_NUMBER="5204245250003294")
    assert create_token(page)["card"]["brand"] == "MC"
    assert page.complaints == []


def test_a_wrong_public_key_resolves_to_an_error(page, clover):
    clover.api_key = "wrong"
    set_up(page, clover)
    fill(page)
    expected = "Your card could not be verified. Please try again."
    assert create_token(page) == {"errors": {"SERVER": expected}}


def test_a_failure_of_the_token_service_resolves_to_an_error(page, clover):
    clover.fault("http_500", path="/v1/tokens")
    set_up(page, clover)
    fill(page)
    assert set(create_token(page)) == {"errors"}
    assert "token" in create_token(page)


def test_a_multi_pay_token_can_be_charged_again(page, clover):
    set_up(page, clover)
    fill(page)
    source = create_token(page, multipay=True)["token"]
    clover.charge(source=source)
    clover.charge(source=source)
    assert len(clover.ledger()) == 2


def test_styles_reach_the_input_and_nothing_else_gets_in(page, clover):
    styles = {
        "input": {
            "fontSize": "21px",
            "color": "rgb(1, 2, 3)",
            "backgroundImage": "url(//x.test/a)",
        },
        "} body": {"display": "none"},
    }
    set_up(page, clover, types=["CARD_NUMBER"], styles=styles)
    box = field(page, "CARD_NUMBER")
    box.fill("4")  # the styles come before the first event
    shown = box.evaluate(
        "(i) => [getComputedStyle(i).fontSize, getComputedStyle(i).color,"
        " getComputedStyle(i).backgroundImage]"
    )
    assert shown == ["21px", "rgb(1, 2, 3)", "none"]


def test_the_footer_is_shown_unless_both_options_are_off(page, clover):
    off = {"showSecurePayments": False, "showPrivacyPolicy": False}
    set_up(page, clover, options=off, types=["CARD_NUMBER"])
    assert page.locator(".clover-footer").count() == 0
    page.evaluate("new Clover('k').elements().create('CARD_CVV').mount('#box-CARD_NUMBER')")
    assert page.locator(".clover-footer").count() == 1


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        ("new Clover()", "api access key is missing"),
        ("fields.CARD_NUMBER.mount(document.body)", "CSS selector"),
        ("fields.CARD_NUMBER.mount('#nowhere')", "no element matches"),
        ("fields.CARD_NUMBER.addEventListener('input', () => {})", "unknown event"),
        ("fields.CARD_NUMBER.addEventListener('change', () => {})", "already listened to"),
        ("clover.elements().create('CARD_NUMBER')", "exists already"),
        ("clover.elements().create('CARD_COLOUR')", "unknown element"),
        ("clover.elements().create('ACH_ELEMENTS')", "not enabled"),
        ("clover.elements().create('CARD_STREET_ADDRESS')", "needs the merchantId"),
    ],
)
def test_misuse_throws(page, clover, misuse, message):
    set_up(page, clover, types=["CARD_NUMBER"])
    thrown = page.evaluate(
        "(code) => { try { eval(code); return ''; } catch (error) { return error.message; } }",
        misuse,
    )
    assert message in thrown


def test_there_is_one_elements_object_a_page(page, clover):
    set_up(page, clover, types=["CARD_NUMBER"])
    assert page.evaluate("new Clover('other').elements() === clover.elements()") is True


def test_no_token_without_a_mounted_element(page, clover):
    set_up(page, clover, types=[])
    outcome = page.evaluate("clover.createToken().then(() => '', (error) => error.message)")
    assert "no card element is mounted" in outcome


def test_the_frames_are_served_under_a_strict_policy(clover):
    response = clover.get("/_fields/CARD_NUMBER")
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert clover.get("/_fields/NOTHING").status_code == 404
    assert clover.get("/_fields/assets/sdk.js").status_code == 404
    assert json.loads(clover.get("/_fields/NOTHING").text) == {"message": "404 Not Found"}
