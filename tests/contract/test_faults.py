"""Every fault of the dial on a charge: the error class, and what really moved."""

import threading
import time

import pytest

from odoo.addons.fusion_clover.client.charges import charge_outcome
from odoo.addons.fusion_clover.client.environment import Environment
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.idempotency import derive_key
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.transport import Timeout

from tests.contract.conftest import QUICK
from tests.simulator_checks.driver import wait_until

KEY = derive_key("charge", "fault")
LOST = errors.UnknownOutcomeError


@pytest.mark.parametrize(
    ("fault", "options", "error_class", "code", "moved"),
    [
        ("timeout_before", {}, LOST, "read_timeout", 0),
        ("timeout_after", {}, LOST, "read_timeout", 1),
        ("reset_before", {}, LOST, "connection_lost", 0),
        ("reset_after", {}, LOST, "connection_lost", 1),
        ("http_500", {}, LOST, "http_500", 0),
        ("http_500", {"when": "after"}, LOST, "http_500", 1),
        ("http_503", {}, LOST, "http_503", 0),
        ("http_503", {"when": "after"}, LOST, "http_503", 1),
        ("http_429", {}, errors.RateLimitedError, None, 0),
        ("http_429", {"when": "after"}, errors.RateLimitedError, None, 1),
        ("http_409", {}, errors.InProgressError, None, 0),
        ("http_409", {"when": "after"}, errors.InProgressError, None, 1),
        ("html_200", {}, errors.MalformedResponseError, None, 0),
        ("html_200", {"when": "after"}, errors.MalformedResponseError, None, 1),
        ("truncate", {}, LOST, "truncated", 1),
        ("slow", {"delay_s": 2.6}, LOST, "read_timeout", 0),
    ],
)
def test_a_fault_leaves_the_outcome_that_is_true_and_the_key_repairs_it(
    clover, fault, options, error_class, code, moved
):
    clover.sim.fault(fault, **options)
    request = clover.request(1358, external_reference_id="INV1001")
    with pytest.raises(errors.GatewayError) as caught:
        clover.client.charges.create(request, KEY)
    assert type(caught.value) is error_class
    if code is not None:
        assert caught.value.code == code
    assert clover.moved() == [("charge", 1358)] * moved
    assert len(clover.sim.journal("/v1/charges")) == 1

    clover.sim.control("DELETE", "faults")
    charge = _until_answered(lambda: clover.client.charges.create(request, KEY))
    assert charge_outcome(charge, request) == "succeeded"
    assert clover.moved() == [("charge", 1358)]


@pytest.mark.parametrize(
    ("fault", "error_class"),
    [("http_403", errors.PermissionDeniedError), ("http_404", errors.NotFoundError)],
)
def test_a_refusal_is_one(clover, fault, error_class):
    clover.sim.fault(fault)
    with pytest.raises(errors.GatewayError) as caught:
        clover.client.charges.create(clover.request(1358), KEY)
    assert type(caught.value) is error_class
    assert clover.moved() == []


def _until_answered(call, seconds=20):
    """Repeat under the same key while the first attempt is still being worked on."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except errors.InProgressError:
            assert time.monotonic() < deadline, "the first attempt is never finished"


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "http_500", "truncate"])
def test_a_refund_whose_answer_was_lost_happens_once(clover, fault):
    charge = clover.client.charges.create(clover.request(1000), KEY)
    clover.sim.fault(fault, "/v1/refunds", **({"when": "after"} if fault == "http_500" else {}))
    arguments = (charge.id, Money(400, "CAD"), None, "RF1", derive_key("refund", fault))
    with pytest.raises(errors.UnknownOutcomeError):
        clover.client.refunds.create(*arguments)
    assert clover.client.charges.retrieve(charge.id).amount_refunded == 400
    assert clover.client.refunds.create(*arguments).amount == 400
    assert clover.client.charges.retrieve(charge.id).amount_refunded == 400


def test_a_lost_charge_is_found_by_asking(clover):
    clover.sim.fault("reset_after")
    request = clover.request(1358, external_reference_id="INV1001")
    with pytest.raises(errors.UnknownOutcomeError):
        clover.client.charges.create(request, KEY)
    (payment,) = clover.client.payments.find_by_external_reference("INV1001", since_ms=1)
    charge = clover.client.charges.retrieve(payment.id)
    assert charge_outcome(charge, request) == "succeeded"


def test_a_charge_that_never_arrived_is_not_found_by_asking(clover):
    clover.sim.fault("reset_before")
    with pytest.raises(errors.UnknownOutcomeError):
        clover.client.charges.create(clover.request(100, external_reference_id="INV1001"), KEY)
    assert clover.client.payments.find_by_external_reference("INV1001", since_ms=1) == []


@pytest.mark.parametrize("fault", ["http_500", "reset_before", "truncate", "http_429"])
def test_a_read_that_fails_says_so_and_changes_nothing(clover, fault):
    charge = clover.client.charges.create(clover.request(100), KEY)
    clover.sim.fault(fault, f"/v1/charges/{charge.id}", method="GET")
    with pytest.raises(errors.GatewayError):
        clover.client.charges.retrieve(charge.id)
    assert clover.client.charges.retrieve(charge.id).id == charge.id
    assert clover.moved() == [("charge", 100)]


def test_the_same_key_while_the_first_is_being_worked_on_is_in_progress(clover):
    clover.sim.fault("slow", delay_s=3)
    patient = clover.new_client(Timeout(connect=5, read=30))
    request = clover.request(1358)
    outcomes = []
    thread = threading.Thread(
        target=lambda: outcomes.append(patient.charges.create(request, KEY).status)
    )
    thread.start()
    wait_until(lambda: clover.sim.journal("/v1/charges"))
    with pytest.raises(errors.InProgressError):
        clover.client.charges.create(request, KEY)
    thread.join(20)
    assert outcomes == ["succeeded"]
    assert clover.moved() == [("charge", 1358)]


def test_a_server_that_is_gone_was_sent_nothing(clover):
    client = clover.new_client(QUICK, Environment.single_origin("http://127.0.0.1:9"))
    with pytest.raises(errors.NotSentError):
        client.charges.create(clover.request(100), KEY)
    assert clover.moved() == []


def test_the_documented_rate_limits_are_told_apart(clover):
    clover.sim.configure(rate_limits=True, token_rate_limit=1)
    seen = []
    for _ in range(5):
        try:
            clover.client.merchants.properties()
        except errors.RateLimitedError as error:
            seen.append(error.code)
    assert set(seen) == {"tokenLimit"}
