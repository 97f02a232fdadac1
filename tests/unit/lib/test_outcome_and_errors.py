import pickle

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.outcome import Outcome


@pytest.mark.parametrize(
    ("outcome", "moved_money", "is_final", "is_open"),
    [
        ("succeeded", "yes", True, False),
        ("pending", "maybe", False, True),
        ("declined", "no", True, False),
        ("rejected", "no", True, False),
        ("not_sent", "no", False, False),
        ("unknown", "maybe", False, True),
    ],
)
def test_every_outcome_says_whether_money_moved(outcome, moved_money, is_final, is_open):
    outcome = Outcome(outcome)
    assert (outcome.moved_money, outcome.is_final, outcome.is_open) == (
        moved_money,
        is_final,
        is_open,
    )


@pytest.mark.parametrize(
    ("error_class", "outcome"),
    [
        (errors.GatewayError, "unknown"),
        (errors.DeclinedError, "declined"),
        (errors.RequestRejectedError, "rejected"),
        (errors.AuthenticationError, "rejected"),
        (errors.PermissionDeniedError, "rejected"),
        (errors.ConfigurationError, "rejected"),
        (errors.NotFoundError, "rejected"),
        (errors.IdempotencyConflictError, "rejected"),
        (errors.NotSentError, "not_sent"),
        (errors.RateLimitedError, "not_sent"),
        (errors.UnknownOutcomeError, "unknown"),
        (errors.MalformedResponseError, "unknown"),
        (errors.InProgressError, "unknown"),
    ],
)
def test_every_error_class_knows_its_outcome(error_class, outcome):
    assert error_class("x").outcome == outcome


def test_no_error_class_is_missing_from_the_table_above():
    listed = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.GatewayError)
    ]
    assert len(listed) == 13


def test_neither_message_nor_detail_keeps_a_secret():
    error = errors.RequestRejectedError(
        "bad card 4242424242424242", detail="Authorization: Bearer abcdef0123456789"
    )
    shown = f"{error} {error!r} {error.detail} {error.args}"
    assert "4242424242424242" not in shown
    assert "abcdef0123456789" not in shown
    assert "4242" in shown


def test_an_error_carries_what_its_remedy_needs():
    error = errors.DeclinedError(
        "declined",
        decline_code="issuer_declined",
        code="card_declined",
        http_status=402,
        provider_reference="0DZ07JZP5XSVT",
        request_id="r-1",
        retry_after=3.0,
    )
    assert (error.decline_code, error.code, error.http_status) == (
        "issuer_declined",
        "card_declined",
        402,
    )
    assert (error.provider_reference, error.request_id, error.retry_after) == (
        "0DZ07JZP5XSVT",
        "r-1",
        3.0,
    )


def test_an_error_survives_pickling():
    error = pickle.loads(pickle.dumps(errors.NotSentError("no route", code="dns")))
    assert (str(error), error.code, error.outcome) == ("no route", "dns", "not_sent")
