import psycopg2

from odoo.exceptions import ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.tests.outbox.delivery_common import Receiver

from .dispatcher_common import DispatcherCase

REFUSAL_LOGGER = "odoo.addons.fusion_clover.models.dispatcher.clover_tenant_refusal"


@tagged("post_install", "-at_install")
class TestTenantForm(DispatcherCase):
    def test_a_tenant_has_its_own_key_and_endpoint(self):
        self.assertNotEqual(self.acme.signing_key, self.bolt.signing_key)
        self.assertEqual(len(self.acme.signing_key), 64)
        self.assertEqual(
            self.bolt.endpoint_id.url, "https://bolt.example.com/payment/clover/webhook"
        )
        self.assertEqual(self.bolt.endpoint_id.state, "enabled")
        self.bolt.base_url = "http://127.0.0.1:8069"
        self.assertEqual(self.bolt.endpoint_id.state, "test")

    def test_an_address_that_cannot_be_relayed_to_is_refused(self):
        for address in ("http://erp.example.com", "https://a.example.com/odoo", "erp", "https://"):
            with self.subTest(address), self.assertRaises(ValidationError):
                self.env["clover.tenant"].create({"name": "X", "base_url": address})

    @mute_logger("odoo.sql_db")
    def test_no_two_tenants_share_a_host_or_a_merchant(self):
        for address, merchants in (
            ("https://ACME.example.com", []),
            ("https://new.example.com", ["MACME0000001"]),
        ):
            with (
                self.subTest(address),
                self.assertRaises(psycopg2.errors.UniqueViolation),
                self.env.cr.savepoint(),
            ):
                self.env["clover.tenant"]._new_from("X", address, merchants)

    def test_an_administrator_who_manages_no_payments_fills_in_the_form(self):
        admin = new_test_user(self.env, login="hub_admin", groups="base.group_system")
        tenants = self.env["clover.tenant"].with_user(admin)
        with Form(tenants) as form:
            form.name = "Core"
            form.base_url = "https://core.example.com"
            with form.merchant_line_ids.new() as line:
                line.merchant_id = "MCORE00000001"
        tenant = form.record
        self.assertEqual(
            tenant.sudo().endpoint_id.url, "https://core.example.com/payment/clover/webhook"
        )
        with Form(tenant) as form:
            form.base_url = "https://erp.core.example.com"
        self.assertIn("erp.core", tenant.sudo().endpoint_id.url)
        self.assertEqual(tenant.pending_count, 0)
        tenant.action_archive()
        tenant.unlink()

    def test_an_address_is_kept_as_browsers_write_it(self):
        self.acme.base_url = " HTTPS://Acme.Example.com/ "
        self.assertEqual(self.acme.base_url, "https://acme.example.com")
        state = self._state(self.acme.signing_key)
        self.assertEqual(self._callback(state, code="C1").status_code, 302)

    # === ARCHIVED AND DELETED === #

    def _waiting_for(self, tenant, receiver):
        tenant.base_url = receiver.url.removesuffix("/in")
        self._post(self._body("MACME0000001"))
        self._process()
        self.assertEqual(tenant.pending_count, 1)

    def _send(self):
        self.env.flush_all()
        self.outbox._queue_work()
        self.env.invalidate_all()

    def test_an_archived_tenant_is_sent_nothing_until_it_is_back(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self._waiting_for(self.acme, receiver)
        self.acme.action_archive()
        self._send()
        self.assertEqual(receiver.requests, [])
        self.acme.action_unarchive()
        self._send()
        self.assertEqual(len(receiver.requests), 1)
        self.assertEqual(self._sent_to(self.acme).state, "delivered")

    def test_a_deleted_tenant_is_sent_nothing(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self._waiting_for(self.acme, receiver)
        endpoint = self.acme.endpoint_id
        self.acme.unlink()
        self._send()
        self.assertEqual(receiver.requests, [])
        self.assertFalse(endpoint.active)


@tagged("post_install", "-at_install")
class TestTenantRefusals(DispatcherCase):
    """Why a browser was sent away, told to the administrator of the dispatcher."""

    def _send_away(self, state, **params):
        with self.assertLogs(REFUSAL_LOGGER, "WARNING") as logs:
            self.assertEqual(self._callback(state, code="C", **params).status_code, 403)
        self.env.invalidate_all()
        return logs.output[0]

    def test_a_secret_that_is_not_the_tenants(self):
        said = self._send_away(self._state("an old secret"))
        self.assertIn("https://acme.example.com", said)
        self.assertNotIn("oauth/callback", said)
        self.assertEqual(self.acme.refusal, "signature")
        self.assertTrue(self.acme.refused_at)
        self.assertFalse(self.bolt.refusal)

    def test_an_address_that_is_not_the_one_entered(self):
        for address, merchant in (
            ("http://acme.example.com", ""),
            # Its host is no tenant's: the merchant says whose it is meant to be.
            ("https://www.acme.example.com", "MACME0000001"),
        ):
            with self.subTest(address):
                self._a_minute_later()
                state = self._state(
                    self.acme.signing_key, redirect_to=f"{address}/payment/clover/oauth/callback"
                )
                self._send_away(state, merchant_id=merchant)
                self.assertEqual(self.acme.refusal, "address")
                self.assertEqual(self.acme.refused_address, address)

    def test_a_state_that_was_used_before(self):
        state = self._state(self.acme.signing_key)
        self.assertEqual(self._callback(state).status_code, 302)
        self._send_away(state)
        self.assertEqual(self.acme.refusal, "expired")
        # Another reason is told at once, whatever was told within the minute.
        self._send_away(self._state("an old secret"))
        self.assertEqual(self.acme.refusal, "signature")

    def test_it_is_forgotten_once_it_works(self):
        self._send_away(self._state("an old secret"))
        self.assertTrue(self.acme.refused_at)
        self.assertEqual(self._callback(self._state(self.acme.signing_key)).status_code, 302)
        self.env.invalidate_all()
        self.assertFalse(self.acme.refusal or self.acme.refused_address or self.acme.refused_at)

    def test_a_flood_is_one_line_and_no_query(self):
        self._send_away(self._state("an old secret"))
        first = self.acme.refused_at
        with self.assertNoLogs(REFUSAL_LOGGER, "WARNING"):
            for _ in range(3):
                self.assertEqual(self._callback(self._state("an old secret")).status_code, 403)
        dispatcher = self.env["clover.dispatcher"]
        with self.assertQueryCount(0):
            dispatcher._note_refusal(self._state("an old secret"), ValueError(), "")
        self.assertEqual(self.acme.refused_at, first)

    def test_what_is_no_state_is_noted_at_nobody(self):
        self._send_away("garbage")
        self.assertFalse(self.acme.refusal or self.bolt.refusal)
