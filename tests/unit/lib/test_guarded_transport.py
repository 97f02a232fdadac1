import socket

import pytest

from odoo.addons.fusion_payment_common.lib import guarded_transport
from odoo.addons.fusion_payment_common.lib.addresses import AddressPolicy, parse_networks
from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError, NotSentError
from odoo.addons.fusion_payment_common.lib.guarded_transport import GuardedTransport
from odoo.addons.fusion_payment_common.lib.transport import Request, Timeout

from .raw_server import http, raw_server, reading

OK = http(200, b"ok")
REDIRECT = http(302, b"", Location="http://127.0.0.1:1/")


def post(url):
    return Request("POST", url, body=b"{}", timeout=Timeout(2, 2))


@pytest.fixture
def names(monkeypatch):
    """A resolver: ``names[host]`` is a list of answers, one per question, kept in ``asked``."""
    table = {}
    asked = []
    original = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if host not in table:
            return original(host, port, *args, **kwargs)
        asked.append(host)
        addresses = table[host].pop(0) if len(table[host]) > 1 else table[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    table["asked"] = asked
    return table


def test_a_permitted_address_is_reached_under_its_name(names):
    names["receiver.example"] = [["127.0.0.1"]]
    with raw_server(reading(OK)) as server:
        url = server.url.replace("127.0.0.1", "receiver.example")
        answer = GuardedTransport(AddressPolicy(allow_loopback=True)).send(post(url + "/in"))
        assert answer.status == 200
        assert b"Host: receiver.example:" in server.received[0]


def test_an_internal_address_is_not_connected_to(names):
    names["metadata.example"] = [["127.0.0.1"]]
    with raw_server(reading(OK)) as server:
        url = server.url.replace("127.0.0.1", "metadata.example")
        with pytest.raises(ConfigurationError) as refused:
            GuardedTransport(AddressPolicy()).send(post(url))
        assert refused.value.code == "forbidden_address"
        assert server.received == []


def test_a_literal_internal_address_is_not_connected_to():
    with raw_server(reading(OK)) as server:
        with pytest.raises(ConfigurationError):
            GuardedTransport(AddressPolicy()).send(post(server.url))
        assert server.received == []


def test_the_address_that_was_checked_is_the_one_that_is_used(names):
    # Rebinding: the second answer leads inside. It must never be asked for.
    names["rebind.example"] = [["127.0.0.1"], ["10.0.0.1"]]
    with raw_server(reading(OK)) as server:
        url = server.url.replace("127.0.0.1", "rebind.example")
        policy = AddressPolicy(allowed_networks=parse_networks("127.0.0.0/8"))
        assert GuardedTransport(policy).send(post(url)).status == 200
    assert names["asked"] == ["rebind.example"]


def test_internal_addresses_among_permitted_ones_are_left_out(names):
    names["mixed.example"] = [["10.0.0.1", "127.0.0.1"]]
    with raw_server(reading(OK)) as server:
        url = server.url.replace("127.0.0.1", "mixed.example")
        assert GuardedTransport(AddressPolicy(allow_loopback=True)).send(post(url)).status == 200


def test_the_next_permitted_address_is_tried(names):
    names["two.example"] = [["127.0.0.2", "127.0.0.1"]]
    with raw_server(reading(OK)) as server:
        url = server.url.replace("127.0.0.1", "two.example")
        assert GuardedTransport(AddressPolicy(allow_loopback=True)).send(post(url)).status == 200


def test_a_name_that_does_not_resolve_was_not_sent_to(monkeypatch):
    def fail(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NotSentError):
        GuardedTransport(AddressPolicy()).send(post("https://nowhere.example/"))


def test_a_redirect_is_not_followed():
    with raw_server(reading(REDIRECT)) as server:
        answer = GuardedTransport(AddressPolicy(allow_loopback=True)).send(post(server.url))
        assert answer.status == 302
        assert len(server.received) == 1


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with raw_server(reading(OK)) as server:
        transport = GuardedTransport(AddressPolicy(allow_loopback=True))
        assert transport.send(post(server.url)).status == 200


def test_there_is_one_transport_per_policy(monkeypatch):
    monkeypatch.setattr(guarded_transport, "_transports", {})
    first = guarded_transport.guarded_transport(AddressPolicy())
    assert guarded_transport.guarded_transport(AddressPolicy()) is first
    other = guarded_transport.guarded_transport(AddressPolicy(allow_loopback=True))
    assert other is not first
