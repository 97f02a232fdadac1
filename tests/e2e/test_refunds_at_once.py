"""Refunders at the same moment, one with two clicks: one refund, and the others are told."""

from threading import Barrier, Thread

from tests.e2e.support.clover import VISA
from tests.e2e.support.rpc import OdooError, OdooUser
from tests.e2e.support.waiting import wait_until

WIZARD = "clover.refund.wizard"
REFUNDER = "fusion_payment_common.group_fusion_refunder"
#: Of an invoice of 100.00; two of them would be too much.
SHARE = 60.0


def _pay(site, clerk: OdooUser, invoice) -> None:
    """Collect the whole invoice as the dialog does."""
    action = clerk.call("account.move", "action_clover_collect_payment", [invoice.id])
    model, dialog = action["res_model"], [action["res_id"]]
    key = clerk.call(model, "clover_form_config", dialog)["api_access_key"]
    clerk.call(model, "clover_prepare", dialog)
    source = site.clover.tokenize(key, VISA)
    assert clerk.call(model, "clover_charge", dialog, source)["state"] == "approved"


def _open(user: OdooUser, transaction_id: int) -> int:
    action = user.call("payment.transaction", "action_clover_refund", [transaction_id])
    user.call(WIZARD, "write", [action["res_id"]], {"amount": SHARE})
    return action["res_id"]


def _all_at_once(clicks: list[tuple[OdooUser, int]]) -> tuple[list[str], list[str]]:
    """Send every dialog's refund at the same moment; return what was told and what was refused."""
    told, refused, start = [], [], Barrier(len(clicks))

    def click(user: OdooUser, wizard_id: int) -> None:
        start.wait(30)
        try:
            action = user.call(WIZARD, "action_refund", [wizard_id])
        except OdooError as error:
            refused.append(str(error))
        else:
            told.append(action["params"]["message"])

    threads = [Thread(target=click, args=each) for each in clicks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    return told, refused


def test_refunds_at_the_same_moment_give_back_once(site, books, claire):
    invoice = site.invoice(10000)
    _pay(site, claire, invoice)
    charge = books.assert_collected_once(invoice)
    rita = site.clerk("Rita Refunder", group_ids=[[6, 0, [site.admin.ref(REFUNDER)]]])
    again, romy = (
        site.log_in("rita", "rita-secret"),
        site.clerk("Romy Refunder", group_ids=[[6, 0, [site.admin.ref(REFUNDER)]]]),
    )
    hers, others = _open(rita, charge["id"]), _open(romy, charge["id"])

    told, refused = _all_at_once([(rita, hers), (again, hers), (romy, others)])

    assert len(told) == 1, (told, refused)
    assert all("40.00" in sentence or "sent already" in sentence for sentence in refused), refused
    assert len(refused) == 2
    charge_id = charge["provider_reference"]
    effects = [row for row in site.clover.ledger() if row["source_id"] == charge_id]
    assert [(row["kind"], row["amount"]) for row in effects] == [("refund", 6000)]
    domain = [["source_transaction_id", "=", charge["id"]]]
    names = ["state", "amount", "provider_reference", "payment_id"]

    def booked() -> list[dict]:
        found = site.admin.call("payment.transaction", "search_read", domain, names)
        return [row for row in found if row["payment_id"]]

    wait_until(booked, "the refund is booked")
    (refund,) = site.admin.call("payment.transaction", "search_read", domain, names)
    assert (refund["state"], refund["amount"]) == ("done", -SHARE)
    assert refund["provider_reference"] == effects[0]["id"]
