import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from odoo.addons.fusion_payment_common.lib import delivery, errors, signing
from odoo.addons.fusion_payment_common.lib.transport import Response, Timeout

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ID = "0b7c1c5e-6f0a-4d8e-9b55-2f4f5a3c9d10"
BODY = {"payment_id": "PAY-1", "amount": "150.00", "hauler_name": "Déchets Québec"}


def message(**values):
    defaults = {
        "delivery_id": ID,
        "event_type": "card.issued",
        "body": BODY,
        "occurred_at": MOMENT,
    }
    return delivery.Message(**defaults | values)


def request(secrets=(), attempt=1, timestamp=None, **values):
    return delivery.request_for(
        message(**values),
        url="https://example.com/in",
        attempt=attempt,
        timestamp=timestamp or int(datetime.now(UTC).timestamp()),
        secrets=secrets,
        timeout=Timeout(),
    )


def test_the_body_carries_a_stable_id_and_a_counted_attempt():
    first, third = request(attempt=1), request(attempt=3)
    assert json.loads(first.body) == {**BODY, "_delivery_id": ID, "_delivery_attempt": 1}
    assert json.loads(third.body) == {**BODY, "_delivery_id": ID, "_delivery_attempt": 3}
    assert first.headers["webhook-id"] == third.headers["webhook-id"] == ID
    assert first.headers["Content-Type"] == "application/json"


def test_the_body_is_left_alone_where_the_endpoint_wants_it_so():
    assert json.loads(request(numbered=False).body) == BODY


def test_the_standard_shape_wraps_the_body():
    assert json.loads(request(shape=delivery.STANDARD, attempt=2).body) == {
        "type": "card.issued",
        "timestamp": "2026-03-04T05:06:07Z",
        "data": BODY,
        "_delivery_id": ID,
        "_delivery_attempt": 2,
    }


def test_an_independent_library_accepts_the_signature():
    secret = signing.generate_secret()
    made = request([secret])
    assert Webhook(secret).verify(made.body, dict(made.headers))["payment_id"] == "PAY-1"


def test_while_secrets_change_a_receiver_may_know_either():
    new, old = signing.generate_secret(), signing.generate_secret()
    made = request([new, old])
    for secret in (new, old):
        assert Webhook(secret).verify(made.body, dict(made.headers))
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(signing.generate_secret()).verify(made.body, dict(made.headers))


def test_without_a_secret_nothing_is_signed():
    assert "webhook-signature" not in request().headers


def test_an_empty_secret_is_refused():
    with pytest.raises(signing.EmptySecretError):
        request([""])


def answer(status, headers=None, body=b""):
    return delivery.judge(Response(status, headers or {}, body, 12))


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_success(status):
    verdict = answer(status)
    assert (verdict.accepted, verdict.is_alive, verdict.error) == (True, True, None)
    assert (verdict.http_status, verdict.duration_ms) == (status, 12)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 422])
def test_other_answers_are_failures_of_a_receiver_that_is_alive(status):
    verdict = answer(status)
    assert (verdict.accepted, verdict.is_alive) == (False, True)
    assert verdict.error == f"HTTP {status}"
    assert verdict.gone == (status == 410)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_overload_and_breakdown_count_against_the_circuit(status):
    assert not answer(status).is_alive


def test_the_receiver_may_ask_for_time():
    assert answer(503, {"Retry-After": "120"}).retry_after == 120


def test_only_a_redacted_beginning_of_the_answer_is_kept():
    body = b'{"card_number": "4242424242424242", "note": "' + b"x" * 5000 + b'"}\x00'
    kept = answer(500, body=body).excerpt
    assert len(kept) <= 500
    assert "4242424242424242" not in kept
    assert answer(200, body=b"a\x00b\xff").excerpt == "a\ufffdb\ufffd"
    assert answer(204).excerpt is None


@pytest.mark.parametrize(
    ("error", "text", "is_alive"),
    [
        (errors.NotSentError("no", code="connection_failed"), "connection_failed", False),
        (errors.UnknownOutcomeError("no", code="read_timeout"), "read_timeout", False),
        (errors.ConfigurationError("no", code="forbidden_address"), "forbidden_address", None),
        (ZeroDivisionError("4242424242424242"), "ZeroDivisionError", None),
    ],
)
def test_an_attempt_without_an_answer_is_a_failure(error, text, is_alive):
    verdict = delivery.judge_error(error)
    assert (verdict.accepted, verdict.error, verdict.is_alive) == (False, text, is_alive)
    assert verdict.http_status is None


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.UnknownOutcomeError("no answer", code="read_timeout"), "before sending: no answer"),
        (errors.ConfigurationError("no", code="no_signing_secret"), "no_signing_secret"),
        (ZeroDivisionError("4242424242424242"), "ZeroDivisionError"),
    ],
)
def test_what_ends_before_sending_says_nothing_about_the_receiver(error, text):
    verdict = delivery.judge_preparation(error)
    assert (verdict.accepted, verdict.error, verdict.is_alive) == (False, text, None)


def test_the_circuit_opens_after_five_failures_and_stays_open_longer_each_time():
    assert [delivery.circuit_pause(failures) for failures in range(12)] == [
        None, None, None, None, None, 30, 60, 120, 240, 480, 900, 900,
    ]  # fmt: skip
    assert delivery.circuit_pause(10_000) == 900


def test_the_old_proxys_schedule_allows_five_attempts():
    schedule = delivery.parse_schedule("2, 4, 8, 16", 0)
    assert [schedule.planned(attempt) for attempt in range(1, 6)] == [2, 4, 8, 16, None]
    assert delivery.attempts_of(schedule) == 5


def test_a_horizon_repeats_the_last_delay_for_three_days():
    schedule = delivery.parse_schedule("5 30 300 1800 7200 21600", 72)
    attempts = delivery.attempts_of(schedule)
    assert attempts == 17
    total = sum(schedule.planned(number) for number in range(1, attempts))
    assert 66 * 3600 < total <= 72 * 3600


@pytest.mark.parametrize("text", ["", "soon", "5, -1", "nan", "inf", "90000"])
def test_a_schedule_with_a_mistake_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        delivery.parse_schedule(text, 72)
