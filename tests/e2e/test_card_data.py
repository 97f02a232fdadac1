"""Card numbers and security codes never reach Odoo: not its database, not its log."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import AMEX, DECLINED, DECLINED_AMEX, MASTERCARD, VISA
from tests.e2e.support.database import Database
from tests.e2e.support.dialog import MODEL, Dialog
from tests.e2e.support.rpc import OdooError

CVV = "7391"
#: What was typed in all tests together; grouping does not hide a number.
CARDS = (VISA, MASTERCARD, DECLINED, AMEX, DECLINED_AMEX)
#: What the card form makes of a card, unless it is redacted.
_SOURCE_TOKEN = re.compile(r"clv_[0-9A-Za-z]{8,}")
#: Columns of a log line that hold any number: time and process.
_LOG_PREFIX = re.compile(r"^\S+ \S+ \d+ ", re.MULTILINE)
_TABLES_OF_OURS = "fusion_|clover_|payment_|account_|mail_|ir_logging|bus_"


def _findings(text: str, number: str) -> list[str]:
    spaced = r"[ -]?".join(number)
    return [
        text[max(0, match.start() - 60) : match.end() + 60]
        for match in re.finditer(rf"(?<!\d){spaced}(?!\d)", text)
    ]


@pytest.mark.after_everything
def test_no_card_number_and_no_security_code_is_in_the_database_or_the_log(
    settings, site, books, tab
):
    invoice = site.invoice(9100)
    tab.open_invoice(invoice).open_dialog().enter_card(DECLINED_AMEX, cvv=CVV)
    tab.charge()
    expect(tab.message).to_contain_text("declined")
    tab.enter_card(AMEX, cvv=CVV)
    tab.charge()
    tab.expect_phase("approved")
    books.assert_collected_once(invoice)
    dump, log = site.database.dump(), _LOG_PREFIX.sub("", site.server.log())
    # What the addons themselves say about test cards was there before anybody typed one.
    known = Database(settings, settings.template).dump()
    for card in CARDS:
        assert set(_findings(dump, card)) <= set(_findings(known, card))
        assert _findings(log, card) == []
    rows = "\n".join(_rows_of(dump, _TABLES_OF_OURS))
    assert invoice.name in rows
    for text in (rows, log):
        assert _SOURCE_TOKEN.findall(text) == []
        assert re.findall(rf"(?<![\w.]){CVV}(?![\w.])", text) == []


def _rows_of(dump: str, tables: str) -> list[str]:
    blocks = re.findall(
        rf"^COPY public\.\"?(?:{tables})\w*\"? .*?^\\\.$", dump, re.MULTILINE | re.DOTALL
    )
    assert blocks
    return blocks


@pytest.mark.parametrize(
    "source", [VISA, "4242 4242 4242 4242", "clv_4242424242424242", {"number": VISA}, None, ""]
)
def test_whatever_is_not_a_token_is_refused_and_leaves_no_trace(site, books, claire, source):
    invoice = site.invoice(9200)
    calls = len(site.clover.charge_calls())
    dialog = Dialog(claire, site.clover, invoice)
    dialog.prepare()
    log = len(site.server.log())
    with pytest.raises(OdooError) as refusal:
        dialog.charge_source(source)
    assert refusal.value.kind.endswith("UserError")
    assert "4242" not in str(refusal.value)
    assert "4242" not in site.server.log()[log:]
    assert len(site.clover.charge_calls()) == calls
    assert books.operations(invoice) == []
    books.assert_nothing_collected(invoice)


def test_the_dialog_has_no_field_that_could_hold_a_card(claire):
    fields = claire.call(MODEL, "fields_get", attributes=["type"])
    suspicious = re.compile(r"card|(^|_)pan(_|$)|cvv|cvc|number|expir", re.IGNORECASE)
    assert [name for name in fields if suspicious.search(name)] == []
