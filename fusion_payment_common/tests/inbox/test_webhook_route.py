import json
from contextlib import contextmanager

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...controllers import webhook
from ...lib import vault
from ...lib.signing import constant_time_equal
from .inbox_common import CANARY, SOURCE, InboxCommon

ROUTE = "/fusion/test/webhook"
TOKEN = "right-token"
MAX_BODY = 2000
LOGGER = "odoo.addons.fusion_payment_common.controllers.webhook"


class ExampleWebhook(http.Controller):
    """A route as an addon would write it."""

    parsed = []

    @webhook.webhook_route(ROUTE, max_body=MAX_BODY)
    def example(self):
        return webhook.receive(
            SOURCE, authenticate=self._authenticate, parse=self._parse, max_body=MAX_BODY
        )

    @staticmethod
    def _authenticate(inbound):
        return constant_time_equal(inbound.headers.get("X-Token") or "", TOKEN)

    @classmethod
    def _parse(cls, inbound, genuine):
        cls.parsed.append(inbound.body)
        return [
            webhook.InboundEvent(
                event_key=event["id"], event_type=event["type"], payload=inbound.body
            )
            for event in json.loads(inbound.body)["events"]
        ]


@tagged("post_install", "-at_install")
class TestWebhookRoute(InboxCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self._set_up_inbox()
        ExampleWebhook.parsed = []
        self.env.registry.clear_cache("routing")
        self.addCleanup(self.env.registry.clear_cache, "routing")
        webhook._refusals.__init__()

    def _post(self, body=None, *, token=TOKEN, **headers):
        body = self._body("evt_1") if body is None else body
        headers = {"Content-Type": "application/json", **headers}
        if token:
            headers["X-Token"] = token
        return self.url_open(ROUTE, data=body, headers=headers)

    @staticmethod
    def _body(*keys):
        return json.dumps({"events": [{"id": key, "type": "t"} for key in keys]}).encode()

    @contextmanager
    def _nothing_stored(self):
        yield
        self.assertFalse(self.inbox.search([]))
        self.assertEqual(ExampleWebhook.parsed, [])

    def test_genuine_events_are_stored_before_the_answer(self):
        answer = self._post(self._body("evt_1", "evt_2"))
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(self.inbox.search([]).mapped("state"), ["received", "received"])
        self.assertEqual(self.inbox.search([])[0].payload.encode(), self._body("evt_1", "evt_2"))

    def test_the_sender_gets_no_session(self):
        answer = self._post()
        self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))

    @mute_logger(LOGGER)
    def test_forged_requests_leave_nothing(self):
        with self._nothing_stored():
            for token in (None, "", "wrong", TOKEN + " "):
                self.assertEqual(self._post(token=token).status_code, 401)

    @mute_logger(LOGGER)
    def test_a_body_beyond_the_bound_is_refused_unread(self):
        with self._nothing_stored():
            answer = self._post(b"x" * (MAX_BODY + 1))
        self.assertEqual(answer.status_code, 413)

    @mute_logger(LOGGER)
    def test_a_form_is_refused_because_its_raw_body_is_gone(self):
        with self._nothing_stored():
            answer = self._post(**{"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status_code, 415)

    def test_only_posting_is_possible(self):
        self.assertEqual(self.url_open(ROUTE).status_code, 405)

    def test_a_genuine_body_that_cannot_be_read_is_sent_back(self):
        with self.assertLogs(LOGGER, "ERROR"):
            answer = self._post(b"{")
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.inbox.search([]))

    def test_the_sender_keeps_a_card_number_that_we_cannot_encrypt(self):
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: [])
        with self.assertLogs(LOGGER, "ERROR") as logs:
            answer = self._post(self._body(f"evt {CANARY}"))
        self.assertEqual(answer.status_code, 503)
        self.assertFalse(self.inbox.search([]))
        self.assertNotIn(CANARY, "".join(logs.output))

    def test_a_card_number_is_taken_in_encrypted(self):
        key = vault.generate_key()
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: [key])
        body = json.dumps({"events": [{"id": "evt_1", "type": "t"}], "pan": CANARY}).encode()
        self.assertEqual(self._post(body).status_code, 200)
        self.assertTrue(self.inbox.search([]).payload_encrypted)

    def test_a_flood_of_forged_requests_costs_few_queries_and_one_log_line(self):
        with mute_logger(LOGGER):
            self._post(token="wrong")  # warm: routing, parameters, languages
        webhook._refusals.__init__()
        before = self.env.cr.sql_log_count
        with self.assertLogs(LOGGER, "WARNING") as logs:
            for _request in range(20):
                self._post(token="wrong")
        queries = self.env.cr.sql_log_count - before
        self.assertEqual(len(logs.output), 1)
        self.assertLessEqual(queries / 20, 3, "A forged request asks the database too much.")

    def test_refusals_are_summed_up_once_a_minute(self):
        log = webhook.RefusalLog()
        counts = [log.note("source", now) for now in (0, 1, 59, 61, 62)]
        self.assertEqual(counts, [1, 0, 0, 3, 0])
        self.assertEqual(log.note("other", 62), 1)
