import pytest

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.transport import Timeout
from odoo.addons.fusion_wex.client.profile import EncompassProfile
from odoo.addons.fusion_wex.client.types import CardStatus

from ..fakes import answer
from .builders import card_request, client_for, log_body, settings_for

PATH = "/api/merchant-logs/v1"


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://services.encompass-suite.com", f"https://services.encompass-suite.com{PATH}"),
        ("https://wex.example/ ", f"https://wex.example{PATH}"),
        ("https://wex.example/api/merchant-logs/v1/", f"https://wex.example{PATH}"),
        ("https://wex.example:8443/v2/logs", "https://wex.example:8443/v2/logs"),
        ("http://127.0.0.1:9000", f"http://127.0.0.1:9000{PATH}"),
        ("http://localhost:9000", f"http://localhost:9000{PATH}"),
        ("http://[::1]:9000", f"http://[::1]:9000{PATH}"),
    ],
)
def test_a_bare_origin_gets_the_path_and_an_address_is_used_as_it_is(url, endpoint):
    assert settings_for(url=url).endpoint(PATH) == endpoint


@pytest.mark.parametrize(
    "url",
    ["", "wex.example", "ftp://wex.example", "http://wex.example", "https://u:p@wex.example",
     "https://wex.example?x=1", "https://wex.example#x", "https://", "https://wex.example:port"],
)  # fmt: skip
def test_an_address_that_is_none_or_insecure_is_refused(url):
    with pytest.raises(ConfigurationError):
        client_for(url=url)


@pytest.mark.parametrize(
    "changes", [{"username": ""}, {"password": ""}, {"username": "a:b"}, {"organisation": "a:b"}]
)
def test_credentials_that_cannot_be_sent_are_refused(changes):
    with pytest.raises(ConfigurationError):
        client_for(**changes)


def test_a_user_name_that_holds_both_parts_is_sent_as_it_is():
    one = settings_for(organisation="", username="ACMEGROUP/apiuser")
    assert one.authorization() == settings_for().authorization()


def test_the_password_is_not_shown():
    assert "s3cret" not in repr(settings_for())


def test_timeouts_are_settings():
    client, transport = client_for(answer(200, log_body()), timeout=Timeout(1.5, 45))
    client.create(card_request())
    assert (transport.requests[0].timeout.connect, transport.requests[0].timeout.read) == (1.5, 45)


def test_one_entry_of_a_table_is_changed_and_the_others_stay():
    profile = EncompassProfile.configured(
        {
            "request": {"max_uses": "number_of_authorizations", "credit_limit": None},
            "answer": {"id": "log_id", "card": ["vcard", "virtual_card"]},
            "statuses": {"On Hold": "awaiting_approval"},
            "absence_after_s": 0,
        }
    )
    assert profile.request["max_uses"] == "number_of_authorizations"
    assert profile.request["amount"] == "total_amount"
    assert profile.answer["id"] == ("log_id",)
    assert profile.answer["card"] == ("vcard", "virtual_card")
    assert profile.status("ON-HOLD") is CardStatus.AWAITING_APPROVAL
    assert profile.status("open") is CardStatus.OPEN
    assert profile.absence_after_s == 0


@pytest.mark.parametrize(
    "overrides",
    [
        {"colour": "red"},
        {"request": {"colour": "red"}},
        {"request": {"amount": None}},
        {"request": {"amount": 3}},
        {"request": []},
        {"answer": {"colour": "red"}},
        {"answer": {"id": [3]}},
        {"query": {"reference": ""}},
        {"statuses": {"x": "asleep"}},
        {"udf_slots": ["vendor_name"]},
        {"udf_slots": ["reference", "password"]},
        {"udf_slots": "reference"},
        {"udf_max_length": 0},
        {"udf_max_length": "50"},
        {"amounts_as": "float"},
        {"absence_after_s": -1},
        {"absence_after_s": True},
        {"query_limit": 1},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc"},
        {"path": "https://elsewhere"},
        {"cancel": {"method": "EXPLODE", "path": ""}},
        {"cancel": {"method": "PUT", "path": "/../x"}},
        {"cancel": {"verb": "PUT"}},
        {"cancel": None},
    ],
)
def test_a_profile_that_cannot_work_is_refused(overrides):
    with pytest.raises(ConfigurationError) as caught:
        EncompassProfile.configured(overrides)
    assert caught.value.code == "profile"


def test_the_defaults_of_a_profile_cannot_be_changed_by_accident():
    with pytest.raises(TypeError):
        EncompassProfile().request["amount"] = "x"


def test_capabilities_follow_the_profile():
    client, _ = client_for(profile={"request": {"delivery_email": None}, "absence_after_s": 9})
    assert client.capabilities.controls == {
        "valid_from", "valid_until", "max_uses", "exact_amount"
    }  # fmt: skip
    assert client.capabilities.absence_after_s == 9
