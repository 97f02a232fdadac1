"""Rate limits as documented, off unless switched on."""

from concurrent.futures import ThreadPoolExecutor

from tests.simulator_checks.driver import CloverDriver


def parallel(clover, count):
    def call(_):
        driver = CloverDriver(clover.origin)
        driver.access_token, driver.merchant_id = clover.access_token, clover.merchant_id
        return driver.v3()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_nothing_is_limited_by_default(clover):
    assert {clover.v3().status_code for _ in range(60)} == {200}


def test_a_token_gets_sixteen_calls_a_second(clover):
    clover.configure(rate_limits=True)
    answers = [clover.v3() for _ in range(17)]
    assert [a.status_code for a in answers] == [200] * 16 + [429]
    assert answers[-1].headers["X-RateLimit-tokenLimit"] == "16"
    assert "Retry-After" not in answers[-1].headers
    assert answers[-1].json() == {"message": "429 Too Many Requests"}
    clover.control("POST", "clock", {"advance_s": 1})
    assert clover.v3().status_code == 200


def test_the_app_limit_is_shared_by_all_tokens(clover):
    clover.configure(rate_limits=True, app_rate_limit=5)
    answers = [clover.v3() for _ in range(6)]
    assert answers[-1].headers["X-RateLimit-crossTokenLimit"] == "5"


def test_five_calls_at_once_are_the_most_for_one_token(clover):
    clover.configure(rate_limits=True, latency_s=0.5)
    answers = parallel(clover, 7)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 2
    assert {a.headers["X-RateLimit-tokenConcurrentLimit"] for a in refused} == {"5"}
    assert {a.headers["Retry-After"] for a in refused} == {"1"}


def test_the_app_has_a_limit_of_calls_at_once_too(clover):
    clover.configure(rate_limits=True, latency_s=0.5, app_concurrent_limit=2)
    refused = [answer for answer in parallel(clover, 3) if answer.status_code == 429]
    assert [a.headers["X-RateLimit-crossTokenConcurrentLimit"] for a in refused] == ["2"]
