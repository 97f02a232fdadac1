"""Money back on a device over real sockets: voids, refunds, credits, and lost ones found again."""

from dataclasses import replace

import pytest

from odoo.addons.fusion_clover.client.answers_terminal import Search, carry_out_payment
from odoo.addons.fusion_clover.client.answers_terminal_refund import (
    carry_out_terminal_refund,
    find_terminal_refund,
    read_terminal_refund,
)
from odoo.addons.fusion_clover.client.terminal_types import TerminalRefundRequest
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from tests.contract.test_terminals import Desk


@pytest.fixture
def desk(clover) -> Desk:
    return Desk(clover)


def test_a_device_takes_a_whole_payment_back(desk, clover):
    payment_id = desk.pay().provider_reference
    back = TerminalRefundRequest(
        Money(2050, "CAD"), desk.serial, payment_id=payment_id, whole=True, void=True
    )
    answer = carry_out_terminal_refund(desk.client, back, "void-key-0000001", is_repeated=False)
    assert (answer.outcome, answer.data["voided"]) == (Outcome.SUCCEEDED, True)
    again = carry_out_terminal_refund(desk.client, back, "void-key-0000001", is_repeated=True)
    assert (again.outcome, again.data["voided"]) == (Outcome.SUCCEEDED, True)
    assert clover.moved() == [("charge", 2050), ("refund", 2050)]
    payment = desk.client.payments.retrieve(payment_id)
    named = read_terminal_refund(desk.client, back, payment.void_payment_id)
    assert named.outcome == Outcome.SUCCEEDED


def test_a_refund_on_the_device_is_read_by_its_id_unless_it_is_another_payments(desk):
    desk.tell("approve", card="INTERAC")
    first = desk.pay()
    second = carry_out_payment(
        desk.client,
        desk.request(external_payment_id="b" * 32),
        "another-key-00001",
        is_repeated=False,
    )
    back = TerminalRefundRequest(
        Money(800, "CAD"), desk.serial, payment_id=first.provider_reference
    )
    made = desk.client.terminals.refund(back, "refund-key-00001")
    assert read_terminal_refund(desk.client, back, made.id).outcome == Outcome.SUCCEEDED
    other = replace(back, payment_id=second.provider_reference)
    with pytest.raises(errors.NotFoundError):
        read_terminal_refund(desk.client, other, made.id)


def test_a_credit_whose_answer_is_lost_is_found_by_amount_device_and_time(desk):
    device = desk.sim.control("GET", "devices")[0]
    wanted = TerminalRefundRequest(Money(300, "CAD"), desk.serial, device_ref=device["id"])
    search = Search(since_ms=0, looked_before=True)
    assert find_terminal_refund(desk.client, wanted, search) is None
    made = desk.client.terminals.credit(wanted, "credit-key-00001")
    found = find_terminal_refund(desk.client, wanted, search)
    assert (found.outcome, found.provider_reference) == (Outcome.SUCCEEDED, made.id)
    for request, since, others in (
        (wanted, 0, (made.id,)),
        (wanted, 2**45, ()),
        (replace(wanted, amount=Money(301, "CAD")), 0, ()),
        (replace(wanted, device_ref="another"), 0, ()),
    ):
        assert find_terminal_refund(desk.client, request, Search(since), others) is None
    desk.client.terminals.credit(wanted, "credit-key-00002")
    assert find_terminal_refund(desk.client, wanted, search).review


def test_where_credits_are_not_shown_a_refused_repetition_proves_nothing(desk):
    desk.sim.control("POST", "config", {"lists_credits": False})
    wanted = TerminalRefundRequest(Money(300, "CAD"), desk.serial)
    made = desk.client.terminals.credit(wanted, "credit-key-00001")
    desk.tell("cancel")
    with pytest.raises(errors.UnknownOutcomeError):
        carry_out_terminal_refund(desk.client, wanted, "credit-key-00002", is_repeated=True)
    assert read_terminal_refund(desk.client, wanted, made.id).outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, None),
        ({"is_cancelled": True}, "cancelled"),
        ({"waited_out": True}, "nobody_paid"),
        ({"is_wanted": False}, "never_arrived"),
    ],
)
def test_one_empty_look_proves_nothing_about_a_refund(desk, known, expected):
    payment_id = desk.pay().provider_reference
    back = TerminalRefundRequest(Money(800, "CAD"), desk.serial, payment_id=payment_id)
    assert find_terminal_refund(desk.client, back, Search(0, **known)) is None
    answer = find_terminal_refund(desk.client, back, Search(0, looked_before=True, **known))
    assert (answer and answer.error_code) == expected


@pytest.mark.parametrize(
    "known", [{"is_cancelled": True}, {"waited_out": True}, {"is_wanted": False}]
)
def test_nobody_but_a_person_says_that_a_lost_credit_was_not_given(desk, known):
    wanted = TerminalRefundRequest(Money(300, "CAD"), desk.serial)
    answer = find_terminal_refund(desk.client, wanted, Search(0, looked_before=True, **known))
    assert (answer.outcome, answer.error_code) == (Outcome.UNKNOWN, "unreachable")
