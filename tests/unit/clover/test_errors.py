import pytest

from odoo.addons.fusion_clover.client.declines import CARD_CODES, REASONS, DeclineReason, reason_for
from odoo.addons.fusion_clover.client.errors import map_error
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import CallContext

from ..fakes import ScriptedAuthorizer, answer
from .builders import KEY, charge_request, client_for


def mapped(status, document=None, headers=None, token_refreshed=False):
    context = CallContext("POST", "https://x/v1/charges", True, token_refreshed)
    return map_error(answer(status, document, headers), context)


def body(message="text", **error):
    return {"message": f"{message}", "error": {"message": message, **error}}


def test_a_live_decline_is_read_from_camel_case():
    error = mapped(
        402,
        {
            "message": "402 Payment Required",
            "error": {
                "code": "card_declined",
                "message": "DECLINED: No reason provided.",
                "charge": "0DZ07JZP5XSVT",
                "declineCode": "issuer_declined",
            },
        },
        {"X-Request-Id": "r-1"},
    )
    assert type(error) is errors.DeclinedError
    assert (error.decline_code, error.code, error.provider_reference, error.request_id) == (
        "issuer_declined",
        "card_declined",
        "0DZ07JZP5XSVT",
        "r-1",
    )
    assert (error.http_status, error.detail) == (402, "DECLINED: No reason provided.")


def test_a_documented_decline_is_read_from_snake_case():
    document = body(
        type="card_error", code="card_declined", decline_code="insufficient_funds", charge="C"
    )
    error = mapped(402, document)
    assert (type(error), error.decline_code, error.provider_reference) == (
        errors.DeclinedError,
        "insufficient_funds",
        "C",
    )


def test_text_in_another_language_changes_nothing():
    english = mapped(402, body("DECLINED", code="card_declined"))
    french = mapped(402, body("REFUSÉ", code="card_declined"))
    assert (type(english), english.code, str(english)) == (type(french), french.code, str(french))
    assert french.detail == "REFUSÉ"


@pytest.mark.parametrize(
    ("_case", "status", "document", "error_class", "code"),
    [
        ("402 without a body", 402, None, errors.DeclinedError, "http_402"),
        ("card error as 400", 400, body(type="card_error", code="x"), errors.DeclinedError, "x"),
        ("expired as 400", 400, body(code="expired_card"), errors.DeclinedError, "expired_card"),
        (
            "validation",
            400,
            body(type="invalid_request_error", code="invalid_request"),
            errors.RequestRejectedError,
            "invalid_request",
        ),
        (
            "partial refund refused",
            400,
            body(code="processing_error"),
            errors.RequestRejectedError,
            "processing_error",
        ),
        (
            "token used",
            400,
            body(type="invalid_request_error", code="token_already_used"),
            errors.RequestRejectedError,
            "token_already_used",
        ),
        ("bare 400", 400, {"message": "400"}, errors.RequestRejectedError, "http_400"),
        ("html 400", 400, b"<html>", errors.RequestRejectedError, "http_400"),
        ("bare 401", 401, {"message": "401"}, errors.AuthenticationError, "http_401"),
        ("403", 403, None, errors.PermissionDeniedError, "http_403"),
        (
            "404",
            404,
            body(type="invalid_request_error", code="resource_missing"),
            errors.NotFoundError,
            "resource_missing",
        ),
        ("missing as 400", 400, body(code="resource_missing"), errors.NotFoundError, None),
        ("unknown path", 404, {"message": "Invalid URI"}, errors.NotFoundError, "http_404"),
        ("415", 415, None, errors.RequestRejectedError, "http_415"),
        ("bare 409", 409, {"message": "409"}, errors.InProgressError, "http_409"),
        (
            "same key in progress",
            409,
            body(type="idempotency_error", code="request_in_progress"),
            errors.InProgressError,
            "request_in_progress",
        ),
        (
            "409 that says no more",
            409,
            body(type="idempotency_error"),
            errors.InProgressError,
            "idempotency_error",
        ),
        (
            "in progress as 400",
            400,
            body(type="idempotency_error", code="request_in_progress"),
            errors.InProgressError,
            "request_in_progress",
        ),
        (
            "resource conflict",
            409,
            {"message": "x", "type": "RESOURCE_CONFLICT"},
            errors.InProgressError,
            "RESOURCE_CONFLICT",
        ),
        (
            "same key, other parameters",
            409,
            body(type="idempotency_error", code="idempotency_key_reused"),
            errors.IdempotencyConflictError,
            "idempotency_key_reused",
        ),
        (
            "same key, other parameters, as 400",
            400,
            body(type="idempotency_error"),
            errors.IdempotencyConflictError,
            "idempotency_error",
        ),
        ("rate limit", 429, {"message": "429"}, errors.RateLimitedError, "rate_limit"),
        (
            "rate limit as 400",
            400,
            body(type="rate_limit_error"),
            errors.RateLimitedError,
            "rate_limit",
        ),
        ("500", 500, None, errors.UnknownOutcomeError, "http_500"),
        ("500 that speaks of a decline", 500, body(code="card_declined"),
         errors.UnknownOutcomeError, "card_declined"),
        ("500 of a rate limit", 500, body(type="rate_limit_error"), errors.UnknownOutcomeError,
         "rate_limit_error"),
        ("503", 503, b"<html>", errors.UnknownOutcomeError, "http_503"),
        ("504", 504, None, errors.UnknownOutcomeError, "http_504"),
        ("redirect", 302, None, errors.UnknownOutcomeError, "http_302"),
        ("api error as 400", 400, body(type="api_error"), errors.UnknownOutcomeError, "api_error"),
        (
            "connection error as 400",
            400,
            body(type="api_connection_error"),
            errors.UnknownOutcomeError,
            "api_connection_error",
        ),
    ],
)  # fmt: skip
def test_status_and_code_decide_the_class(_case, status, document, error_class, code):
    error = mapped(status, document)
    assert type(error) is error_class
    assert error.http_status == status
    if code is not None:
        assert error.code == code


@pytest.mark.parametrize("status", [408, 425, 499])
def test_a_status_that_proves_nothing_is_left_to_the_default(status):
    client, _ = client_for(answer(status))
    with pytest.raises(errors.UnknownOutcomeError):
        client.charges.create(charge_request(), KEY)


@pytest.mark.parametrize(
    "document", [[], "x", 5, {"error": "x"}, {"error": {"code": 5, "charge": []}}, b"", b"{"]
)
def test_a_body_of_any_shape_never_breaks_the_mapping(document):
    assert type(mapped(402, document)) is errors.DeclinedError
    assert type(mapped(500, document)) is errors.UnknownOutcomeError


def test_a_rate_limit_says_which_one_and_how_long():
    error = mapped(429, None, {"X-RateLimit-tokenConcurrentLimit": "5", "retry-after": "2"})
    assert (error.code, error.retry_after) == ("tokenConcurrentLimit", 2.0)


def test_a_fresh_token_that_is_refused_means_a_missing_permission():
    authorizer = ScriptedAuthorizer(["old", "new"])
    client, transport = client_for(answer(401), answer(401), authorizer=authorizer)
    with pytest.raises(errors.PermissionDeniedError):
        client.charges.create(charge_request(), KEY)
    assert len(transport.requests) == 2


def test_no_error_shows_a_card_number_that_clover_echoed():
    error = mapped(400, body("bad number 4242424242424242", code="invalid_request"))
    assert "4242424242424242" not in f"{error!r} {error} {error.detail}"


# --- reasons ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "decline_code", "reason"),
    [
        ("card_declined", "issuer_declined", "issuer_declined"),
        ("card_declined", "insufficient_funds", "insufficient_funds"),
        ("card_declined", "something_new", "issuer_declined"),
        ("expired_card", None, "expired_card"),
        ("incorrect_cvc", "incorrect_cvc", "incorrect_cvc"),
        ("invalid_card_type", None, "card_not_supported"),
        ("something", "new", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_a_decline_has_a_reason_a_clerk_can_be_told(code, decline_code, reason):
    error = errors.DeclinedError("x", code=code, decline_code=decline_code)
    assert reason_for(error) is DeclineReason(reason)


def test_every_reason_but_unknown_can_come_up():
    assert set(REASONS.values()) == set(DeclineReason) - {DeclineReason.UNKNOWN}


def test_a_used_token_is_not_taken_for_a_decline():
    assert "token_already_used" not in CARD_CODES
