"""The transport keeps its connections, however many threads use it at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from odoo.addons.fusion_payment_common.lib.transport import Request, RequestsTransport, Timeout
from odoo.addons.fusion_payment_common.tools import long_calls


class _AllAtOnce(BaseHTTPRequestHandler):
    """Answers when so many requests have come, and counts the connections they came on."""

    protocol_version = "HTTP/1.1"
    barrier: threading.Barrier
    connections: ClassVar[set]

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.connections.add(self.client_address)
        self.barrier.wait(30)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args):
        """Not in the output of the tests."""


def test_the_calls_of_all_threads_keep_their_connections(caplog):
    callers = long_calls.MAX_CALLS + 16
    handler = type("Handler", (_AllAtOnce,), {"connections": set()})
    handler.barrier = threading.Barrier(callers)
    settings = {"request_queue_size": callers, "daemon_threads": True}
    server_class = type("Server", (ThreadingHTTPServer,), settings)
    made = RequestsTransport()
    with server_class(("127.0.0.1", 0), handler) as server, ThreadPoolExecutor(callers) as threads:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        request = Request("POST", url, {}, b"{}", Timeout(30, 30))
        for _time in range(2):
            answers = list(
                threads.map(lambda _n: made.send(request), range(callers))
            )
            assert {answer.status for answer in answers} == {200}
        made.close()
        server.shutdown()
    assert len(handler.connections) == callers
    assert "Connection pool is full" not in caplog.text
