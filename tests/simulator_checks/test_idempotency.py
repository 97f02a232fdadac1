"""Idempotency keys: replay, conflict, concurrency, life time."""

from concurrent.futures import ThreadPoolExecutor

from tests.simulator_checks.driver import CloverDriver, wait_until


def test_the_same_key_gives_the_original_charge_and_no_second_one(clover):
    body = clover.charge_body()
    first = clover.post("/v1/charges", body, key="same")
    second = clover.post("/v1/charges", body, key="same")
    assert second.json() == first.json()
    assert len(clover.ledger()) == 1
    assert [call["replayed"] for call in clover.journal("/v1/charges")] == [False, True]


def test_without_a_key_a_repeat_is_another_charge(clover):
    clover.charge()
    clover.charge()
    assert len(clover.ledger()) == 2


def test_refunds_are_replayed_too(clover):
    charge = clover.charge(1000)
    first = clover.refund(charge["id"], key="r", amount=400).json()
    second = clover.refund(charge["id"], key="r", amount=400).json()
    assert second == first
    assert [e["kind"] for e in clover.ledger()] == ["charge", "refund"]


def test_the_same_key_with_another_body_is_a_conflict(clover):
    body = clover.charge_body()
    clover.post("/v1/charges", body, key="same")
    response = clover.post("/v1/charges", body | {"amount": 2000}, key="same")
    error = response.json()["error"]
    assert response.status_code == 409
    assert (error["type"], error["code"]) == ("idempotency_error", "idempotency_key_reused")
    clover.configure(conflict_status=400)
    assert clover.post("/v1/charges", body | {"amount": 9}, key="same").status_code == 400
    assert len(clover.ledger()) == 1


def test_the_same_key_on_another_path_is_a_conflict(clover):
    charge = clover.charge(1000, key="same")
    assert clover.refund(charge["id"], key="same", amount=1).status_code == 409
    assert len(clover.ledger()) == 1


def test_a_key_whose_request_is_still_being_worked_on_is_answered_409(clover):
    clover.fault("slow", delay_s=1.5)
    body = clover.charge_body()
    other = CloverDriver(clover.origin)
    other.access_token = clover.access_token
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(other.post, "/v1/charges", body, "same")
        wait_until(lambda: clover.journal("/v1/charges"))
        second = clover.post("/v1/charges", body, key="same")
        assert second.status_code == 409
        assert second.json()["error"]["code"] == "request_in_progress"
        assert first.result().status_code == 200
    assert clover.post("/v1/charges", body, key="same").json() == first.result().json()
    assert len(clover.ledger()) == 1


def test_a_refused_request_leaves_its_key_free(clover):
    body = clover.charge_body()
    assert clover.post("/v1/charges", body | {"amount": 0}, key="same").status_code == 400
    assert clover.post("/v1/charges", body, key="same").status_code == 200


def test_a_decline_stays_bound_to_its_key_unless_switched_off(clover):
    body = clover.charge_body(source=clover.token("4264281511117771"))
    first = clover.post("/v1/charges", body, key="d")
    second = clover.post("/v1/charges", body, key="d")
    assert (second.status_code, second.json()) == (402, first.json())
    clover.configure(replay_declines=False)
    other = clover.charge_body(source=clover.token("4264281511117771"))
    assert clover.post("/v1/charges", other, key="e").status_code == 402
    assert clover.post("/v1/charges", other, key="e").json()["error"]["code"] == (
        "token_already_used"
    )


def test_a_key_is_forgotten_after_its_life_time(clover):
    clover.configure(idempotency_lifetime_s=100, access_token_lifetime_s=1800)
    clover.charge(key="same")
    clover.control("POST", "clock", {"advance_s": 101})
    clover.charge(key="same")
    assert len(clover.ledger()) == 2


def test_a_key_can_be_made_obligatory(clover):
    clover.configure(require_idempotency_key=True)
    body = clover.charge_body()
    assert clover.post("/v1/charges", body).json()["error"]["code"] == "missing"
    assert clover.post("/v1/charges", body, key="k").status_code == 200


def test_many_calls_with_one_key_make_one_charge(clover):
    body = clover.charge_body()

    def attempt(_):
        driver = CloverDriver(clover.origin)
        driver.access_token = clover.access_token
        return driver.post("/v1/charges", body, key="same")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(attempt, range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(clover.ledger()) == 1
