"""The transport over real loopback sockets: every way of not getting an answer."""

import multiprocessing
import os
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from odoo.addons.fusion_payment_common.lib import transport
from odoo.addons.fusion_payment_common.lib.errors import (
    ConfigurationError,
    NotSentError,
    UnknownOutcomeError,
)
from odoo.addons.fusion_payment_common.lib.transport import (
    Request,
    RequestsTransport,
    Response,
    Timeout,
)

from .raw_server import http, raw_server, reading, reset

QUICK = Timeout(connect=2, read=0.4)


@pytest.fixture
def wire():
    made = RequestsTransport(pool_size=2)
    yield made
    made.close()


def post(wire, url, body=b'{"a":1}', timeout=QUICK, headers=None):
    return wire.send(Request("POST", url, headers or {}, body, timeout))


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# --- an answer --------------------------------------------------------------------------------


def test_a_whole_answer_is_returned_whatever_its_status(wire):
    with raw_server(reading(http(503, b'{"a": 2}', X_Test="yes"))) as server:
        response = post(wire, server.url + "/path?q=1", headers={"X-Own": "1"})
    assert (response.status, response.json(), response.headers["x-test"]) == (503, {"a": 2}, "yes")
    assert response.elapsed_ms >= 0
    sent = server.received[0]
    assert sent.startswith(b"POST /path?q=1 HTTP/1.1\r\n")
    assert sent.endswith(b'\r\n\r\n{"a":1}')
    assert b"X-Own: 1\r\n" in sent


def test_a_redirect_is_answered_to_the_caller_and_not_followed(wire):
    with raw_server(reading(http(302, b"", Location="http://127.0.0.1:1/"))) as server:
        response = post(wire, server.url)
    assert (response.status, len(server.received)) == (302, 1)


def test_a_failed_request_is_not_repeated(wire):
    with raw_server(reading(then=reset), reading(http())) as server:
        with pytest.raises(UnknownOutcomeError):
            post(wire, server.url)
        assert len(server.received) == 1


def test_a_server_error_is_not_repeated(wire):
    with raw_server(reading(http(500)), reading(http())) as server:
        assert post(wire, server.url).status == 500
        assert len(server.received) == 1


def test_a_connection_is_used_again(wire):
    def twice(connection):
        reading(http())(connection)
        reading(http(201))(connection)

    with raw_server(twice) as server:
        assert [post(wire, server.url).status, post(wire, server.url).status] == [200, 201]
        assert len(server.received) == 1


def test_cookies_of_one_answer_are_not_sent_with_the_next_request(wire):
    behaviours = [reading(http(Set_Cookie="session=secret; Path=/")), reading(http())]
    with raw_server(*behaviours) as server:
        post(wire, server.url)
        assert server.closed.acquire(timeout=10)
        post(wire, server.url)
    assert b"session=secret" not in b"".join(server.received)


def test_credentials_in_a_netrc_file_are_not_used(wire, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with raw_server(reading(http())) as server:
        post(wire, server.url, headers={"Authorization": "Bearer ours"})
    assert b"Authorization: Bearer ours\r\n" in server.received[0]


# --- nothing was sent -------------------------------------------------------------------------


def test_a_refused_connection_sent_nothing(wire):
    with pytest.raises(NotSentError) as caught:
        post(wire, f"http://127.0.0.1:{unused_port()}/")
    assert caught.value.code == "connection_failed"


def test_an_unknown_host_sent_nothing(wire):
    with pytest.raises(NotSentError) as caught:
        post(wire, "http://no-such-host.invalid/")
    assert caught.value.code == "connection_failed"


def test_a_connection_that_does_not_open_in_time_sent_nothing(wire):
    # A full backlog leaves further connections waiting: deterministic, without a network.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        try:
            with pytest.raises(NotSentError) as caught:
                post(wire, f"http://127.0.0.1:{address[1]}/", timeout=Timeout(0.3, 5))
        finally:
            for filler in fillers:
                filler.close()
    assert caught.value.code == "connect_timeout"


@pytest.fixture
def self_signed(tmp_path):
    """A certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_a_certificate_nobody_vouches_for_is_refused_and_nothing_is_sent(wire, self_signed):
    decrypted = []

    def handshake(connection):
        with self_signed.wrap_socket(connection._connection, server_side=True) as secure:
            decrypted.append(secure.recv(100))

    with raw_server(handshake) as server:
        with pytest.raises(NotSentError) as caught:
            post(wire, server.url.replace("http:", "https:"))
    assert caught.value.code == "tls_error"
    assert b"".join(decrypted) == b""


def test_a_server_that_speaks_no_tls_was_sent_nothing(wire):
    with raw_server(lambda connection: connection.sendall(b"HTTP/1.1 400 No\r\n\r\n")) as server:
        with pytest.raises(NotSentError) as caught:
            post(wire, server.url.replace("http:", "https:"), body=b"marker-of-the-body")
    assert caught.value.code == "tls_error"
    assert b"marker-of-the-body" not in b"".join(server.received)


def test_a_proxy_that_opens_no_tunnel_was_not_sent_the_request(wire, monkeypatch):
    with raw_server(reading(http(503, b""))) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(NotSentError) as caught:
            post(wire, "https://api.example.com/", body=b"marker-of-the-body")
    assert caught.value.code == "proxy_error"
    assert proxy.received[0].startswith(b"CONNECT api.example.com:443")
    assert b"marker-of-the-body" not in proxy.received[0]


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("ftp://127.0.0.1/", {}),
        ("127.0.0.1/x", {}),
        ("http://", {}),
        ("http://127.0.0.1:99999/", {}),
        ("http://127.0.0.1/", {"X": "a\r\nY: b"}),
    ],
)
def test_what_cannot_be_a_request_is_a_matter_of_configuration(wire, url, headers):
    with pytest.raises((ConfigurationError, NotSentError)) as caught:
        post(wire, url, headers=headers)
    assert caught.value.outcome.moved_money == "no"


# --- it may have been processed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (reading(then=reset), "connection_lost"),
        (reading(), "connection_lost"),
        (reading(b"HTTP/1.1 4"), "connection_lost"),
        (reading(b"HTTP/1.1 402 OK\r\nContent-Le"), "truncated"),
        (reading(b"garbage\r\n\r\n"), "connection_lost"),
        (reading(b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"id":'), "truncated"),
        (
            reading(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"id":'),
            "truncated",
        ),
        (
            reading(b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"id":', then=reset),
            "connection_lost",
        ),
        (
            reading(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
            "connection_lost",
        ),
    ],
)
def test_an_answer_lost_after_sending_leaves_the_outcome_unknown(wire, behaviour, code):
    with raw_server(behaviour) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            post(wire, server.url)
    assert caught.value.code == code
    assert server.received[0].endswith(b'{"a":1}')


def test_no_answer_in_time_leaves_the_outcome_unknown(wire):
    release = threading.Event()
    with raw_server(reading(then=lambda _: release.wait(10))) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            post(wire, server.url)
        release.set()
    assert caught.value.code == "read_timeout"


def test_a_body_that_stops_half_way_leaves_the_outcome_unknown(wire):
    release = threading.Event()
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"id":'
    with raw_server(reading(head, then=lambda _: release.wait(10))) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            post(wire, server.url)
        release.set()
    assert caught.value.code == "read_timeout"


def test_an_answer_that_drips_for_ever_is_given_up(wire):
    stop = threading.Event()

    def drip(connection):
        while not stop.wait(0.05):
            connection.sendall(b"x" * transport._CHUNK)

    with raw_server(reading(b"HTTP/1.1 200 OK\r\n\r\n", then=drip)) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            post(wire, server.url, timeout=Timeout(connect=0.1, read=0.4))
        stop.set()
    assert caught.value.code == "read_timeout"


def test_an_answer_without_end_is_bounded(wire, monkeypatch):
    monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", 100_000)
    with raw_server(reading(http(200, b"x" * 200_000))) as server:
        with pytest.raises(UnknownOutcomeError) as caught:
            post(wire, server.url, timeout=Timeout(2, 5))
    assert caught.value.code == "response_too_large"


def test_a_kept_connection_that_breaks_on_the_next_request_leaves_the_outcome_unknown(wire):
    second_began = []

    def answer_then_break(connection):
        reading(http())(connection)
        second_began.append(connection.recv(10))
        reset(connection._connection)

    with raw_server(answer_then_break) as server:
        assert post(wire, server.url).status == 200
        with pytest.raises(UnknownOutcomeError) as caught:
            post(wire, server.url)
    assert caught.value.code == "connection_lost"
    assert second_began == [b"POST / HTT"]


def test_a_connection_closed_while_idle_is_replaced_before_anything_is_sent(wire):
    with raw_server(reading(http()), reading(http(201))) as server:
        assert post(wire, server.url).status == 200
        assert server.closed.acquire(timeout=10)
        assert post(wire, server.url).status == 201


def test_messages_show_the_host_and_nothing_that_a_url_may_hide(wire):
    with pytest.raises(NotSentError) as caught:
        post(wire, f"http://user:hidden@127.0.0.1:{unused_port()}/p4th?token=abc")
    assert "127.0.0.1" in str(caught.value)
    for hidden in ("hidden", "p4th", "abc"):
        assert hidden not in str(caught.value)


# --- values and sharing -----------------------------------------------------------------------


@pytest.mark.parametrize(("connect", "read"), [(0, 1), (1, 0), (-1, 1), (1, float("nan"))])
def test_waiting_for_ever_is_not_offered(connect, read):
    with pytest.raises(ValueError, match="positive"):
        Timeout(connect, read)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b"[Infinity]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"."):
        Response(200, {}, body).json()


def test_neither_headers_nor_bodies_show_in_a_repr():
    shown = repr(Request("POST", "u", {"Authorization": "hidden"}, b"hidden")) + repr(
        Response(200, {"Set-Cookie": "hidden"}, b"hidden")
    )
    assert "hidden" not in shown


def test_one_transport_is_shared_by_the_process():
    assert transport.shared_transport() is transport.shared_transport()


def _identity_in_child(queue):
    queue.put((os.getpid(), id(transport._shared)))


def test_a_forked_process_does_not_inherit_open_connections():
    parent = transport.shared_transport()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_identity_in_child, args=(queue,))
    child.start()
    pid, shared_id = queue.get(timeout=10)
    child.join(10)
    assert pid != os.getpid()
    assert shared_id == id(None)
    assert transport.shared_transport() is parent


def test_threads_do_not_confuse_whether_their_requests_left(wire):
    results = {}

    def refused():
        results["refused"] = _outcome(lambda: post(wire, f"http://127.0.0.1:{port}/"))

    port = unused_port()
    with raw_server(reading(then=lambda connection: _run(refused, connection))) as server:
        results["lost"] = _outcome(lambda: post(wire, server.url, timeout=Timeout(2, 5)))
    assert results == {"refused": "not_sent", "lost": "unknown"}


def _run(work, connection):
    """Do ``work`` in a thread while the other request waits for its answer, then drop that."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    reset(connection._connection)


def _outcome(work):
    try:
        return work().status
    except (NotSentError, UnknownOutcomeError) as error:
        return error.outcome.value
