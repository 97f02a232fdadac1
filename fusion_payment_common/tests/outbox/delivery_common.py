import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.tests import TransactionCase


class Receiver:
    """A program on this machine that takes deliveries and answers what the test says.

    ``requests`` holds ``(headers, body)`` in order; ``answers`` are ``(status, headers, content)``
    or a function that is called with the body and returns one. Without a script it says 200.
    """

    def __init__(self):
        self.requests = []
        self.answers = deque()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                receiver.requests.append((dict(self.headers), body))
                answer = receiver.answers.popleft() if receiver.answers else 200
                receiver._answer(self, answer(json.loads(body)) if callable(answer) else answer)

            def log_message(self, *args):
                """Override of the library: the test's log is not the place."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/in"

    def _answer(self, handler, answer):
        status, headers, content = (answer, {}, b"") if isinstance(answer, int) else answer
        if status == 0:
            handler.close_connection = True
            handler.connection.close()
            return
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content)

    def will_answer(self, *answers):
        self.answers.extend(answers)

    def bodies(self):
        return [json.loads(body) for _headers, body in self.requests]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class DeliveryCommon(TransactionCase):
    """An endpoint in test state whose receiver is a real program on this machine."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["fusion.delivery.endpoint"].search([]).write({"state": "disabled"})
        cls.outbox = cls.env["fusion.delivery"]

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.endpoint = self._new_endpoint()

    def _new_endpoint(self, **values):
        return self.env["fusion.delivery.endpoint"].create(
            {"name": "Dispatch", "url": self.receiver.url, "state": "test", **values}
        )

    def _enqueue(self, number=1, *, endpoint=None, **kwargs):
        return self.outbox._enqueue(
            endpoint or self.endpoint, "card.issued", {"payment_id": f"PAY-{number}"}, **kwargs
        )

    def _work(self, *deliveries):
        """Work on what is due; of ``deliveries``, let the time pass that they wait for."""
        for delivery in deliveries:
            delivery.next_attempt_at = "2020-01-01"
        self.env.flush_all()
        # A row in trouble does not stop the worker, only the log tells.
        with self.assertNoLogs("odoo.addons.fusion_payment_common", "ERROR"):
            self.outbox._queue_work()
        self.env.invalidate_all()

    def _attempts(self, delivery):
        return [
            (attempt.number, attempt.outcome, attempt.http_status or None)
            for attempt in delivery.attempt_ids.sorted("number")
        ]
