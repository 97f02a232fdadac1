from urllib.parse import parse_qs, urlsplit

import pytest

from odoo.addons.fusion_clover.client import oauth
from odoo.addons.fusion_clover.client.environment import SANDBOX
from odoo.addons.fusion_clover.client.oauth import OAuthClient
from odoo.addons.fusion_clover.client.types import TokenPair
from odoo.addons.fusion_payment_common.lib import errors

from ..fakes import ScriptedTransport, answer
from .builders import client_for

NOW = 1_709_496_573
API = "https://apisandbox.dev.clover.com"
TOKENS = {
    "access_token": "eyJhbGciOi.access",
    "access_token_expiration": NOW + 1800,
    "refresh_token": "clvroar-refresh",
    "refresh_token_expiration": NOW + 31_536_000,
}
PAIR = TokenPair("eyJhbGciOi.access", "clvroar-refresh", NOW + 1800, NOW + 31_536_000)


def oauth_for(*script, client_id="APP0000000001", client_secret="app-secret", **options):
    transport = ScriptedTransport(*script)
    client = OAuthClient(
        SANDBOX, transport, client_id, client_secret, clock=lambda: NOW, **options
    )
    return client, transport


def test_the_merchant_is_sent_to_clover_with_a_state():
    client, transport = oauth_for()
    url = client.authorize_url("https://erp.example.com/back?x=1", "a.b")
    assert url.startswith("https://sandbox.dev.clover.com/oauth/v2/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["APP0000000001"],
        "redirect_uri": ["https://erp.example.com/back?x=1"],
        "response_type": ["code"],
        "state": ["a.b"],
    }
    assert "app-secret" not in url
    assert transport.requests == []


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        (
            lambda client: client.exchange("code-1"),
            "/oauth/v2/token",
            {"client_id": "APP0000000001", "client_secret": "app-secret", "code": "code-1"},
        ),
        (
            lambda client: client.refresh("r-1"),
            "/oauth/v2/refresh",
            {"client_id": "APP0000000001", "refresh_token": "r-1"},
        ),
        (
            lambda client: client.recover("r-0"),
            "/oauth/v2/recovery",
            {
                "client_id": "APP0000000001",
                "client_secret": "app-secret",
                "recovery_token": "r-0",
            },
        ),
    ],
)
def test_tokens_are_asked_for_in_json_without_a_bearer_token(call, path, body):
    client, transport = oauth_for(answer(200, TOKENS))
    assert call(client) == PAIR
    (request,) = transport.requests
    assert (request.method, request.url) == ("POST", API + path)
    assert request.headers["Content-Type"] == "application/json"
    assert "Authorization" not in request.headers
    assert transport.bodies == [body]


@pytest.mark.parametrize(
    ("call", "error_class", "code"),
    [
        (lambda client: client.exchange("x"), oauth.AuthorizationCodeError, "invalid_code"),
        (lambda client: client.refresh("x"), oauth.RefreshTokenError, "invalid_refresh_token"),
        (lambda client: client.recover("x"), oauth.RecoveryTokenError, "invalid_recovery_token"),
        (lambda client: client.exchange_legacy("x"), oauth.AuthorizationCodeError, "invalid_code"),
        (lambda client: client.migrate("x", "M"), errors.AuthenticationError, "http_401"),
    ],
)
def test_a_401_says_which_credential_was_refused_and_is_not_repeated(call, error_class, code):
    client, transport = oauth_for(answer(401, {"message": "Failed to validate"}))
    with pytest.raises(errors.AuthenticationError) as caught:
        call(client)
    assert type(caught.value) is error_class
    assert (caught.value.code, caught.value.outcome) == (code, "rejected")
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("headers", "available"),
    [
        ({"X-Clover-Recovery-Available": "true"}, True),
        ({"x-clover-recovery-available": "TRUE"}, True),
        ({"X-Clover-Recovery-Available": "false"}, False),
        ({}, False),
    ],
)
def test_a_refused_refresh_says_whether_it_can_be_recovered(headers, available):
    client, _ = oauth_for(answer(401, {"message": "Invalid refresh token"}, headers))
    with pytest.raises(oauth.RefreshTokenError) as caught:
        client.refresh("used")
    assert caught.value.recovery_available is available


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, errors.RequestRejectedError),
        (429, errors.RateLimitedError),
        (500, errors.UnknownOutcomeError),
    ],
)
def test_other_refusals_keep_their_class(status, error_class):
    client, _ = oauth_for(answer(status, {"message": "x"}))
    with pytest.raises(errors.GatewayError) as caught:
        client.refresh("r")
    assert type(caught.value) is error_class


def test_a_refused_content_type_is_named():
    client, _ = oauth_for(answer(415))
    with pytest.raises(errors.RequestRejectedError) as caught:
        client.exchange("x")
    assert caught.value.code == "unsupported_media_type"


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token_expiration": None},
        {"access_token_expiration": "1709498373"},
        {"access_token_expiration": NOW},
        {"access_token_expiration": NOW - 1},
        {"access_token_expiration": 1800},
        {"access_token_expiration": (NOW + 1800) * 1000},
        {"refresh_token_expiration": 5},
    ],
)
def test_tokens_with_an_expiry_that_makes_no_sense_are_not_taken(changes):
    client, _ = oauth_for(answer(200, {**TOKENS, **changes}))
    with pytest.raises(errors.MalformedResponseError):
        client.exchange("x")


def test_an_answer_without_a_refresh_token_has_an_empty_one():
    document = {name: TOKENS[name] for name in ("access_token", "access_token_expiration")}
    client, _ = oauth_for(answer(200, document))
    assert client.exchange("x") == TokenPair("eyJhbGciOi.access", "", NOW + 1800, 0)


def test_a_legacy_code_is_exchanged_and_its_token_migrated():
    client, transport = oauth_for(
        answer(401),
        answer(200, {"access_token": "legacy-1"}),
        answer(200, {"authorization_code": "code-2", "expiration": NOW + 60}),
        answer(200, TOKENS),
    )
    assert client.connect("legacy-code", "MERCHANT00001").pair == PAIR
    identity = "client_id=APP0000000001&client_secret=app-secret"
    assert [request.url for request in transport.requests] == [
        f"{API}/oauth/v2/token",
        f"{API}/oauth/token?{identity}&code=legacy-code",
        f"{API}/oauth/token/migrate_v2",
        f"{API}/oauth/v2/token",
    ]
    assert transport.bodies[2:] == [
        {
            "merchant_uuid": "MERCHANT00001",
            "app_uuid": "APP0000000001",
            "auth_token": "legacy-1",
        },
        {"client_id": "APP0000000001", "client_secret": "app-secret", "code": "code-2"},
    ]


def test_the_query_of_the_legacy_way_is_not_observed():
    seen = []
    client, _ = oauth_for(answer(200, {"access_token": "legacy-1"}), observer=seen.append)
    client.exchange_legacy("legacy-code")
    assert seen[0].url == f"{API}/oauth/token"
    for hidden in ("app-secret", "legacy-code", "legacy-1"):
        assert hidden not in repr(seen)


def test_a_legacy_token_that_cannot_be_migrated_is_used_as_it_is():
    client, _ = oauth_for(answer(401), answer(200, {"access_token": "legacy-1"}), answer(400))
    assert client.connect("legacy-code", "M").pair == TokenPair("legacy-1", "", 0, 0)


def test_a_code_nobody_accepts_is_refused_once_and_for_all():
    client, transport = oauth_for(answer(401), answer(401))
    with pytest.raises(oauth.AuthorizationCodeError):
        client.connect("bad", "M")
    assert len(transport.requests) == 2


def test_a_lost_answer_is_not_followed_by_the_legacy_way():
    client, transport = oauth_for(errors.UnknownOutcomeError("lost"))
    with pytest.raises(errors.UnknownOutcomeError):
        client.connect("code", "M")
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("identity", "call"),
    [
        ({"client_id": ""}, lambda client: client.refresh("x")),
        ({"client_id": ""}, lambda client: client.authorize_url("https://x", "s")),
        ({"client_secret": ""}, lambda client: client.exchange("x")),
        ({"client_secret": ""}, lambda client: client.recover("x")),
    ],
)
def test_without_app_credentials_nothing_is_sent(identity, call):
    client, transport = oauth_for(**identity)
    with pytest.raises(errors.ConfigurationError):
        call(client)
    assert transport.requests == []


def test_no_secret_shows_in_what_is_observed_or_in_a_repr():
    seen = []
    client, _ = oauth_for(answer(200, TOKENS), observer=seen.append)
    shown = repr([client.exchange("code-1"), seen])
    for hidden in ("app-secret", "code-1", "eyJhbGciOi.access", "clvroar-refresh"):
        assert hidden not in shown


def test_the_merchants_client_shares_environment_and_transport_with_oauth():
    client, transport = client_for(answer(401))
    with pytest.raises(oauth.AuthorizationCodeError):
        client.oauth("APP", "secret").exchange("x")
    assert transport.requests[0].headers["User-Agent"] == "FusionPayments/19.0.1"
