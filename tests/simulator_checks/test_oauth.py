"""OAuth: codes, pairs, rotation, recovery, the legacy flow."""

import base64
import hashlib
import time

import pytest
import requests

from tests.simulator_checks.driver import APP_ID, APP_SECRET, REDIRECT

BAD_CODE = {"message": "Failed to validate authentication code"}
BAD_REFRESH = {"message": "Invalid refresh token"}


def refresh(driver, token):
    return driver.post("/oauth/v2/refresh", {"client_id": APP_ID, "refresh_token": token})


def recover(driver, token, secret=APP_SECRET):
    body = {"client_id": APP_ID, "client_secret": secret, "recovery_token": token}
    return driver.post("/oauth/v2/recovery", body)


def test_authorising_sends_the_browser_back_with_merchant_code_and_state(fresh):
    response = fresh.authorize(state="a b&c")
    answer = fresh.authorize_params(state="a b&c")
    assert response.status_code == 302
    assert response.headers["Location"].startswith(REDIRECT + "?")
    assert set(answer) == {"merchant_id", "employee_id", "client_id", "code", "state"}
    assert (answer["client_id"], answer["state"]) == (APP_ID, "a b&c")
    assert (answer["merchant_id"], len(answer["employee_id"])) == ("SIMMERCHANT01", 13)


def test_a_page_to_approve_is_shown_only_on_demand(fresh):
    page = fresh.authorize(prompt="1")
    assert page.status_code == 200
    assert "Approve" in page.text
    assert 'name="prompt"' not in page.text


@pytest.mark.parametrize(
    "query",
    [{"client_id": ""}, {"response_type": "token"}, {"redirect_uri": "javascript:alert(1)"}],
)
def test_a_wrong_authorise_request_ends_on_a_page_and_not_at_the_callback(fresh, query):
    response = fresh.authorize(**query)
    assert response.status_code == 400
    assert "Location" not in response.headers


def test_a_redirect_must_share_the_site_of_the_app(fresh):
    fresh.configure(site_url="https://shop.example.com/start")
    assert fresh.authorize().status_code == 400
    good = fresh.authorize(redirect_uri="https://shop.example.com/payment/clover/oauth/callback")
    assert good.status_code == 302


def test_a_merchant_without_the_app_lands_in_the_app_market(fresh):
    fresh.configure(app_installed=False)
    assert fresh.authorize().headers["Location"] == f"/appmarket/apps/{APP_ID}"


def test_a_code_is_exchanged_once_for_a_pair_with_absolute_expirations(fresh):
    code = fresh.authorize_params()["code"]
    before = int(time.time())
    first = fresh.exchange(code)
    pair = first.json()
    assert set(pair) == {
        "access_token",
        "access_token_expiration",
        "refresh_token",
        "refresh_token_expiration",
    }
    assert before + 1800 <= pair["access_token_expiration"] <= int(time.time()) + 1800
    second = fresh.exchange(code)
    assert (second.status_code, second.json()) == (401, BAD_CODE)


def test_wrong_secret_wrong_code_and_wrong_app_read_the_same(fresh):
    wrong_secret = fresh.exchange(fresh.authorize_params()["code"], secret="wrong")
    wrong_code = fresh.exchange("nonsense")
    wrong_app = fresh.exchange(fresh.authorize_params()["code"], client_id="ANOTHERAPP001")
    for response in (wrong_secret, wrong_code, wrong_app):
        assert (response.status_code, response.json()) == (401, BAD_CODE)


def test_a_code_expires(fresh):
    code = fresh.authorize_params()["code"]
    fresh.control("POST", "clock", {"advance_s": 121})
    assert fresh.exchange(code).status_code == 401


def test_a_form_is_415_and_a_missing_field_400(fresh):
    url = f"{fresh.origin}/oauth/v2/token"
    form = requests.post(url, data={"client_id": APP_ID, "code": "x"}, timeout=20)
    assert form.status_code == 415
    missing = requests.post(url, json={"client_id": APP_ID}, timeout=20)
    assert (missing.status_code, missing.json()) == (400, {"message": "code is required"})


def test_no_refresh_token_comes_when_none_is_wanted(fresh):
    body = {"client_id": APP_ID, "client_secret": APP_SECRET}
    body["code"] = fresh.authorize_params()["code"]
    pair = fresh.post("/oauth/v2/token?no_refresh_token=true", body).json()
    assert set(pair) == {"access_token", "access_token_expiration"}


def test_pkce_takes_the_place_of_the_secret(fresh):
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    query = {"code_challenge": challenge, "code_challenge_method": "S256"}
    wrong = {"client_id": APP_ID, "code_verifier": "w" * 50}
    code = fresh.authorize_params(**query)["code"]
    assert fresh.post("/oauth/v2/token", wrong | {"code": code}).status_code == 401
    code = fresh.authorize_params(**query)["code"]
    right = wrong | {"code_verifier": verifier, "code": code}
    assert fresh.post("/oauth/v2/token", right).status_code == 200


def test_a_refresh_token_works_once_and_gives_a_new_pair(clover):
    first = refresh(clover, clover.refresh_token)
    assert first.json()["refresh_token"] != clover.refresh_token
    assert first.json()["access_token"] != clover.access_token
    second = refresh(clover, clover.refresh_token)
    assert (second.status_code, second.json()) == (401, BAD_REFRESH)
    assert second.headers["X-Clover-Recovery-Available"] == "true"


def test_an_unknown_refresh_token_offers_no_recovery(clover):
    response = refresh(clover, "clvroar-unknown")
    assert response.status_code == 401
    assert "X-Clover-Recovery-Available" not in response.headers


def test_a_lost_pair_is_recovered_once_by_the_token_before_it(clover):
    lost = refresh(clover, clover.refresh_token).json()
    assert recover(clover, clover.refresh_token, secret="wrong").status_code == 401
    recovered = recover(clover, clover.refresh_token).json()
    assert recovered["refresh_token"] != lost["refresh_token"]
    assert refresh(clover, lost["refresh_token"]).status_code == 401
    assert recover(clover, clover.refresh_token).status_code == 401
    assert refresh(clover, recovered["refresh_token"]).status_code == 200


def test_nothing_is_recovered_once_the_next_token_was_used(clover):
    following = refresh(clover, clover.refresh_token).json()
    refresh(clover, following["refresh_token"])
    assert recover(clover, clover.refresh_token).status_code == 401


def test_recovery_has_a_window(clover):
    refresh(clover, clover.refresh_token)
    clover.control("POST", "clock", {"advance_s": 1_209_601})
    assert recover(clover, clover.refresh_token).status_code == 401


def test_the_oldest_refresh_tokens_die_beyond_the_cap(fresh):
    fresh.configure(max_refresh_tokens=2)
    tokens = [
        fresh.exchange(fresh.authorize_params()["code"]).json()["refresh_token"] for _ in range(3)
    ]
    assert [refresh(fresh, token).status_code for token in tokens] == [401, 200, 200]


def test_an_access_token_expires_and_can_be_revoked(clover):
    assert clover.v3().status_code == 200
    clover.control("POST", "clock", {"advance_s": 1801})
    assert clover.v3().status_code == 401
    clover.access_token = refresh(clover, clover.refresh_token).json()["access_token"]
    assert clover.v3().status_code == 200
    clover.control("POST", "oauth/revoke", {"access": True})
    assert clover.v3().status_code == 401


def test_the_two_generations_of_codes_do_not_mix(fresh):
    legacy = {"client_id": APP_ID, "client_secret": APP_SECRET}
    v1_code = fresh.authorize_params("/oauth/authorize")["code"]
    v2_code = fresh.authorize_params()["code"]
    assert fresh.exchange(v1_code).json() == BAD_CODE
    wrong = fresh.get("/oauth/token", legacy | {"code": v2_code})
    assert wrong.status_code == 401
    right = fresh.get("/oauth/token", legacy | {"code": v1_code})
    assert set(right.json()) == {"access_token"}


def test_a_legacy_token_never_expires_and_can_be_migrated(fresh):
    answer = fresh.authorize_params("/oauth/authorize")
    body = {"client_id": APP_ID, "client_secret": APP_SECRET, "code": answer["code"]}
    url = f"{fresh.origin}/oauth/token"
    fresh.access_token = requests.post(url, data=body, timeout=20).json()["access_token"]
    fresh.merchant_id = answer["merchant_id"]
    fresh.control("POST", "clock", {"advance_s": 10**8})
    assert fresh.v3().status_code == 200
    request = {"merchant_uuid": fresh.merchant_id, "app_uuid": APP_ID}
    request["auth_token"] = fresh.access_token
    code = fresh.post("/oauth/token/migrate_v2", request).json()["authorization_code"]
    assert "refresh_token" in fresh.exchange(code).json()


def test_an_unknown_app_is_let_in_only_while_registration_is_open(fresh):
    assert fresh.authorize(client_id="ANOTHERAPP001").status_code == 302
    fresh.configure(open_registration=False)
    assert fresh.authorize(client_id="ANOTHERAPP001").status_code == 400
