import pytest

from odoo.addons.fusion_clover.client.environment import PRODUCTION, SANDBOX, Environment


def test_sandbox_and_production_have_no_host_in_common():
    def hosts(environment):
        return {
            environment.ui,
            environment.api,
            environment.ecommerce,
            environment.token,
            environment.sdk_url,
        }

    assert hosts(SANDBOX).isdisjoint(hosts(PRODUCTION))
    assert all(url.startswith("https://") for url in hosts(SANDBOX) | hosts(PRODUCTION))


def test_the_documented_hosts_are_used():
    assert SANDBOX.authorize_url == "https://sandbox.dev.clover.com/oauth/v2/authorize"
    assert PRODUCTION.api == "https://api.clover.com"
    assert PRODUCTION.ecommerce == "https://scl.clover.com"
    assert PRODUCTION.sdk_url == "https://checkout.clover.com/sdk.js"


@pytest.mark.parametrize(
    ("origin", "base"),
    [
        ("https://clover.test.example", "https://clover.test.example"),
        ("https://clover.test.example:8443/", "https://clover.test.example:8443"),
        (" http://localhost:9000 ", "http://localhost:9000"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://127.5.0.1", "http://127.5.0.1"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_one_origin_replaces_every_host(origin, base):
    environment = Environment.single_origin(origin)
    assert (environment.ui, environment.api, environment.ecommerce, environment.token) == (
        (base,) * 4
    )
    assert environment.sdk_url == f"{base}/sdk.js"
    assert environment.authorize_url == f"{base}/oauth/v2/authorize"


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "localhost:9000",
        "ftp://localhost",
        "http://clover.test.example",
        "http://10.0.0.1:9000",
        "http://localhost.evil.example",
        "https://host/path",
        "https://host?x=1",
        "https://host#x",
        "https://user@host",
        "https://host:notaport",
        "https://",
    ],
)
def test_any_other_origin_is_refused(origin):
    with pytest.raises(ValueError, match=r"."):
        Environment.single_origin(origin)
