import pytest

from odoo.addons.fusion_payment_common.lib.addresses import (
    AddressPolicy,
    check_url,
    parse_networks,
)
from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError

INTERNAL = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2002:7f00:1::1",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_refused(address):
    assert not AddressPolicy().permits(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_are_permitted(address):
    assert AddressPolicy().permits(address)


@pytest.mark.parametrize("text", ["", "example.com", "10.0.0", "0x7f000001", "2130706433"])
def test_what_is_no_address_is_refused(text):
    assert not AddressPolicy(allow_loopback=True).permits(text)


def test_loopback_is_permitted_only_when_told_so():
    policy = AddressPolicy(allow_loopback=True)
    assert policy.permits("127.0.0.1")
    assert policy.permits("::1")
    assert policy.permits("::ffff:127.0.0.1")
    assert not policy.permits("10.0.0.1")


def test_listed_networks_are_permitted_and_no_others():
    policy = AddressPolicy(allowed_networks=parse_networks("10.1.0.0/16, fd00::/8\n192.168.7.9"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::5", "192.168.7.9"):
        assert policy.permits(address), address
    for address in ("10.2.0.1", "192.168.7.10", "127.0.0.1"):
        assert not policy.permits(address), address


def test_a_list_of_networks_with_a_mistake_is_refused():
    with pytest.raises(ValueError, match="internal"):
        parse_networks("10.1.0.0/16, internal")
    assert parse_networks("  ") == ()


@pytest.mark.parametrize(
    "url", ["https://example.com/hook", "https://example.com:8443/a?b=c", "https://[2606::1]/x"]
)
def test_https_is_accepted(url):
    check_url(url, allow_loopback=False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/in", "http://localhost/in", "http://[::1]:9/in"]
)
def test_plain_http_is_accepted_for_this_machine_in_test_state_only(url):
    check_url(url, allow_loopback=True)
    with pytest.raises(ConfigurationError) as refused:
        check_url(url, allow_loopback=False)
    assert refused.value.code == "https_required"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "https_required"),
        ("http://127.0.0.1.example.com/", "https_required"),
        ("ftp://example.com/", "https_required"),
        ("file:///etc/passwd", "invalid_url"),
        ("", "invalid_url"),
        ("example.com", "invalid_url"),
        ("https://", "invalid_url"),
        ("https://exa mple.com/", "invalid_url"),
        ("https://example.com:port/", "invalid_url"),
        ("https://user:word@example.com/", "invalid_url"),
        ("https://example.com/#part", "invalid_url"),
        ("https://[::1/", "invalid_url"),
    ],
)
def test_other_urls_are_refused(url, code):
    with pytest.raises(ConfigurationError) as refused:
        check_url(url, allow_loopback=True)
    assert refused.value.code == code
