"""Tokens that live half an hour, refresh tokens that work once, and getting a lost one back."""

import pytest

from odoo.addons.fusion_clover.client import oauth
from odoo.addons.fusion_clover.client.oauth import OAuthClient
from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.idempotency import derive_key

from tests.simulator_checks.driver import APP_ID

KEY = derive_key("charge", "oauth")


def test_an_expired_token_is_renewed_once_and_the_charge_goes_through(clover):
    before = clover.authorizer.pair
    clover.sim.control("POST", "oauth/revoke", {"access": True, "refresh": False})
    # The simulator's driver lost its token too; the source token is made with the public key.
    charge = clover.client.charges.create(clover.request(1000), KEY)
    assert charge.paid is True
    assert clover.authorizer.pair != before
    assert [exchange.status for exchange in clover.exchanges] == [401, 200]
    assert clover.moved() == [("charge", 1000)]


def test_a_code_works_once(clover):
    code = clover.sim.authorize_params()["code"]
    clover.oauth.exchange(code)
    with pytest.raises(oauth.AuthorizationCodeError):
        clover.oauth.exchange(code)


def test_a_wrong_secret_is_refused_like_a_wrong_code(clover):
    stranger = OAuthClient(clover.environment, clover.transport, APP_ID, "wrong")
    with pytest.raises(oauth.AuthorizationCodeError) as caught:
        stranger.exchange(clover.sim.authorize_params()["code"])
    assert caught.value.code == "invalid_code"


def test_a_refresh_token_works_once_and_then_only_recovers(clover):
    first = clover.authorizer.pair
    second = clover.oauth.refresh(first.refresh_token)
    with pytest.raises(oauth.RefreshTokenError) as caught:
        clover.oauth.refresh(first.refresh_token)
    assert caught.value.recovery_available is True
    third = clover.oauth.recover(first.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    with pytest.raises(oauth.RecoveryTokenError):
        clover.oauth.recover(first.refresh_token)


@pytest.mark.parametrize("fault", ["reset_after", "truncate"])
def test_a_pair_lost_on_its_way_is_recovered(clover, fault):
    lost = clover.authorizer.pair.refresh_token
    clover.sim.fault(fault, "/oauth/v2/refresh")
    with pytest.raises(errors.UnknownOutcomeError):
        clover.oauth.refresh(lost)
    clover.authorizer.pair = clover.oauth.recover(lost)
    assert clover.client.merchants.properties().default_currency == "CAD"


def test_a_refresh_that_is_lost_during_a_charge_moves_nothing_and_says_so(clover):
    clover.sim.control("POST", "oauth/revoke", {"access": True, "refresh": False})
    clover.sim.fault("reset_after", "/oauth/v2/refresh")
    with pytest.raises(errors.NotSentError):
        clover.client.charges.create(clover.request(1000), KEY)
    assert clover.moved() == []


def test_a_missing_permission_is_told_apart_from_a_dead_token(clover):
    clover.sim.configure(denied_areas=["ecommerce"])
    with pytest.raises(errors.PermissionDeniedError):
        clover.client.charges.retrieve("AAAAAAAAAAAAA")


def test_a_revoked_connection_asks_to_connect_again(clover):
    clover.sim.control("POST", "oauth/revoke", {"access": True, "refresh": True})
    with pytest.raises(errors.AuthenticationError):
        clover.client.merchants.properties()


def test_a_legacy_code_ends_in_a_pair_that_works(clover):
    arrival = clover.sim.authorize_params("/oauth/authorize")
    pair = clover.oauth.connect(arrival["code"], arrival["merchant_id"]).pair
    assert pair.refresh_token
    clover.authorizer.pair = pair
    assert clover.client.merchants.properties().default_currency == "CAD"


def test_the_address_we_send_a_browser_to_leads_back_with_code_and_state(clover):
    url = clover.oauth.authorize_url("http://127.0.0.1:9/back", "state-1")
    answer = clover.sim.http.get(url, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith("http://127.0.0.1:9/back?")
    for part in ("code=", "merchant_id=", "state=state-1"):
        assert part in location


