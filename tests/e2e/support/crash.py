"""Odoo is killed while Clover has the money and holds the answer; nobody is there afterwards."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests

from .books import Books
from .clover import VISA
from .dialog import Dialog
from .rpc import OdooError, OdooUser
from .site import Invoice, Site
from .waiting import wait_until

#: Seconds that Odoo waits for an answer. It still waits for the first one when the second charge is
#: on its way, however slow the machine is; it is killed long before, so nobody waits for this.
ANSWER_WITHIN = 80.0
#: Seconds from the restart: the new scheduler takes back what the dead process had leased, looks
#: twice and repeats. Without that it would be the lease, then Odoo's own minute.
RECOVERED_WITHIN = 40.0


@dataclass
class Crash:
    """What was there when the server died, by what Clover had done by then."""

    site: Site
    books: Books
    invoices: dict[str, Invoice] = field(default_factory=dict)
    effects: dict[str, int] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    attempts: dict[str, list[str]] = field(default_factory=dict)
    restarted_at: datetime | None = None

    def happen(self) -> None:
        """Charge two invoices, hold both answers, SIGKILL everything, start again, walk away."""
        site = self.site
        site.clover.held()  # where that cannot be asked, nothing is begun
        site.answer_within(ANSWER_WITHIN)
        clerk = site.clerk("Kim Killed")
        threads = []
        for number, fault in enumerate(("timeout_after", "timeout_before"), start=1):
            invoice = self.invoices[fault] = site.invoice(70000 + number)
            site.clover.fault(fault, count=1)
            threads.append(threading.Thread(target=_charge, args=(site, clerk, invoice)))
            threads[-1].start()
            wait_until(lambda n=number: site.clover.held() == n, f"Clover holds {number} answers")
        site.server.kill()
        for thread in threads:
            thread.join(30)
        for fault, invoice in self.invoices.items():
            self.effects[fault] = len(self.books.effects(invoice))
            operations = self.books.operations(invoice)
            self.states[fault] = [row["state"] for row in operations]
            self.attempts[fault] = [action for row in operations for action in row["actions"]]
        site.clover.behave()
        site.server.start()
        self.restarted_at = datetime.now(UTC)

    def is_over(self) -> bool:
        """Whether everything is in the books; Odoo is not asked."""
        return all(self.books.is_settled(invoice) for invoice in self.invoices.values())


def _charge(site: Site, clerk: OdooUser, invoice: Invoice) -> None:
    """Charge, up to the answer that never comes."""
    own = site.log_in(clerk.login, f"{clerk.login}-secret")
    dialog = Dialog(own, site.clover, invoice)
    try:
        answer = dialog.charge(VISA)
    except (requests.RequestException, OdooError):
        return
    raise AssertionError(f"Odoo was to die, not to answer {answer!r}")
