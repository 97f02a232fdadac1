import base64
import json
import time
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.lib import signed_state
from odoo.addons.fusion_payment_common.tests.outbox.delivery_common import Receiver

from .dispatcher_common import AUTH, CALLBACK, DispatcherCase

REFUSAL_LOGGER = "odoo.addons.fusion_clover.models.dispatcher.clover_tenant_refusal"
WEBHOOK_LOGGER = "odoo.addons.fusion_payment_common.controllers.webhook"
OWN_LOGGER = "odoo.addons.fusion_clover.controllers.webhook"


@tagged("post_install", "-at_install")
class TestDispatcherBrowsers(DispatcherCase):
    def test_a_tenants_state_leads_to_its_callback_with_every_parameter(self):
        state = self._state(self.acme.signing_key)
        answer = self._callback(state, code="C1", merchant_id="MACME0000001", employee_id="E%201")
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(
            answer.headers["Location"],
            f"{CALLBACK.format('acme')}?code=C1&merchant_id=MACME0000001&employee_id=E%201"
            f"&state={state}",
        )
        self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))

    @mute_logger(REFUSAL_LOGGER)
    def _assert_refused(self, state, status=403):
        answer = self._callback(state, code="C1")
        self.assertEqual(answer.status_code, status)
        self.assertNotIn("Location", answer.headers)
        self.assertFalse(self.env["clover.used.state"].search([]))

    def test_the_key_of_one_tenant_signs_nothing_for_another(self):
        self._assert_refused(self._state(self.acme.signing_key, "bolt"))
        self._assert_refused(self._state(self.bolt.signing_key, "acme"))

    def test_a_state_older_than_an_hour_is_refused(self):
        self._assert_refused(self._state(self.acme.signing_key, now=time.time() - 3601))

    def test_a_host_that_is_no_tenants_is_refused(self):
        self._assert_refused(self._state(self.acme.signing_key, "evil"))

    def test_another_page_or_port_of_the_tenant_is_refused(self):
        for address in (
            "https://acme.example.com/web/login",
            "https://acme.example.com:8443/payment/clover/oauth/callback",
            "http://acme.example.com/payment/clover/oauth/callback",
            "https://acme.example.com@evil.example.com/payment/clover/oauth/callback",
            "https://acme.example.com/payment/clover/oauth/callback?next=x",
        ):
            with self.subTest(address):
                self._assert_refused(self._state(self.acme.signing_key, redirect_to=address))

    def test_garbage_is_refused(self):
        encoded = base64.urlsafe_b64encode(b'{"redirect_to": 1}').decode().rstrip("=")
        for state in ("x", "a.b", ".", f"{encoded}.{encoded}", "%00", "A" * 5000):
            with self.subTest(state[:20]):
                self._assert_refused(state)

    def test_a_forged_state_asks_the_database_nothing_once_the_directory_is_known(self):
        dispatcher = self.env["clover.dispatcher"]
        with self.assertRaises(signed_state.StateSignatureError):
            dispatcher._relay(self._state("another key"))
        # Not assertRaises: Odoo's makes savepoints, which are queries.
        with self.assertQueryCount(0), suppress(signed_state.StateSignatureError):
            dispatcher._relay(self._state("yet another key"))

    def test_a_state_is_good_once(self):
        state = self._state(self.acme.signing_key)
        self.assertEqual(self._callback(state).status_code, 302)
        with mute_logger(REFUSAL_LOGGER):
            self.assertEqual(self._callback(state).status_code, 403)

    def test_an_archived_tenant_gets_nothing(self):
        state = self._state(self.acme.signing_key)
        self.acme.active = False
        self._assert_refused(state)

    def test_a_new_key_ends_the_old_one_at_once(self):
        state = self._state(self.acme.signing_key)
        self.acme.action_new_signing_key()
        self._assert_refused(state)

    def test_the_old_shared_secret_counts_only_while_it_is_set(self):
        self._assert_refused(self._state("shared"))
        self._set("fusion_clover.dispatcher_legacy_secret", "shared")
        self.assertEqual(self._callback(self._state("shared", "bolt")).status_code, 302)
        with mute_logger(REFUSAL_LOGGER):
            self.assertEqual(self._callback(self._state("shared", "evil")).status_code, 403)

    def test_launch_sends_the_merchant_to_clover_with_a_state_of_its_tenant(self):
        answer = self._get("/clover/launch?merchant_id=MBOLT0000001")
        self.assertEqual(answer.status_code, 302)
        address = urlsplit(answer.headers["Location"])
        self.assertEqual(
            (address.netloc, address.path), ("sandbox.dev.clover.com", "/oauth/v2/authorize")
        )
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.assertEqual(query["client_id"], "APP1")
        self.assertTrue(query["redirect_uri"].endswith("/clover/callback"))
        payload = signed_state.verify(
            self.bolt.signing_key,
            query["state"],
            now=time.time(),
            allowed_hosts={"bolt.example.com"},
        )
        self.assertEqual(payload.redirect_to, CALLBACK.format("bolt"))
        # It comes back through the same dispatcher.
        self.assertEqual(self._callback(query["state"], code="C").status_code, 302)

    def test_a_launch_at_the_site_url_is_a_launch(self):
        answer = self._get("/clover/callback?merchant_id=MACME0000001&client_id=APP1")
        self.assertEqual(answer.status_code, 302)
        self.assertIn("/oauth/v2/authorize", answer.headers["Location"])

    def test_a_legacy_code_is_explained_to_whoever_opened_the_app(self):
        """The App Market's way where the app has no Alternate Launch Path: a code, no state."""
        answer = self._get("/clover/callback?code=LEGACY&merchant_id=MACME0000001")
        self.assertEqual(answer.status_code, 400)
        self.assertIn("/clover/launch", answer.text)
        self.assertNotIn("Location", answer.headers)

    def test_a_dispatcher_that_is_not_set_up_says_what_is_missing(self):
        for name, value in (
            ("fusion_clover.dispatcher_app_id", ""),
            ("fusion_clover.sandbox_origin", "http://simulator.example.com"),
        ):
            with self.subTest(name):
                self._set("fusion_clover.dispatcher_app_id", "APP1")
                self._set(name, value)
                answer = self._get("/clover/launch?merchant_id=MACME0000001")
                self.assertEqual(answer.status_code, 503)
                self.assertIn("not set up", answer.text)

    def test_an_unknown_merchant_is_not_launched(self):
        self.assertEqual(self._get("/clover/launch?merchant_id=NOBODY").status_code, 404)
        self.assertEqual(self._get("/clover/launch").status_code, 404)

    def test_nothing_is_relayed_by_a_database_that_is_no_dispatcher(self):
        self._set("fusion_clover.dispatcher_enabled", False)
        for path in (
            f"/clover/callback?state={self._state(self.acme.signing_key)}",
            "/clover/launch?merchant_id=MACME0000001",
            "/clover/webhook",
        ):
            self.assertEqual(self._get(path).status_code, 404)
        self.assertEqual(self._post(self._body("MACME0000001")).status_code, 404)
        self.assertFalse(self._received())
        self.assertEqual(self._get("/healthz").status_code, 200)

    def test_health_and_clovers_look_at_the_address(self):
        self.assertEqual(self._get("/healthz").json(), {"status": "ok"})
        self.assertEqual(self._get("/clover/webhook").status_code, 200)


@tagged("post_install", "-at_install")
class TestDispatcherWebhooks(DispatcherCase):
    def test_a_body_is_stored_first_and_then_queued_for_its_tenants_only(self):
        other = self.env["clover.tenant"]._new_from("Core", "https://core.example.com", ["MCORE1"])
        answer = self._post(self._body("MACME0000001", "MBOLT0000001", "MNOBODY"))
        self.assertEqual(answer.status_code, 200)
        event = self._received()
        self.assertEqual(event.state, "received")
        self.assertFalse(self.outbox.search([]))
        self._process()
        self.assertEqual(event.state, "processed")
        self.assertEqual(len(self._sent_to(self.acme)), 1)
        self.assertEqual(len(self._sent_to(self.bolt)), 1)
        self.assertFalse(self._sent_to(other))

    def test_a_body_is_forwarded_to_the_letter_with_its_proofs(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self.acme.base_url = receiver.url.removesuffix("/in")
        raw = b'{ "merchants":{"MACME0000001":[ {"ts":1, "objectId":"P:\xc3\xa9"} ]}, "z": 1.50 }'
        self._post(raw, {**AUTH, "Clover-Signature": "t=1,v1=ab", "X-Stranger": "a"})
        self._process()
        self.env.flush_all()
        self.outbox._queue_work()
        ((headers, body),) = receiver.requests
        self.assertEqual(body, raw)
        self.assertEqual(headers["X-Clover-Auth"], "the-auth-code")
        self.assertEqual(headers["Clover-Signature"], "t=1,v1=ab")
        self.assertNotIn("X-Stranger", headers)
        self.env.invalidate_all()
        self.assertEqual(self._sent_to(self.acme).state, "delivered")
        self.assertNotIn("the-auth-code", str(self._sent_to(self.acme).read()))

    def test_a_repeated_body_is_forwarded_once(self):
        for _copy in range(3):
            self.assertEqual(self._post(self._body("MACME0000001")).status_code, 200)
            self._process()
        self.assertEqual(len(self._sent_to(self.acme)), 1)

    def test_a_tenant_that_is_archived_meanwhile_is_left_out(self):
        self._post(self._body("MACME0000001"))
        event = self._received()
        tenants = self.env["clover.tenant"]
        looks = []

        def archived_by_somebody(_tenants, event_id):
            looks.append(event_id)
            self.assertEqual(len(looks), 1, "it goes round in circles")
            self.acme.active = False

        self.patch(self.env.registry["clover.tenant"], "_fan_out_next", archived_by_somebody)
        self.assertEqual(tenants._fusion_handle_event(event), "ignored")
        self.assertEqual(len(looks), 1)

    def test_the_order_of_arrival_is_kept_even_if_the_inbox_works_in_another(self):
        for stamp in range(1, 6):
            self._post(self._body("MACME0000001", stamp=stamp))
        events = self._received().sorted("id")
        # The last one comes first, as with a second worker.
        self.env["clover.tenant"]._fusion_handle_event(events[-1])
        self._process()
        self.assertEqual(
            [delivery.body["event"] for delivery in self._sent_to(self.acme)], events.ids
        )
        self.assertTrue(self.acme.endpoint_id.is_ordered)

    def test_a_thousand_and_one_merchants_in_one_body(self):
        merchants = [f"M{number:012}" for number in range(999)]
        answer = self._post(self._body(*merchants, "MACME0000001", "MBOLT0000001"))
        self.assertEqual(answer.status_code, 200)
        self._process()
        self.assertEqual(len(self._sent_to(self.acme) + self._sent_to(self.bolt)), 2)

    def test_merchants_of_nobody_are_stored_and_ignored(self):
        self.assertEqual(self._post(self._body("MNOBODY")).status_code, 200)
        self._process()
        self.assertEqual(self._received().state, "ignored")
        self.assertFalse(self.outbox.search([]))

    def test_what_was_ignored_reaches_a_tenant_that_is_added_later(self):
        self._post(self._body("MLATE"))
        self._process()
        late = self.env["clover.tenant"]._new_from("Late", "https://late.example.com", ["MLATE"])
        self._received()._replay()
        self._process()
        self.assertEqual(len(self._sent_to(late)), 1)

    @mute_logger(WEBHOOK_LOGGER)
    def test_a_forged_body_leaves_nothing(self):
        for headers in ({}, {"X-Clover-Auth": ""}, {"X-Clover-Auth": "the-auth-codE"}):
            headers = {"Content-Type": "application/json", **headers}
            self.assertEqual(self._post(self._body("MACME0000001"), headers).status_code, 401)
        self.assertFalse(self._received())

    @mute_logger(OWN_LOGGER)
    def test_without_an_auth_code_the_route_is_closed(self):
        self._set("fusion_clover.dispatcher_auth_code", False)
        for headers in (AUTH, {"X-Clover-Auth": "", "Content-Type": "application/json"}):
            self.assertEqual(self._post(self._body("MACME0000001"), headers).status_code, 503)
        self.assertFalse(self._received())

    @mute_logger(WEBHOOK_LOGGER)
    def test_ten_megabytes_are_refused_early(self):
        answer = self._post(b"x" * 10_000_000)
        self.assertEqual(answer.status_code, 413)
        self.assertFalse(self._received())

    @mute_logger(WEBHOOK_LOGGER)
    def test_what_is_not_json_is_refused(self):
        self.assertEqual(self._post(b"not json").status_code, 400)
        self.assertFalse(self._received())

    def test_a_verification_code_is_shown_and_passed_on(self):
        code = "0f5b21b5-7c62-4b3c-9d5e-5a2f0d9e7c11"
        content = {"Content-Type": "application/json"}
        self._set("fusion_clover.dispatcher_auth_code", False)
        self.assertEqual(self._post({"verificationCode": code}, content).status_code, 200)
        settings = self.env["res.config.settings"].create({"clover_is_dispatcher": True})
        self.assertEqual(settings.clover_dispatcher_verification, code)
        self.assertTrue(settings.clover_dispatcher_webhook_url.endswith("/clover/webhook"))
        self.assertEqual(
            json.loads(self._sent_to(self.acme).body["content"]), {"verificationCode": code}
        )
        self.assertEqual(len(self._sent_to(self.bolt)), 1)

    def test_a_flood_of_verification_codes_is_neither_kept_nor_passed_on(self):
        for number in range(15):
            document = {"verificationCode": f"code-{number:08}"}
            headers = {"Content-Type": "application/json"}
            self.assertEqual(self._post(document, headers).status_code, 200)
        self.assertEqual(self.env["clover.verification"].search_count([]), 10)
        settings = self.env["res.config.settings"].create({"clover_is_dispatcher": True})
        # Clover's own may be any of them.
        self.assertEqual(settings.clover_dispatcher_verification, "code-00000009")
        self.assertEqual(len(settings.clover_dispatcher_codes.splitlines()), 9)
        self.assertIn("code-00000000", settings.clover_dispatcher_codes)
        self.assertEqual(len(self._sent_to(self.acme)), 10)
