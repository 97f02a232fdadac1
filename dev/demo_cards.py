"""The demo's virtual card: the accountant pays a part of a bill, the receiver acknowledges it.

    WEX_ORIGIN            any origin that speaks EnCompass and has ``/_sim/ledger``
    WEX_ORGANISATION, WEX_USERNAME, WEX_PASSWORD   as the simulator knows them by default
    DOWNSTREAM_ORIGIN     a receiver of deliveries with ``/_sim/ledger``; without it nobody is told
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from .demo_remote import OdooUser, RemoteError, Simulated, post_json

#: What is paid of the bill, in its currency.
PAID = 150.0
#: Seconds until a card has to be decided, and until its delivery has to be acknowledged.
PATIENCE = 90.0
RECEIVER = "Demo receiver"
REQUEST, WIZARD = "wex.card.request", "wex.pay.bills.wizard"


def pay_with_a_card(
    admin: OdooUser, accountant: OdooUser, environ: Mapping[str, str]
) -> list[str]:
    """Pay a part of the oldest bill, have the delivery acknowledged, and compare the books.

    :return: what differs between Odoo and the ledgers, as sentences
    :raises RemoteError: a step was refused.
    """
    if not environ.get("WEX_ORIGIN"):
        print("  WEX_ORIGIN is not set: no virtual card is issued.")
        return []
    wex = Simulated(environ["WEX_ORIGIN"])
    account = _connect(admin, wex, environ)
    receiver = _receiver(admin, account, environ.get("DOWNSTREAM_ORIGIN"))
    bill = _open_bill(accountant)
    if bill is None:
        print("  No open vendor bill is left to pay with a card.")
        return []
    request = _issue(admin, accountant, bill)
    print(
        f"  {accountant.login} pays {PAID:.2f} of {bill['name']} of {bill['partner_id'][1]} with a "
        f"virtual card: {request['message']}"
    )
    problems = _compare(admin, request, wex)
    if receiver:
        problems += _acknowledge(admin, request, receiver)
    return problems


def _connect(admin: OdooUser, wex: Simulated, environ: Mapping[str, str]) -> int:
    admin.call("ir.config_parameter", "set_param", "fusion_wex.sandbox_origin", wex.origin)
    found = admin.call("wex.account", "search", [["company_id", "=", admin.company_id]], limit=1)
    if not found:
        raise RemoteError("the company has no WEX account")
    values = {
        "state": "test",
        "organisation": environ.get("WEX_ORGANISATION") or "SIMGROUP",
        "username": environ.get("WEX_USERNAME") or "apiuser",
        "password": environ.get("WEX_PASSWORD") or "sim-wex-password",
    }
    admin.call("wex.account", "write", found, values)
    tested = admin.call("wex.account", "action_wex_test_connection", found)
    print(f"  {admin.login} connected WEX. {tested['params']['message']}")
    return found[0]


def _receiver(admin: OdooUser, account: int, origin: str | None) -> tuple[int, Simulated] | None:
    """The endpoint that is told about cards, and the program behind it."""
    if not origin:
        return None
    model, url = "fusion.delivery.endpoint", f"{origin.rstrip('/')}/virtual-cards"
    found = admin.call(model, "search", [["name", "=", RECEIVER]], limit=1)
    if found:
        admin.call(model, "write", found, {"url": url})
    else:
        values = {"name": RECEIVER, "url": url, "state": "test", "profile": "proxy"}
        found = [admin.call(model, "create", values)]
    admin.call("wex.account", "write", [account], {"delivery_endpoint_id": found[0]})
    return found[0], Simulated(origin)


def _open_bill(accountant: OdooUser) -> dict[str, Any] | None:
    domain = [
        ["move_type", "=", "in_invoice"],
        ["state", "=", "posted"],
        ["amount_residual", ">=", PAID],
        ["company_id", "=", accountant.company_id],
    ]
    names = ["name", "partner_id", "wex_can_pay", "fusion_payment_notice"]
    bills = accountant.call("account.move", "search_read", domain, names, order="invoice_date, id")
    return next(
        (bill for bill in bills if bill["wex_can_pay"] and not bill["fusion_payment_notice"]), None
    )


def _issue(admin: OdooUser, accountant: OdooUser, bill: dict[str, Any]) -> dict[str, Any]:
    """Pay as the dialog does; return the request once it is decided."""
    action = accountant.call("account.move", "action_wex_pay", [bill["id"]])
    names = ["company_id", "account_id", "grouping", "line_ids"]
    values = accountant.call(WIZARD, "default_get", names, context=action["context"])
    for _command, _id, line in values["line_ids"]:
        line["amount"] = PAID
    dialog = accountant.call(WIZARD, "create", values)
    accountant.call(WIZARD, "action_wex_issue", [dialog])
    (request_id,) = accountant.read(WIZARD, dialog, "request_ids")["request_ids"]

    def decided() -> dict[str, Any] | None:
        fields = ("name", "state", "message", "reference", "card_id", "delivery_ids")
        request = admin.read(REQUEST, request_id, *fields)
        return request if request["state"] not in ("queued", "issuing", "unknown") else None

    request = _wait(decided)
    if request is None or request["state"] not in ("issued", "acknowledged"):
        said = admin.read(REQUEST, request_id, "state", "message")
        raise RemoteError(f"the card was not issued: {said['state']}, {said['message']}")
    return request


def _compare(admin: OdooUser, request: dict[str, Any], wex: Simulated) -> list[str]:
    names = ("display_name", "amount", "amount_open", "payment_id", "state")
    card = admin.read("wex.virtual.card", request["card_id"][0], *names)
    issued = [
        effect["amount"]
        for effect in wex.ledger()
        if effect["kind"] == "card_issue" and effect["reference"] == request["reference"]
    ]
    cents = round(card["amount"] * 100)
    payment = card["payment_id"][1] if card["payment_id"] else "no payment"
    print(
        f"\n  {card['display_name']}  {card['state']}  {card['amount']:.2f}  {payment}"
        f"  |  WEX has {', '.join(f'{amount / 100:.2f}' for amount in issued) or 'nothing'}\n"
    )
    problems = []
    if issued != [cents]:
        problems.append(f"{request['name']}: {cents} in Odoo, at WEX {issued or 'nothing'}")
    if not card["payment_id"]:
        problems.append(f"{request['name']}: issued, but not booked")
    return problems


def _acknowledge(
    admin: OdooUser, request: dict[str, Any], receiver: tuple[int, Simulated]
) -> list[str]:
    """Do what the receiver does with a delivery: keep it, then acknowledge it."""
    endpoint, program = receiver
    token = admin.read("fusion.delivery.endpoint", endpoint, "ack_token")["ack_token"]
    domain = [["res_model", "=", REQUEST], ["res_id", "=", request["id"]]]

    def delivery() -> dict[str, Any] | None:
        names = ["delivery_uuid", "state", "attempt_count"]
        found = admin.call("fusion.delivery", "search_read", domain, names, limit=1)
        return found[0] if found else None

    def received() -> bool:
        known = delivery()
        return bool(known) and any(
            effect["id"] == known["delivery_uuid"] for effect in program.ledger()
        )

    if not _wait(received):
        return [f"{request['name']}: its delivery did not arrive at {program.origin}"]
    status = post_json(
        f"{admin.url}/fusion/delivery/ack",
        {"_delivery_id": delivery()["delivery_uuid"]},
        {"X-Proxy-Auth-Token": token},
    )
    done = _wait(lambda: delivery()["state"] == "acknowledged")
    state = delivery()
    print(
        f"  The receiver acknowledged delivery {state['delivery_uuid']} after "
        f"{state['attempt_count']} attempt(s): HTTP {status}, {state['state']}."
    )
    return [] if done else [f"{request['name']}: its delivery is {state['state']}"]


def _wait(ready: Callable[[], Any]) -> Any:
    """What ``ready`` returns once it is true, or its last answer when patience is over."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := ready()) and time.monotonic() < deadline:
        time.sleep(0.5)  # as often as the dialog asks, and a bit more
    return answer
