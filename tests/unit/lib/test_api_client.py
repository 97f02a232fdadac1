import logging
from datetime import UTC, datetime

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import (
    ApiClient,
    StaticToken,
    retry_after_of,
)
from odoo.addons.fusion_payment_common.lib.transport import Timeout

from ..fakes import ScriptedAuthorizer, ScriptedTransport, answer

URL = "https://api.example.com/v1/things"
PAN = "4242424242424242"


def client_for(*script, authorizer=None, **options):
    transport = ScriptedTransport(*script)
    client = ApiClient(
        transport,
        authorizer,
        user_agent="Suite/1",
        default_timeout=Timeout(1, 2),
        **options,
    )
    return client, transport


# --- sending ----------------------------------------------------------------------------------


def test_a_call_sends_json_with_its_headers_and_returns_the_parsed_answer():
    client, transport = client_for(answer(200, {"ok": 1}), authorizer=StaticToken("t-1"))
    result = client.call(
        "post",
        URL,
        json={"amount": 5, "name": "é"},
        params={"filter": ["a=1", "b>=2"], "x": "y z"},
        headers={"X-Forwarded-For": "192.0.2.1", "X-Empty": ""},
        idempotency_key="key-1",
        timeout=Timeout(3, 4),
    )
    assert result == {"ok": 1}
    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", URL + "?filter=a%3D1&filter=b%3E%3D2&x=y+z")
    assert request.body == '{"amount":5,"name":"é"}'.encode()
    assert request.timeout == Timeout(3, 4)
    assert request.headers == {
        "Accept": "application/json",
        "User-Agent": "Suite/1",
        "Content-Type": "application/json",
        "Idempotency-Key": "key-1",
        "X-Forwarded-For": "192.0.2.1",
        "Authorization": "Bearer t-1",
    }


def test_a_read_sends_neither_body_nor_content_type_nor_key():
    client, transport = client_for(answer(200, []))
    assert client.call("GET", URL) == []
    (request,) = transport.requests
    assert (request.body, request.url, request.timeout) == (None, URL, Timeout(1, 2))
    assert set(request.headers) == {"Accept", "User-Agent"}


def test_an_empty_answer_is_none():
    client, _ = client_for(answer(204))
    assert client.call("DELETE", URL) is None


@pytest.mark.parametrize(
    ("headers", "key", "code"),
    [
        ({"X": "a\r\nInjected: b"}, None, "invalid_header"),
        ({"X": "é"}, None, "invalid_header"),
        ({}, "", "empty_key"),
        ({}, "a\nb", "invalid_header"),
    ],
)
def test_a_header_that_cannot_be_sent_stops_the_call_before_it_starts(headers, key, code):
    client, transport = client_for()
    with pytest.raises(errors.ConfigurationError) as caught:
        client.call("POST", URL, headers=headers, idempotency_key=key)
    assert caught.value.code == code
    assert transport.requests == []


def test_nan_never_leaves_the_house():
    client, transport = client_for()
    with pytest.raises(ValueError, match="JSON"):
        client.call("POST", URL, json={"amount": float("nan")})
    assert transport.requests == []


# --- statuses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error_class", "outcome"),
    [
        (301, errors.UnknownOutcomeError, "unknown"),
        (303, errors.UnknownOutcomeError, "unknown"),
        (400, errors.RequestRejectedError, "rejected"),
        (401, errors.AuthenticationError, "rejected"),
        (402, errors.RequestRejectedError, "rejected"),
        (403, errors.PermissionDeniedError, "rejected"),
        (404, errors.NotFoundError, "rejected"),
        (408, errors.UnknownOutcomeError, "unknown"),
        (409, errors.InProgressError, "unknown"),
        (415, errors.RequestRejectedError, "rejected"),
        (422, errors.RequestRejectedError, "rejected"),
        (429, errors.RateLimitedError, "not_sent"),
        (500, errors.UnknownOutcomeError, "unknown"),
        (502, errors.UnknownOutcomeError, "unknown"),
        (503, errors.UnknownOutcomeError, "unknown"),
        (504, errors.UnknownOutcomeError, "unknown"),
        (599, errors.UnknownOutcomeError, "unknown"),
    ],
)
def test_a_status_stands_for_an_error_class_where_the_provider_says_no_more(
    status, error_class, outcome
):
    client, transport = client_for(answer(status, {"secret": PAN}, {"X-Request-Id": "r-9"}))
    with pytest.raises(errors.GatewayError) as caught:
        client.call("POST", URL, json={})
    error = caught.value
    assert type(error) is error_class
    assert (error.outcome, error.http_status, error.request_id) == (outcome, status, "r-9")
    assert PAN not in f"{error!r}{error.detail}"
    assert len(transport.requests) == 1


def test_the_mapper_of_the_provider_comes_first_and_may_leave_it_to_the_default():
    def mapper(response, context):
        assert (context.method, context.mutating, context.token_refreshed) == ("POST", True, False)
        return errors.DeclinedError("no") if response.status == 402 else None

    client, _ = client_for(answer(402), answer(400), error_mapper=mapper)
    with pytest.raises(errors.DeclinedError) as caught:
        client.call("POST", URL)
    assert caught.value.http_status == 402
    with pytest.raises(errors.RequestRejectedError):
        client.call("POST", URL)


@pytest.mark.parametrize(
    ("method", "mutating", "expected"),
    [("GET", None, False), ("POST", None, True), ("POST", False, False), ("DELETE", None, True)],
)
def test_every_method_that_is_no_read_counts_as_mutating(method, mutating, expected):
    seen = []

    def mapper(response, context):
        seen.append(context.mutating)

    client, _ = client_for(answer(500), error_mapper=mapper)
    with pytest.raises(errors.UnknownOutcomeError):
        client.call(method, URL, mutating=mutating)
    assert seen == [expected]


@pytest.mark.parametrize("body", [b'{"id": ', b"<html>", b'{"a": NaN}', b"\xff\xff"])
def test_a_success_that_cannot_be_read_leaves_the_outcome_unknown(body):
    client, _ = client_for(answer(200, body))
    with pytest.raises(errors.MalformedResponseError) as caught:
        client.call("POST", URL)
    assert (caught.value.outcome, caught.value.code) == ("unknown", "invalid_json")


@pytest.mark.parametrize(
    "error", [errors.NotSentError("x", code="dns"), errors.UnknownOutcomeError("y")]
)
def test_what_the_transport_found_out_is_passed_on_unchanged(error):
    client, transport = client_for(error)
    with pytest.raises(errors.GatewayError) as caught:
        client.call("POST", URL)
    assert caught.value is error
    assert len(transport.requests) == 1


# --- Retry-After ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Wed, 15 Nov 2023 12:00:30 GMT", 30.0),
        ("Wed, 15 Nov 2023 11:00:00 GMT", 0.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value, seconds):
    now = datetime(2023, 11, 15, 12, 0, 0, tzinfo=UTC)
    assert retry_after_of(answer(429, None, {"retry-after": value}), now) == seconds


def test_a_rate_limit_carries_how_long_to_wait():
    client, _ = client_for(answer(429, {}, {"Retry-After": "4"}))
    with pytest.raises(errors.RateLimitedError) as caught:
        client.call("GET", URL)
    assert caught.value.retry_after == 4.0


# --- authorisation ----------------------------------------------------------------------------


def test_a_401_is_repeated_once_with_another_token_and_the_same_key():
    authorizer = ScriptedAuthorizer(["old", "new"])
    client, transport = client_for(
        answer(401), answer(200, {"ok": 1}), authorizer=authorizer
    )
    assert client.call("POST", URL, json={"a": 1}, idempotency_key="k") == {"ok": 1}
    assert authorizer.rejected == ["old"]
    sent = [
        (request.headers["Authorization"], request.headers["Idempotency-Key"], request.body)
        for request in transport.requests
    ]
    assert sent == [("Bearer old", "k", b'{"a":1}'), ("Bearer new", "k", b'{"a":1}')]


def test_a_second_401_is_final_and_known_to_follow_a_refresh():
    contexts = []

    def mapper(response, context):
        contexts.append(context.token_refreshed)

    client, transport = client_for(
        answer(401), answer(401), authorizer=ScriptedAuthorizer(["a", "b"]), error_mapper=mapper
    )
    with pytest.raises(errors.AuthenticationError):
        client.call("POST", URL)
    assert contexts == [False, True]
    assert len(transport.requests) == 2


@pytest.mark.parametrize("fresh", [None, "", "old"])
def test_without_another_token_a_401_is_not_repeated(fresh):
    client, transport = client_for(answer(401), authorizer=ScriptedAuthorizer(["old", fresh]))
    with pytest.raises(errors.AuthenticationError):
        client.call("POST", URL)
    assert len(transport.requests) == 1


def test_a_fixed_key_is_never_renewed():
    client, transport = client_for(answer(401), authorizer=StaticToken("key"))
    with pytest.raises(errors.AuthenticationError):
        client.call("GET", URL)
    assert len(transport.requests) == 1


def test_a_call_without_an_authorizer_has_no_token_and_no_second_try():
    client, transport = client_for(answer(401))
    with pytest.raises(errors.AuthenticationError):
        client.call("POST", URL)
    assert "Authorization" not in transport.requests[0].headers
    assert len(transport.requests) == 1


def test_only_a_401_is_repeated():
    client, transport = client_for(answer(403), authorizer=ScriptedAuthorizer(["a", "b"]))
    with pytest.raises(errors.PermissionDeniedError):
        client.call("POST", URL)
    assert len(transport.requests) == 1


def test_without_a_token_nothing_is_sent():
    client, transport = client_for(authorizer=StaticToken(""))
    with pytest.raises(errors.ConfigurationError) as caught:
        client.call("POST", URL)
    assert caught.value.code == "no_access_token"
    assert transport.requests == []


@pytest.mark.parametrize("tokens", [[errors.UnknownOutcomeError("lost", code="read_timeout")],
                                    ["old", errors.UnknownOutcomeError("x", code="read_timeout")]])
def test_a_refresh_with_an_unknown_outcome_did_not_move_the_money_of_this_call(tokens):
    client, transport = client_for(answer(401), authorizer=ScriptedAuthorizer(tokens))
    with pytest.raises(errors.NotSentError) as caught:
        client.call("POST", URL)
    assert caught.value.code == "read_timeout"
    assert len(transport.requests) == len(tokens) - 1


def test_a_refused_refresh_is_passed_on():
    refusal = errors.AuthenticationError("connect again")
    client, _ = client_for(answer(401), authorizer=ScriptedAuthorizer(["old", refusal]))
    with pytest.raises(errors.AuthenticationError) as caught:
        client.call("POST", URL)
    assert caught.value is refusal


# --- the observer -----------------------------------------------------------------------------


def test_every_exchange_is_observed_redacted_and_without_the_query():
    seen = []
    client, _ = client_for(
        answer(401, {"message": "no"}),
        answer(200, {"id": "X", "number": PAN}, {"X-Request-Id": "r"}),
        authorizer=ScriptedAuthorizer(["old-token", "new-token"]),
        observer=seen.append,
    )
    client.call(
        "POST", URL, json={"number": PAN, "amount": 5}, params={"q": "hidden"}, idempotency_key="k"
    )
    assert [(e.status, type(e.error).__name__, e.idempotency_key) for e in seen] == [
        (401, "AuthenticationError", "k"),
        (200, "NoneType", "k"),
    ]
    first, second = seen
    assert (first.method, first.url) == ("POST", URL)
    assert first.request["body"] == {"number": "***4242", "amount": 5}
    assert first.response["body"] == {"message": "no"}
    assert second.response["body"] == {"id": "X", "number": "***4242"}
    assert second.response["headers"] == {"x-request-id": "r"}
    for hidden in (PAN, "old-token", "new-token", "hidden"):
        assert hidden not in repr(seen)


def test_an_exchange_without_an_answer_is_observed_too():
    seen = []
    error = errors.UnknownOutcomeError("lost", code="read_timeout")
    client, _ = client_for(error, observer=seen.append)
    with pytest.raises(errors.UnknownOutcomeError):
        client.call("POST", URL)
    (exchange,) = seen
    assert (exchange.status, exchange.response, exchange.error) == (None, None, error)
    assert exchange.duration_ms >= 0


def test_an_unreadable_success_is_observed_with_its_text():
    seen = []
    client, _ = client_for(answer(200, f"<html>{PAN}".encode()), observer=seen.append)
    with pytest.raises(errors.MalformedResponseError):
        client.call("POST", URL)
    assert seen[0].response["body"] == "<html>***4242"
    assert isinstance(seen[0].error, errors.MalformedResponseError)


def test_a_huge_answer_is_not_kept():
    seen = []
    client, _ = client_for(answer(200, ["x" * 30_000]), observer=seen.append)
    client.call("GET", URL)
    assert seen[0].response["body"] == {"omitted": "JSON of 30004 bytes"}


def test_a_failing_observer_does_not_lose_the_answer(caplog):
    def broken(exchange):
        raise RuntimeError("disk full")

    client, _ = client_for(answer(200, {"id": "X"}), observer=broken)
    with caplog.at_level(logging.ERROR):
        assert client.call("POST", URL) == {"id": "X"}
    assert "disk full" in caplog.text
