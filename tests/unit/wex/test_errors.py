import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_wex.client.encompass_errors import response_code
from odoo.addons.fusion_wex.client.errors import (
    AccountSettingsError,
    AwaitingApprovalError,
    CardRefusedError,
    FundingError,
    Remedy,
    TemporarilyUnavailableError,
    remedy_of,
)

from ..fakes import answer
from .builders import CARD_ID, NUMBER, card_request, client_for

CODES = [
    ("InvalidUserCredentials", errors.AuthenticationError, "configuration", "rejected"),
    ("AuthFailure", errors.AuthenticationError, "configuration", "rejected"),
    ("NoPrivilege", errors.PermissionDeniedError, "configuration", "rejected"),
    ("NoSubmissionPrivilege", errors.PermissionDeniedError, "configuration", "rejected"),
    ("InvalidOrganization", AccountSettingsError, "configuration", "rejected"),
    ("InvalidUserDefinedFieldname", AccountSettingsError, "configuration", "rejected"),
    ("NoUDFsDefined", AccountSettingsError, "configuration", "rejected"),
    ("StandardFieldValidationFailed", CardRefusedError, "refused", "rejected"),
    ("UserDefinedFieldValidationFailed", CardRefusedError, "refused", "rejected"),
    ("InvalidProductCode", CardRefusedError, "refused", "rejected"),
    ("InsufficientCreditLimit", FundingError, "funding", "rejected"),
    ("NoAvailableCards", FundingError, "funding", "rejected"),
    ("MerchantLogNotFound", errors.NotFoundError, "refused", "rejected"),
    ("AwaitingApproval", AwaitingApprovalError, "awaiting_approval", "pending"),
    ("UnavailableAtThisTime", TemporarilyUnavailableError, "unavailable", "unknown"),
    ("Failed", errors.UnknownOutcomeError, "unknown", "unknown"),
]


def refused(response):
    client, transport = client_for(response)
    with pytest.raises(errors.GatewayError) as caught:
        client.create(card_request())
    assert len(transport.requests) == 1
    return caught.value


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("code", "error_class", "remedy", "outcome"), CODES)
def test_every_documented_code_has_its_remedy(status, code, error_class, remedy, outcome):
    error = refused(answer(status, {"detailed_response_message": f"{code}: in words"}))
    assert type(error) is error_class
    assert (remedy_of(error), error.outcome, error.code) == (remedy, outcome, code)
    assert (error.http_status, error.detail) == (status, f"{code}: in words")


def test_a_code_never_heard_of_in_a_2xx_leaves_the_outcome_unknown():
    error = refused(answer(200, {"id": CARD_ID, "detailed_response_message": "Oops: text"}))
    assert type(error) is errors.UnknownOutcomeError
    assert (error.code, error.provider_reference) == ("Oops", CARD_ID)


@pytest.mark.parametrize(
    ("status", "error_class", "remedy"),
    [
        (301, errors.UnknownOutcomeError, "unknown"),
        (400, CardRefusedError, "refused"),
        (401, errors.AuthenticationError, "configuration"),
        (402, CardRefusedError, "refused"),
        (403, errors.PermissionDeniedError, "configuration"),
        (404, AccountSettingsError, "configuration"),
        (405, AccountSettingsError, "configuration"),
        (408, errors.UnknownOutcomeError, "unknown"),
        (409, errors.InProgressError, "unknown"),
        (422, CardRefusedError, "refused"),
        (425, errors.UnknownOutcomeError, "unknown"),
        (429, TemporarilyUnavailableError, "unavailable"),
        (500, errors.UnknownOutcomeError, "unknown"),
        (502, errors.UnknownOutcomeError, "unknown"),
        (503, TemporarilyUnavailableError, "unavailable"),
    ],
)
def test_a_status_without_a_code_decides_alone(status, error_class, remedy):
    error = refused(answer(status, {"Message": "An error has occurred."}))
    assert type(error) is error_class
    assert remedy_of(error) == remedy
    assert error.http_status == status


def test_come_back_later_is_not_taken_for_proof_that_nothing_happened():
    error = refused(answer(503, {"Message": "later"}, {"Retry-After": "7"}))
    assert (error.outcome, error.retry_after, error.detail) == ("unknown", 7.0, "later")


@pytest.mark.parametrize("status", [500, 503])
def test_a_refusal_inside_a_5xx_is_not_believed(status):
    body = {"detailed_response_message": "StandardFieldValidationFailed: x"}
    assert refused(answer(status, body)).outcome == "unknown"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"detailed_response_message": "NoPrivilege: no"}, "NoPrivilege: no"),
        ({"Message": "no"}, "no"),
        ({"errors": [{"message": "no"}, {"message": "other"}]}, "no"),
        ({"errors": []}, None),
        ({"errors": "no"}, None),
        (["no"], None),
        (b"<html>", None),
        (None, None),
    ],
)
def test_the_text_of_every_seen_shape_is_kept_as_detail(body, detail):
    assert refused(answer(400, body)).detail == detail


def test_a_card_number_in_an_error_text_is_masked():
    error = refused(answer(400, {"Message": f"card {NUMBER} refused"}))
    assert error.detail == "card ***1111 refused"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Success: done", "Success"),
        ("Success", "Success"),
        (" Failed : x", "Failed"),
        ("The payment failed: x", None),
        ("", None),
        (None, None),
        ("Successful: x", "Successful"),
        ("Card4111111111111111: x", None),
    ],
)
def test_the_code_is_what_stands_before_the_colon(message, code):
    assert response_code(message) == code


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (errors.NotSentError("x"), Remedy.UNAVAILABLE),
        (errors.ConfigurationError("x"), Remedy.CONFIGURATION),
        (errors.RequestRejectedError("x"), Remedy.REFUSED),
        (errors.MalformedResponseError("x"), Remedy.UNKNOWN),
        (errors.GatewayError("x"), Remedy.UNKNOWN),
    ],
)
def test_the_errors_of_the_common_library_have_remedies_too(error, remedy):
    assert remedy_of(error) is remedy


def test_a_lost_answer_is_passed_on_as_it_is():
    lost = errors.UnknownOutcomeError("lost", code="read_timeout")
    assert refused(lost) is lost
