from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib import errors

from ..common import MERCHANT_ID
from .connect_common import CloverConnectCommon

RENEWAL = "odoo.addons.fusion_clover.models.connection.clover_oauth_renewal"


@tagged("post_install", "-at_install")
class TestRenewal(CloverConnectCommon):
    def setUp(self):
        super().setUp()
        self.token = self._connect()

    def _write(self, **values):
        self.token.write(values)
        self.env.flush_all()

    def _read_merchant(self):
        try:
            return self.provider._clover_client().merchants.retrieve().id
        finally:
            self.env.invalidate_all()

    def _problem(self):
        """The error of reading the merchant; not by assertRaises, which rolls everything back."""
        try:
            self._read_merchant()
        except errors.GatewayError as error:
            return error
        raise AssertionError("Clover answered")

    def _recoveries(self):
        return len(self.simulator.requests("/oauth/v2/recovery"))

    def _expire_soon(self):
        self._write(access_expires_at=fields.Datetime.now() + timedelta(seconds=40))

    def _kill(self):
        self._write(access_token="dead", refresh_token="dead", previous_refresh_token=False)
        with self.assertLogs(RENEWAL, "WARNING"):
            return self._problem()

    def _new_pair(self):
        """Return an access token of a new connection of the same merchant."""
        code = parse_qs(urlsplit(self._begin()).query)["code"][0]
        return self.provider._clover_oauth_client().exchange(code).access_token

    # === AHEAD OF NEED === #

    def test_a_token_that_still_lives_is_used_while_clover_gives_no_new_one(self):
        self._expire_soon()
        self.simulator.fault("http_503", path="/oauth/v2/refresh")
        self.assertEqual(self._read_merchant(), MERCHANT_ID)
        self.assertEqual(self._refreshes(), 1)
        self.assertFalse(self.token.error)
        self.assertEqual(self._read_merchant(), MERCHANT_ID)
        self.assertEqual(self._refreshes(), 2)

    def test_a_token_of_a_short_life_is_not_renewed_by_every_call(self):
        self.simulator.post("config", {"access_token_lifetime_s": 50})
        self._write(access_expires_at=fields.Datetime.now())
        for _ in range(3):
            self._read_merchant()
        self.assertEqual(self._refreshes(), 1)

    def test_whoever_waited_for_a_failed_renewal_shares_its_answer(self):
        self._write(access_expires_at=fields.Datetime.now(), failed_at=4_000_000_000)
        self.assertEqual(self._problem().code, "renewal_failed")
        self.assertEqual(self._refreshes(), 0)

    # === REFUSED === #

    def test_a_missing_permission_is_told_apart_from_a_dead_token(self):
        self.simulator.post("config", {"denied_areas": ["merchant"]})
        self.assertIsInstance(self._problem(), errors.PermissionDeniedError)
        self.assertFalse(self.token.error)
        self.assertEqual(self.provider.clover_connection_state, "connected")
        self.assertEqual(self._refreshes(), 1)

    def test_a_missing_permission_does_not_cost_a_renewal_each_time(self):
        self.simulator.post("config", {"denied_areas": ["merchant"]})
        for _ in range(3):
            self.assertIsInstance(self._problem(), errors.PermissionDeniedError)
        self.assertEqual(self._refreshes(), 1)

    def test_a_legacy_token_that_is_refused_is_not_declared_lost(self):
        self._write(refresh_token=False, access_expires_at=False, access_token="refused")
        self.assertIsInstance(self._problem(), errors.AuthenticationError)
        self.assertFalse(self.token.error)
        self.assertEqual(self._refreshes(), 0)

    # === LOST AND RECOVERED === #

    def test_the_token_before_the_present_one_recovers_a_corrupt_one(self):
        first = self.token.refresh_token
        self._write(access_expires_at=fields.Datetime.now())
        self._read_merchant()
        self.assertEqual(self.token.previous_refresh_token, first)
        self._write(access_token="corrupt", refresh_token="corrupt")
        self.assertEqual(self._read_merchant(), MERCHANT_ID)
        self.assertFalse(self.token.error)
        self.assertEqual(self._recoveries(), 1)

    def test_nothing_to_recover_is_found_out_once(self):
        error = self._kill()
        self.assertEqual(error.code, "connection_lost")
        self.assertEqual((self._refreshes(), self._recoveries()), (1, 1))
        self.assertEqual(self._problem().code, "connection_lost")
        self.assertEqual((self._refreshes(), self._recoveries()), (1, 1))

    def test_somebody_is_called_once_and_no_longer_needed_after_reconnecting(self):
        self._kill()
        self.assertEqual(self.token.activity_ids.mapped("user_id"), self.admin)
        with self.assertLogs(RENEWAL, "WARNING"):
            try:
                self.provider.action_clover_test_connection()
            except UserError as error:
                self.assertIn("Reconnect", str(error))
        self.env.invalidate_all()
        self.assertEqual(len(self.token.activity_ids), 1)
        lost = self.token
        self.token = self._connect()
        self.assertFalse(lost.exists())
        self.assertFalse(
            self.env["mail.activity"].search([("res_model", "=", "clover.oauth.token")])
        )
        self.assertEqual(self._read_merchant(), MERCHANT_ID)

    def test_testing_gives_a_lost_connection_another_chance(self):
        self._write(error="a mistake")
        self.assertEqual(self._problem().code, "connection_lost")
        self.provider.action_clover_test_connection()
        self.env.invalidate_all()
        self.assertFalse(self.token.error)
        self.assertEqual(self.provider.clover_connection_state, "connected")

    def test_nobody_is_called_any_more_once_it_works_again(self):
        self._kill()
        self.assertTrue(self.token.activity_ids)
        with self.assertLogs(RENEWAL, "WARNING"), suppress(UserError):
            self.provider.action_clover_test_connection()
        self.env.invalidate_all()
        self.assertTrue(self.token.activity_ids, "testing in vain proves nothing")
        revived = self._new_pair()
        self._write(access_token=revived)
        self.provider.action_clover_test_connection()
        self.env.invalidate_all()
        self.assertFalse(self.token.activity_ids)
        self.assertEqual(self.provider.clover_connection_state, "connected")

    def test_a_renewal_that_succeeds_ends_the_alarm(self):
        self._write(access_expires_at=fields.Datetime.now())
        self.token.activity_schedule("mail.mail_activity_data_warning", user_id=self.admin.id)
        self.env.flush_all()
        self._read_merchant()
        self.assertEqual(self._refreshes(), 1)
        self.assertFalse(self.token.activity_ids)

    def test_a_deleted_connection_is_not_connected(self):
        client = self.provider._clover_client()
        self.provider.action_clover_disconnect()
        self.env.flush_all()
        with self.assertRaises(errors.ConfigurationError) as caught:
            client.merchants.retrieve()
        self.assertEqual(caught.exception.code, "no_access_token")

    # === IDLE === #

    def _idle_run(self):
        self.env.ref("fusion_clover.ir_cron_renew_idle_tokens").method_direct_trigger()
        self.env.invalidate_all()
        return self._refreshes()

    def test_idle_tokens_are_renewed_after_a_week(self):
        self.assertEqual(self._idle_run(), 0)
        self._write(rotated_at=fields.Datetime.now() - timedelta(days=6))
        self.assertEqual(self._idle_run(), 0)
        self._write(rotated_at=fields.Datetime.now() - timedelta(days=7))
        old = self.token.refresh_token
        self.assertEqual(self._idle_run(), 1)
        self.assertEqual(self.token.previous_refresh_token, old)
        self.assertEqual(self._idle_run(), 1)

    def test_idle_tokens_are_renewed_at_half_of_their_life(self):
        now = fields.Datetime.now()
        self._write(
            rotated_at=now - timedelta(days=2), refresh_expires_at=now + timedelta(days=1)
        )
        self.assertEqual(self._idle_run(), 1)

    def test_lost_connections_are_left_alone(self):
        self._write(rotated_at=fields.Datetime.now() - timedelta(days=8), error="lost")
        self.assertEqual(self._idle_run(), 0)

    # === NOT IN USE AT PRESENT === #

    def _go_live(self):
        """Leave the sandbox's connection behind, as it is."""
        self.provider.write({"state": "enabled", "clover_app_id": "PRODUCTIONAPP"})
        self.env.flush_all()

    def test_the_sandboxs_idle_connection_is_renewed_while_production_is_enabled(self):
        self._write(rotated_at=fields.Datetime.now() - timedelta(days=8))
        old = self.token.refresh_token
        self._go_live()
        self.assertEqual(self._idle_run(), 1)
        self.assertEqual(self.token.previous_refresh_token, old)
        self.assertFalse(self.token.error)

    def test_an_idle_connection_is_renewed_while_the_provider_is_disabled(self):
        self._write(rotated_at=fields.Datetime.now() - timedelta(days=8))
        self.provider.state = "disabled"
        self.env.flush_all()
        self.assertEqual(self._idle_run(), 1)

    def test_a_client_from_before_going_live_still_renews_where_its_tokens_come_from(self):
        client = self.provider._clover_client()
        self._write(access_expires_at=fields.Datetime.now(), access_token="expired")
        self._go_live()
        self.assertEqual(client.merchants.retrieve().id, MERCHANT_ID)
        self.env.invalidate_all()
        self.assertEqual(self._refreshes(), 1)
        self.assertFalse(self.token.error)

    def test_an_unused_connection_that_is_lost_calls_nobody(self):
        self._write(
            rotated_at=fields.Datetime.now() - timedelta(days=8),
            refresh_token="dead",
            previous_refresh_token="older",
        )
        self._go_live()
        with self.assertLogs(RENEWAL, "WARNING"):
            self.assertEqual(self._idle_run(), 1)
        self.assertTrue(self.token.error)
        self.assertFalse(self.token.activity_ids)
        # The secret of the app that it belongs to is not known any more.
        self.assertEqual(self._recoveries(), 0)
