"""Calls wait for their turn, and pause when Clover asks for it."""

import threading

import pytest

from odoo.addons.fusion_clover.client import limits
from odoo.addons.fusion_clover.client.limits import LimitedTransport
from odoo.addons.fusion_payment_common.lib.rate_limit import SharedLimiter, ThrottledError
from odoo.addons.fusion_payment_common.lib.transport import Request

from ..fakes import ScriptedTransport, answer

READ = Request("GET", "https://api.clover.com/v3/merchants/M")
CHARGE = Request("POST", "https://scl.clover.com/v1/charges")


class RecordingLimiter(SharedLimiter):
    """Keeps the pauses it was asked for and does not wait for them."""

    def __init__(self, directory):
        super().__init__(directory, sleep=lambda seconds: None)
        self.pauses = []

    def pause(self, limit, seconds):
        self.pauses.append((limit.scope, seconds))
        return 0.0


@pytest.fixture
def limiter(tmp_path):
    return RecordingLimiter(tmp_path)


def limited(limiter, *script, max_wait=5.0, merchant="M"):
    transport = ScriptedTransport(*script)
    return transport, LimitedTransport(
        transport, limiter, app="A", merchant=merchant, max_wait=max_wait, read_max_wait=max_wait
    )


def test_clovers_limits_are_the_documented_ones():
    assert (limits.APP_LIMITS, limits.TOKEN_LIMITS) == ((50, 10), (16, 5))


def test_a_read_that_was_one_too_many_is_repeated_after_the_pause(limiter):
    refusal = answer(429, headers={"X-RateLimit-tokenConcurrentLimit": "5", "Retry-After": "2"})
    transport, sender = limited(limiter, refusal, refusal, answer(200, {"id": "M"}))
    assert sender.send(READ).status == 200
    assert len(transport.requests) == 3
    assert limiter.pauses == [("token A M", 2.0), ("token A M", 2.0)]


def test_a_charge_that_was_one_too_many_is_left_to_the_ledger(limiter):
    transport, sender = limited(limiter, answer(429))
    assert sender.send(CHARGE).status == 429
    assert len(transport.requests) == 1
    assert limiter.pauses == [("token A M", None)]


@pytest.mark.parametrize("name", ["crossTokenLimit", "crossTokenConcurrentLimit"])
def test_the_apps_limit_pauses_all_its_merchants(limiter, name):
    _, sender = limited(limiter, answer(429, headers={f"X-RateLimit-{name}": "50"}))
    sender.send(CHARGE)
    assert limiter.pauses == [("app A", None)]


def test_a_read_is_not_repeated_for_ever(limiter):
    transport, sender = limited(limiter, *[answer(429)] * 10)
    assert sender.send(READ).status == 429
    assert len(transport.requests) == 1 + limits.READ_REPEATS


def test_what_gets_no_turn_in_time_is_not_sent(tmp_path):
    limiter = SharedLimiter(tmp_path, sleep=lambda seconds: None)
    transport, sender = limited(limiter, *[answer(200)] * 17, max_wait=0.0)
    for _ in range(16):
        sender.send(CHARGE)
    with pytest.raises(ThrottledError):
        sender.send(CHARGE)
    assert len(transport.requests) == 16


def test_a_busy_merchant_leaves_the_apps_other_places_to_other_merchants(tmp_path):
    """Ten calls of one merchant at once: five under way, five that wait and hold nothing."""
    limiter = SharedLimiter(tmp_path)
    started, release = threading.Semaphore(0), threading.Event()

    class Slow:
        def send(self, request):
            started.release()
            release.wait(10)
            return answer(200)

    def of_merchant(name, transport):
        return LimitedTransport(
            transport, limiter, app="A", merchant=name, max_wait=10.0, read_max_wait=10.0
        )

    busy = of_merchant("BUSY", Slow())
    threads = [threading.Thread(target=busy.send, args=(CHARGE,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert started.acquire(timeout=10)
        other = LimitedTransport(
            ScriptedTransport(*[answer(200)] * 5),
            limiter,
            app="A",
            merchant="OTHER",
            max_wait=0.0,
            read_max_wait=0.0,
        )
        for _ in range(5):
            assert other.send(CHARGE).status == 200
    finally:
        release.set()
        for thread in threads:
            thread.join()


def test_calls_about_tokens_count_for_the_app_alone(limiter):
    refusal = answer(429, headers={"X-RateLimit-tokenLimit": "16"})
    transport, sender = limited(limiter, *[answer(200)] * 17, refusal, merchant="")
    for _ in range(18):
        sender.send(CHARGE)
    assert len(transport.requests) == 18
    assert limiter.pauses == [("app A", None)]
