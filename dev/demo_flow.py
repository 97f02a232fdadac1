"""The suite's main job, once, in a running Odoo: ``python -m dev.demo_flow``.

Works like the people it stands for: the administrator connects Clover by OAuth, the clerk collects
one payment and has one card declined, the accountant gives a part of the payment back and pays a
part of a bill with a virtual card. Then it compares Odoo's books with the vendors' ledgers and ends
with status 1 when they disagree. Every run collects another invoice; when none is left it says so
and ends with status 0.

    FUSION_URL, FUSION_DB       the running Odoo
    WEX_ORIGIN, DOWNSTREAM_ORIGIN   see ``demo_cards``; without the first, no virtual card
    CLOVER_ORIGIN               any origin that speaks Clover and has ``/_sim/ledger``
    CLOVER_APP_ID, CLOVER_APP_SECRET   as our simulator knows them by default
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .demo_books import Booked, disagreements, table
from .demo_cards import pay_with_a_card
from .demo_remote import Clover, OdooUser, RemoteError

#: "Test card numbers", docs.clover.com.
APPROVED_CARD = "4242424242424242"
DECLINED_CARD = "4005571702222222"

#: What the accountant credits, before tax.
CREDITED = 20.0

#: Seconds until a payment whose answer was lost has to be resolved.
PATIENCE = 90.0


@dataclass
class Demo:
    """Who takes part, and what has happened so far."""

    admin: OdooUser
    clerk: OdooUser
    accountant: OdooUser
    clover: Clover
    settings: Mapping[str, str]
    booked: list[Booked] = field(default_factory=list)
    collected: dict[str, Any] | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Demo:
        """Everybody logs in.

        :raises RemoteError: somebody cannot, or an address is missing.
        """
        for name in ("FUSION_URL", "FUSION_DB", "CLOVER_ORIGIN"):
            if not environ.get(name):
                raise RemoteError(f"{name} is not set; make demo sets it")
        url, database = environ["FUSION_URL"], environ["FUSION_DB"]
        return cls(
            admin=OdooUser(url, database, "admin", "admin"),
            clerk=OdooUser(url, database, "clerk@example.com", "clerk"),
            accountant=OdooUser(url, database, "accountant@example.com", "accountant"),
            clover=Clover(environ["CLOVER_ORIGIN"]),
            settings={
                "app_id": environ.get("CLOVER_APP_ID") or "SIMCLOVERAPP1",
                "app_secret": environ.get("CLOVER_APP_SECRET") or "sim-clover-app-secret",
            },
        )


def connect(demo: Demo) -> None:
    """The administrator enters the app's credentials and connects the merchant by OAuth."""
    admin = demo.admin
    admin.call(
        "ir.config_parameter", "set_param", "fusion_clover.sandbox_origin", demo.clover.origin
    )
    domain = [["code", "=", "clover"], ["company_id", "=", admin.company_id]]
    found = admin.call("payment.provider", "search", domain, limit=1)
    if not found:
        raise RemoteError("the company has no Clover provider")
    credentials = {
        "state": "test",
        "clover_app_id": demo.settings["app_id"],
        "clover_app_secret": demo.settings["app_secret"],
    }
    admin.call("payment.provider", "write", found, credentials)
    action = admin.call("payment.provider", "action_clover_oauth_connect", found)
    back = demo.clover.authorize(action["url"])
    admin.visit(back)
    names = ("clover_connection_state", "clover_connection_message", "clover_merchant_id")
    provider = admin.read("payment.provider", found[0], *names)
    if provider["clover_connection_state"] != "connected" or provider["clover_connection_message"]:
        raise RemoteError(provider["clover_connection_message"] or "Clover is not connected")
    if [provider["clover_merchant_id"]] != parse_qs(urlsplit(back).query).get("merchant_id"):
        raise RemoteError(f"connected to merchant {provider['clover_merchant_id']}")
    tested = admin.call("payment.provider", "action_clover_test_connection", found)
    print(f"  {admin.login} connected Clover. {tested['params']['message']}")


def collect(demo: Demo) -> None:
    """The clerk collects the oldest open invoice."""
    invoice = _open_invoice(demo, "invoice_date, id")
    if invoice is None:
        print("  No open invoice is left to collect. A new one shows the flow again.")
        return
    _charge(demo, invoice, APPROVED_CARD, expected="approved")
    if demo.booked[-1].answer == "approved":
        demo.collected = invoice


def have_a_card_declined(demo: Demo) -> None:
    """The clerk tries to collect the newest open invoice with a card that the bank declines."""
    invoice = _open_invoice(demo, "invoice_date desc, id desc")
    if invoice is None:
        print("  No open invoice is left for the declined card.")
        return
    _charge(demo, invoice, DECLINED_CARD, expected="declined")


def give_a_part_back(demo: Demo) -> None:
    """The accountant credits a part of what was collected and gives it back to the card."""
    accountant, move = demo.accountant, "account.move"
    if demo.collected is None:
        print("  Nothing was collected in this run that could be given back.")
        return
    note = accountant.call(move, "action_clover_refund", [demo.collected["id"]])["res_id"]
    lines = accountant.read(move, note, "invoice_line_ids")["invoice_line_ids"]
    kept = {"quantity": 1.0, "price_unit": CREDITED, "discount": 0.0}
    commands = [[1, lines[0], kept], *([2, line, 0] for line in lines[1:])]
    accountant.call(move, "write", [note], {"invoice_line_ids": commands})
    accountant.call(move, "action_post", [note])
    dialog = [accountant.call(move, "action_clover_refund", [note])["res_id"]]
    shown = accountant.read("clover.refund.wizard", dialog[0], "amount", "what_happens")
    result = accountant.call("clover.refund.wizard", "action_refund", dialog)["params"]
    refund = _wait_for_refund(demo, note)
    name = accountant.read(move, note, "name")["name"]
    print(f"  {accountant.login} credits {shown['amount']:.2f} by {name}. {shown['what_happens']}")
    print(f"  {result['message']}")
    answer = {"done": "refunded", "pending": "checking"}.get(refund["state"], "refused")
    status = {"state": answer, "message": result["message"]}
    booked = {"id": note, "name": name}
    demo.booked.append(
        _read_books(demo, booked, refund["reference"], "refunded", status, kind="refund")
    )


def _wait_for_refund(demo: Demo, note: int) -> dict[str, Any]:
    """The refund of a credit note, once it is known what became of it or patience is over."""
    deadline = time.monotonic() + PATIENCE
    domain = [["invoice_ids", "in", [note]], ["operation", "=", "refund"]]
    while True:
        found = demo.admin.call(
            "payment.transaction", "search_read", domain, ["reference", "state"], order="id desc"
        )
        settled = found and found[0]["state"] not in ("draft", "pending")
        if settled or (found and time.monotonic() > deadline):
            return found[0]
        if time.monotonic() > deadline:
            raise RemoteError("Odoo has no refund for the credit note")
        time.sleep(1.0)


def _open_invoice(demo: Demo, order: str) -> dict[str, Any] | None:
    """An invoice that the clerk can collect now, or None when there is none."""
    domain = [
        ["move_type", "=", "out_invoice"],
        ["state", "=", "posted"],
        ["payment_state", "in", ["not_paid", "partial"]],
        ["company_id", "=", demo.clerk.company_id],
    ]
    names = ["name", "partner_id", "clover_can_collect", "fusion_payment_notice"]
    for invoice in demo.clerk.call("account.move", "search_read", domain, names, order=order):
        if invoice["clover_can_collect"] and not invoice["fusion_payment_notice"]:
            return invoice
    return None


def _charge(demo: Demo, invoice: dict[str, Any], card: str, *, expected: str) -> None:
    clerk, wizard = demo.clerk, "clover.payment.wizard"
    action = clerk.call("account.move", "action_clover_collect_payment", [invoice["id"]])
    dialog = [action["res_id"]]
    form = clerk.call(wizard, "clover_form_config", dialog)
    source = demo.clover.tokenize(form["api_access_key"], card)
    reference = clerk.call(wizard, "clover_prepare", dialog)
    status = clerk.call(wizard, "clover_charge", dialog, source)
    deadline = time.monotonic() + PATIENCE
    while status["state"] == "checking" and time.monotonic() < deadline:
        time.sleep(1.0)  # as often as the dialog asks
        status = clerk.call(wizard, "clover_status", dialog)
    print(
        f"  {clerk.login} collects {invoice['name']} of {invoice['partner_id'][1]} "
        f"with a card ending in {card[-4:]}: {status['message']}"
    )
    demo.booked.append(_read_books(demo, invoice, reference, expected, status))


def _read_books(
    demo: Demo,
    invoice: dict[str, Any],
    reference: str,
    expected: str,
    status: dict[str, str],
    *,
    kind: str = "charge",
) -> Booked:
    """What Odoo has in its books, read by the administrator."""
    admin = demo.admin
    names = ["state", "amount", "currency_id", "provider_reference", "payment_id"]
    found = admin.call("payment.transaction", "search_read", [["reference", "=", reference]], names)
    if len(found) != 1:
        raise RemoteError(f"Odoo has {len(found)} transactions {reference}")
    transaction = found[0]
    payment = {"name": "", "state": ""}
    if transaction["payment_id"]:
        payment = admin.read("account.payment", transaction["payment_id"][0], "name", "state")
    return Booked(
        reference=reference,
        invoice=invoice["name"],
        expected=expected,
        answer=status["state"],
        message=status["message"],
        transaction=transaction["state"],
        provider_reference=transaction["provider_reference"] or "",
        amount=abs(Decimal(str(transaction["amount"]))),
        currency=transaction["currency_id"][1],
        payment=payment["name"] or "",
        payment_state=payment["state"],
        invoice_state=admin.read("account.move", invoice["id"], "payment_state")["payment_state"],
        kind=kind,
    )


#: What is shown, in this order.
STEPS: tuple[Callable[[Demo], None], ...] = (
    connect,
    collect,
    have_a_card_declined,
    give_a_part_back,
)


def run(environ: Mapping[str, str]) -> int:
    """Show everything; return the exit status.

    :raises RemoteError: a step was refused.
    """
    demo = Demo.from_environment(environ)
    known = {effect["id"] for effect in demo.clover.ledger()}
    for step in STEPS:
        step(demo)
    effects = [effect for effect in demo.clover.ledger() if effect["id"] not in known]
    if demo.booked:
        print(f"\n{table(demo.booked, effects)}\n")
    problems = disagreements(demo.booked, effects)
    for problem in problems:
        print(f"  DISAGREE  {problem}")
    if demo.booked and not problems:
        print("  Odoo's books and Clover's ledger agree.")
    problems_of_cards = pay_with_a_card(demo.admin, demo.accountant, environ)
    for problem in problems_of_cards:
        print(f"  DISAGREE  {problem}")
    return int(bool(problems or problems_of_cards))


def main() -> int:
    """Run the demo; say in one sentence what stopped it."""
    try:
        return run(os.environ)
    except RemoteError as error:
        print(f"the demo stopped: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
