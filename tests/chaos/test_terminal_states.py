"""SIGKILL of the web workers, of the scheduler, of everything, while payments are in every state.

One terminal for each state, all brought there before the kill. Afterwards customers and clerks go
on as people do; nobody repairs anything: one payment per intent, booked, or none.
"""

import contextlib
import threading
from dataclasses import dataclass, field

import requests

from tests.e2e.support.books import Books
from tests.e2e.support.rpc import OdooError, OdooUser
from tests.e2e.support.site import Invoice
from tests.e2e.support.terminal import PAYMENTS, Terminals
from tests.e2e.support.waiting import wait_until

WIZARD = "clover.payment.wizard"
CANCEL = "/connect/v1/device/cancel"
VICTIMS = ("cron", "web", "all")
#: With fewer payments than this the kill of everything is left to the other chaos tests.
ALL_VICTIMS_FROM = 30
#: Seconds until every outcome has to be known once everything works again.
CALM = 240
PART = 400


@dataclass
class Desk:
    """A clerk with a terminal and an invoice."""

    site: object
    user: OdooUser
    terminals: Terminals
    serial: str
    terminal_id: int
    invoice: Invoice = None
    dialog: list[int] = field(default_factory=list)

    def send(self, action: str, **told) -> None:
        """Send a new invoice to the terminal, whose customer does as told."""
        self.invoice = self.site.invoice(1000 + self.terminal_id)
        self.terminals.tell(self.serial, action, **told)
        action = self.user.call("account.move", "action_clover_collect_payment", [self.invoice.id])
        self.dialog = [action["res_id"]]
        values = {"terminal_id": self.terminal_id, "method": "terminal"}
        self.user.call(WIZARD, "write", self.dialog, values)
        self.user.call(WIZARD, "clover_send_to_terminal", self.dialog)

    def show(self) -> None:
        """Send it to a customer who does nothing, and wait until it is on the screen."""
        self.send("silent")
        wait_until(lambda: self.terminals.shows(self.serial), "the payment is on the screen")

    def tell(self, action: str, **told) -> None:
        self.terminals.tell(self.serial, action, **told)

    def status(self) -> str:
        """The state that the dialog shows; empty while nobody answers."""
        try:
            return self.user.call(WIZARD, "clover_terminal_status", self.dialog)["state"]
        except (OdooError, requests.RequestException, ValueError):
            return ""

    def click(self, method: str, *args: str) -> None:
        """Press a button; whether anybody answers is seen afterwards."""
        with contextlib.suppress(OdooError, requests.RequestException, ValueError):
            self.user.call(WIZARD, method, self.dialog, *args)

    def insist(self, method: str, *args: str, until: str) -> None:
        """Press a button again and again, as people do, until the dialog shows a state."""

        def pressed() -> bool:
            if self.status() == until:
                return True
            self.click(method, *args)
            return False

        wait_until(pressed, f"the payment is {until}", timeout=CALM)


def test_a_kill_in_each_state_leaves_one_payment_per_intent(site, runs, report):
    desks = _desks(site)
    books = Books(site.database, site.clover)
    killed = []
    for victim in VICTIMS if runs >= ALL_VICTIMS_FROM else VICTIMS[:2]:
        clicks = _bring_there(site, desks, books)
        states = {name: _ledger_state(books, desk) for name, desk in desks.items()}
        site.server.kill_workers(victim)
        killed.append({"victim": victim, "states": states})
        for click in clicks:
            click.join(100)
        site.clover.behave()
        if victim == "all":
            site.server.start()
        _go_on(desks)
        wait_until(
            lambda: all(books.is_settled(desk.invoice) for desk in desks.values()),
            "every outcome is known",
            timeout=CALM,
        )
        report(killed=killed)
        _compare(desks, books)


def _desks(site) -> dict[str, Desk]:
    names = ("sending", "waiting", "checking", "cancelling", "partial", "processing")
    terminals = Terminals(site)
    rows = terminals.at_least(len(names))
    clerk = site.clerk("Kit Killed")
    return {
        name: Desk(site, clerk, terminals, row["serial"], row["id"])
        for name, row in zip(names, rows, strict=True)
    }


def _bring_there(site, desks, books) -> list[threading.Thread]:
    """Bring every payment to its state, the quickest to pass last; return the clicks under way."""
    for name in ("waiting", "cancelling", "partial", "processing"):
        desks[name].show()
    desks["partial"].tell("partial", amount=PART)
    wait_until(
        lambda: books.operations(desks["partial"].invoice)[0]["review_reason"],
        "the clerk is asked about the part",
    )
    site.clover.fault("reset_after", path=PAYMENTS, count=1)
    site.clover.cannot_be_asked()
    desks["checking"].send("approve")
    wait_until(lambda: books.effects(desks["checking"].invoice), "Clover has the lost payment")
    desks["sending"].send("busy")
    wait_until(lambda: _ledger_state(books, desks["sending"]) == "unknown", "the terminal was busy")
    site.clover.fault("reset_before", path=CANCEL)
    clicks = [
        threading.Thread(target=desks[name].click, args=args)
        for name, *args in (
            ("cancelling", "clover_terminal_cancel"),
            ("partial", "clover_terminal_decide", "keep"),
        )
    ]
    for click in clicks:
        click.start()
    desks["processing"].tell("approve")
    wait_until(lambda: books.effects(desks["processing"].invoice), "Clover has the payment")
    return clicks


def _go_on(desks) -> None:
    """What customers and clerks do once the servers are back."""
    for name in ("sending", "waiting"):
        desks[name].tell("approve")
    desks["partial"].insist("clover_terminal_decide", "keep", until="approved")
    desks["cancelling"].insist("clover_terminal_cancel", until="cancelled")


def _ledger_state(books, desk) -> str:
    operations = books.operations(desk.invoice)
    return operations[0]["state"] if operations else ""


def _compare(desks, books) -> None:
    for name, desk in desks.items():
        if name == "cancelling":
            books.assert_nothing_collected(desk.invoice)
        elif name == "partial":
            books.assert_collected_once(desk.invoice, PART, left=desk.invoice.cents - PART)
        else:
            books.assert_collected_once(desk.invoice)
