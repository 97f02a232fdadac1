"""Receipts as customers get them: a PDF from the invoice's page, a refund's with its payment."""

import re
import shutil

import pytest
import requests

from tests.e2e.support.clover import VISA
from tests.e2e.support.languages import install
from tests.e2e.support.rpc import OdooUser
from tests.e2e.support.settings import SCREENSHOTS
from tests.e2e.support.waiting import wait_until

REFUNDER = "fusion_payment_common.group_fusion_refunder"
_LINK = re.compile(r'href="(/my/invoices/\d+/card_receipt/\d+\?access_token=[^"]+)"')
_PAGE = re.compile(rb"/Type\s*/Page\b")

pytestmark = pytest.mark.skipif(not shutil.which("wkhtmltopdf"), reason="nothing here makes PDFs")


@pytest.fixture(scope="module")
def rhea(site) -> OdooUser:
    """A Refunder."""
    return site.clerk("Rhea Refunder", group_ids=[[6, 0, [site.admin.ref(REFUNDER)]]])


def _pay(site, clerk: OdooUser, invoice) -> None:
    action = clerk.call("account.move", "action_clover_collect_payment", [invoice.id])
    model, dialog = action["res_model"], [action["res_id"]]
    key = clerk.call(model, "clover_form_config", dialog)["api_access_key"]
    clerk.call(model, "clover_prepare", dialog)
    source = site.clover.tokenize(key, VISA)
    assert clerk.call(model, "clover_charge", dialog, source)["state"] == "approved"


def _give_back(site, user: OdooUser, transaction_id: int, amount: float) -> None:
    action = user.call("payment.transaction", "action_clover_refund", [transaction_id])
    user.call("clover.refund.wizard", "write", [action["res_id"]], {"amount": amount})
    user.call("clover.refund.wizard", "action_refund", [action["res_id"]])
    domain = [["source_transaction_id", "=", transaction_id], ["payment_id", "!=", False]]
    wait_until(
        lambda: site.admin.call("payment.transaction", "search_count", domain), "it is booked"
    )


def _receipts(site, invoice) -> list[bytes]:
    """The PDFs that the invoice's page links to, as somebody without an account gets them."""
    path = site.admin.call("account.move", "get_portal_url", [invoice.id])
    page = requests.get(site.url + path, timeout=60).text
    found = []
    for link in dict.fromkeys(_LINK.findall(page)):
        answer = requests.get(site.url + link.replace("&amp;", "&"), timeout=60)
        answer.raise_for_status()
        assert answer.headers["Content-Type"] == "application/pdf"
        found.append(answer.content)
    return found


def _keep(name: str, pdf: bytes) -> None:
    """Keep a PDF, to be looked at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"receipt-{name}.pdf").write_bytes(pdf)


@pytest.mark.parametrize("language", ["en_US", "fr_CA"])
def test_a_customer_gets_a_page_for_the_payment_and_two_for_the_refund(
    site, books, claire, rhea, language
):
    install(site.admin, language)
    invoice = site.invoice(11300)
    partner = site.admin.read("account.move", invoice.id, "partner_id")["partner_id"][0]
    site.admin.call("res.partner", "write", [partner], {"lang": language})
    _pay(site, claire, invoice)
    charge = books.assert_collected_once(invoice)

    (receipt,) = _receipts(site, invoice)
    assert len(_PAGE.findall(receipt)) == 1
    _keep(f"{language}-payment", receipt)

    _give_back(site, rhea, charge["id"], 50.0)
    refund = next(pdf for pdf in _receipts(site, invoice) if pdf != receipt)
    assert len(_PAGE.findall(refund)) == 2
    _keep(f"{language}-refund", refund)
    site.admin.call("res.partner", "write", [partner], {"lang": "en_US"})
