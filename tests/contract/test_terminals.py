"""Every row of the terminals' truth table over real sockets, with what really moved."""

import threading

import pytest

from odoo.addons.fusion_clover.client.answers_terminal import (
    Search,
    carry_out_payment,
    find_payment,
)
from odoo.addons.fusion_clover.client.client import CloverClient
from odoo.addons.fusion_clover.client.terminal_outcomes import TRUTH, Situation, situation_of_error
from odoo.addons.fusion_clover.client.terminal_types import (
    TerminalPaymentRequest,
    TerminalRefundRequest,
)
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import StaticToken
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from tests.contract.conftest import QUICK
from tests.simulator_checks.driver import wait_until

KEY = "0b2f0d5e-0000-4123-8123-0123456789ab"
PAYMENTS = "/connect/v1/payments"


class Desk:
    """A client with POS id and a Flex whose customer does as told."""

    def __init__(self, clover) -> None:
        self.clover = clover
        self.sim = clover.sim
        devices = self.sim.control("GET", "devices")
        self.serial, self.station = devices[0]["serial"], devices[2]["serial"]
        self.client = self.new_client()

    def new_client(self, **changes) -> CloverClient:
        values = {"authorizer": self.clover.authorizer, **changes}
        return CloverClient(
            self.clover.environment,
            merchant_id=self.clover.merchant_id,
            pos_id="RAID.1",
            transport=self.clover.transport,
            app_version="0",
            timeout=QUICK,
            **values,
        )

    def tell(self, action: str, **fields) -> None:
        self.sim.control("POST", f"devices/{self.serial}", {"action": action, **fields})

    def shown(self):
        return self.sim.control("GET", f"devices/{self.serial}")["on_screen"]

    def request(self, **changes) -> TerminalPaymentRequest:
        values = {
            "amount": Money(2050, "CAD"),
            "serial": self.serial,
            "external_payment_id": KEY.replace("-", ""),
            "external_reference_id": "REF000000001",
            "wait": 10,
            **changes,
        }
        return TerminalPaymentRequest(**values)

    def pay(self, *, is_repeated=False, **changes):
        return carry_out_payment(self.client, self.request(**changes), KEY, is_repeated=is_repeated)

    def find(self, **changes):
        return find_payment(self.client, self.request(), Search(since_ms=0, **changes))

    def situation(self, **changes) -> Situation:
        """How it ends, whichever way it is told."""
        try:
            answer = self.pay(**changes)
        except errors.GatewayError as error:
            situation = situation_of_error(error)
            # The class that the ledger goes by and the table agree.
            told = Outcome.UNKNOWN if isinstance(error, errors.RateLimitedError) else error.outcome
            assert told == TRUTH[situation].outcome
            return situation
        situation = Situation(answer.error_code or "approved")
        assert answer.outcome == TRUTH[situation].outcome
        return situation


@pytest.fixture
def desk(clover) -> Desk:
    return Desk(clover)


@pytest.mark.parametrize(
    ("action", "fields", "situation", "moved"),
    [
        ("approve", {}, "approved", [("charge", 2050)]),
        ("approve", {"tip_amount": 200}, "approved", [("charge", 2250)]),
        ("partial", {"amount": 1000}, "partial", [("charge", 1000)]),
        ("decline", {}, "declined", []),
        ("cancel", {}, "cancelled", []),
        ("busy", {}, "unavailable", []),
        ("offline", {}, "unavailable", []),
        ("asleep", {}, "asleep", []),
    ],
)
def test_what_customer_and_device_do(desk, clover, action, fields, situation, moved):
    desk.sim.configure(asleep_answer_s=0.05)
    desk.tell(action, **fields)
    assert desk.situation() == situation
    assert clover.moved() == moved


def test_a_customer_who_does_nothing_is_given_up_by_clover(desk, clover):
    desk.tell("silent")
    assert desk.situation(wait=1) == Situation.ASLEEP
    assert clover.moved() == []


@pytest.mark.parametrize(
    ("fault", "options", "situation", "moved"),
    [
        ("reset_before", {}, "no_answer", 0),
        ("reset_after", {}, "no_answer", 1),
        ("http_500", {}, "indeterminate", 0),
        ("http_500", {"when": "after"}, "indeterminate", 1),
        ("http_503", {"when": "after"}, "unavailable", 1),
        ("http_429", {}, "too_many", 0),
        ("truncate", {}, "no_answer", 1),
    ],
)
def test_faults_leave_it_open_and_a_look_finds_what_is_true(
    desk, clover, fault, options, situation, moved
):
    desk.sim.fault(fault, PAYMENTS, **options)
    assert desk.situation() == situation
    assert len(clover.moved()) == moved
    found = desk.find(looked_before=True)
    assert (found.outcome if found else None) == (Outcome.SUCCEEDED if moved else None)
    again = desk.pay(is_repeated=True)
    assert again.outcome == Outcome.SUCCEEDED
    assert clover.moved() == [("charge", 2050)]


@pytest.mark.parametrize(
    ("prepare", "situation"),
    [
        (lambda desk: desk.situation(serial="C035FAKESERIAL01"), "invalid"),
        (lambda desk: desk.situation(serial=desk.station), "unsupported"),
    ],
)
def test_refusals(desk, clover, prepare, situation):
    assert prepare(desk) == situation
    assert clover.moved() == []


def test_tokens_of_the_merchant_and_an_app_without_raid_are_told_apart(desk, clover):
    desk.client = desk.new_client(authorizer=StaticToken("sim-merchant-api-token"))
    assert desk.situation() == Situation.TOKEN_REFUSED
    desk.client = desk.new_client()
    desk.sim.configure(raid_configured=False)
    assert desk.situation() == Situation.APP_REFUSED
    assert clover.moved() == []


def test_a_payment_that_is_still_on_the_screen_is_neither_lost_nor_sent_again(desk, clover):
    desk.tell("silent")
    impatient = desk.new_client()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(desk.situation()))
    thread.start()
    wait_until(desk.shown)
    desk.client = impatient
    for is_cancelled in (False, True):
        found = desk.find(is_wanted=False, is_cancelled=is_cancelled)
        assert (found.outcome, found.error_code) == (Outcome.UNKNOWN, "on_screen")
    assert desk.situation(is_repeated=True) == Situation.CONFLICT
    desk.tell("approve")
    thread.join(20)
    assert answers == [Situation.APPROVED]
    assert desk.find().outcome == Outcome.SUCCEEDED
    assert clover.moved() == [("charge", 2050)]


def test_what_was_never_made_ends_as_nobody_wants_it_any_more(desk):
    for changes in ({}, {"is_wanted": False}, {"is_cancelled": True}, {"waited_out": True}):
        assert desk.find(**changes) is None
    assert desk.find(looked_before=True) is None
    gone = desk.find(looked_before=True, is_wanted=False)
    assert (gone.outcome, gone.error_code) == (Outcome.NOT_SENT, "never_arrived")
    cancelled = desk.find(looked_before=True, is_cancelled=True)
    assert (cancelled.outcome, cancelled.error_code) == (Outcome.REJECTED, "cancelled")
    nobody = desk.find(looked_before=True, waited_out=True)
    assert (nobody.outcome, nobody.error_code) == (Outcome.REJECTED, "nobody_paid")


def test_a_declined_card_is_no_end_while_the_device_offers_another_try(desk, clover):
    desk.tell("decline", retry=True)
    answers = []
    impatient = desk.new_client()
    thread = threading.Thread(target=lambda: answers.append(desk.situation()))
    thread.start()
    wait_until(lambda: desk.client.payments.find_by_external_payment_id(KEY.replace("-", ""), 0))
    desk.client = impatient
    found = desk.find(looked_before=True)
    assert (found.outcome, found.error_code, found.under_way) == (
        Outcome.UNKNOWN, "on_screen", True,
    )  # fmt: skip
    desk.tell("approve")
    thread.join(20)
    assert answers == [Situation.APPROVED]
    assert desk.find().outcome == Outcome.SUCCEEDED
    assert clover.moved() == [("charge", 2050)]


def test_a_declined_card_is_the_end_once_the_screen_is_empty(desk, clover):
    desk.tell("decline")
    desk.sim.fault("reset_after", PAYMENTS)
    assert desk.situation() == Situation.NO_ANSWER
    found = desk.find()
    assert (found.outcome, found.error_code) == (Outcome.DECLINED, "declined")
    assert clover.moved() == []


def test_what_others_have_on_the_screen_says_nothing_about_what_was_never_shown(desk):
    desk.tell("busy")
    found = desk.find(never_shown=True)
    assert (found.outcome, found.error_code) == (Outcome.UNKNOWN, "conflict")
    found = desk.find(never_shown=True, is_cancelled=True)
    assert (found.outcome, found.error_code) == (Outcome.REJECTED, "cancelled")


def test_the_customer_chooses_the_receipt_on_the_screen(desk):
    desk.tell("approve", receipt="EMAIL", address="c@example.com")
    choice = desk.client.terminals.receipt_options(desk.serial)
    assert (choice.method, choice.address) == ("EMAIL", "c@example.com")


def test_a_device_that_cannot_be_asked_proves_nothing_unless_it_never_showed_it(desk):
    desk.tell("offline")
    found = desk.find(is_wanted=False)
    assert (found.outcome, found.error_code) == (Outcome.UNKNOWN, "unreachable")
    found = desk.find(is_wanted=False, never_shown=True)
    assert found.outcome == Outcome.NOT_SENT


def test_the_refusal_of_a_repetition_does_not_hide_the_payment_that_was_made(desk, clover):
    assert desk.situation() == Situation.APPROVED
    desk.sim.configure(raid_configured=False)
    with pytest.raises(errors.PermissionDeniedError):
        desk.pay()
    answer = desk.pay(is_repeated=True)
    assert answer.outcome == Outcome.SUCCEEDED
    assert clover.moved() == [("charge", 2050)]


def test_money_goes_back_and_out_on_the_device(desk, clover):
    desk.tell("approve", card="INTERAC")
    payment_id = desk.pay().provider_reference
    back = TerminalRefundRequest(Money(800, "CAD"), desk.serial, payment_id=payment_id)
    assert desk.client.terminals.refund(back, "refund-key-00001").amount == 800
    credit = TerminalRefundRequest(Money(300, "CAD"), desk.serial)
    assert desk.client.terminals.credit(credit, "credit-key-00001").amount == 300
    assert clover.moved() == [("charge", 2050), ("refund", 800), ("credit", 300)]


def test_devices_say_how_they_can_be_reached(desk):
    devices = desk.client.terminals.devices()
    assert [device.reach for device in devices] == ["cloud", "cloud", "local"]
    assert desk.client.terminals.ping(devices[0].serial) is True
    assert desk.client.terminals.status(devices[0].serial) == "IDLE"
