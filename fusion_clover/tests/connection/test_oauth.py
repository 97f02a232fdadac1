from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..common import MERCHANT_ID
from .connect_common import CloverConnectCommon

TOKENS = "odoo.addons.fusion_clover.models.connection.clover_oauth_renewal"


@tagged("post_install", "-at_install")
class TestOAuth(CloverConnectCommon):
    def test_connecting_keeps_the_tokens_and_names_the_merchant(self):
        token = self._connect()
        self.assertEqual(token.merchant_id, MERCHANT_ID)
        self.assertEqual(token.environment, "sandbox")
        self.assertEqual(self.provider.clover_merchant_id, MERCHANT_ID)
        self.assertEqual(self.provider.clover_connected_merchant, "Simulated Merchant")
        self.assertEqual(self.provider.clover_connection_state, "connected")
        self.assertTrue(self.provider.clover_public_key)
        self.assertFalse(self.provider.clover_connection_message)

    def test_the_address_is_clovers_and_the_state_carries_no_secret(self):
        action = self.provider.with_user(self.admin).action_clover_oauth_connect()
        query = parse_qs(urlsplit(action["url"]).query)
        self.assertEqual(query["client_id"], [self.provider.clover_app_id])
        self.assertEqual(
            query["redirect_uri"], [f"{self.base_url()}/payment/clover/oauth/callback"]
        )
        self.assertNotIn(self.provider.clover_app_secret, action["url"])

    def test_a_state_works_once(self):
        location = self._begin()
        self._come_back(location)
        self.provider.action_clover_disconnect()
        self.env.flush_all()
        response = self._come_back(location)
        self.assertEqual(response.status_code, 422)
        self.assertFalse(self.provider.clover_token_id)

    def test_a_forged_state_connects_nothing(self):
        location = self._begin()
        forged = location.replace("state=", "state=x")
        self.assertEqual(self._come_back(forged).status_code, 422)
        self.assertFalse(self.provider.clover_token_id)
        self.assertEqual(self.simulator.requests("/oauth/v2/token"), [])

    def test_another_administrator_cannot_finish_it(self):
        new_test_user(self.env, login="clover_other", groups="base.group_system")
        location = self._begin()
        self.assertEqual(self._come_back(location, login="clover_other").status_code, 422)
        self.assertFalse(self.provider.clover_token_id)

    def test_a_clerk_cannot_connect(self):
        location = self._begin()
        self.assertEqual(self._come_back(location, login="clover_clerk").status_code, 403)
        self.assertFalse(self.provider.clover_token_id)

    def test_a_wrong_secret_is_explained_on_the_form(self):
        location = self._begin()
        self.provider.clover_app_secret = "wrong"
        self.env.flush_all()
        self._come_back(location)
        self.assertFalse(self.provider.clover_token_id)
        self.assertIn("App Secret", self.provider.clover_connection_message)

    def test_connecting_needs_an_app_and_a_state(self):
        self.provider.clover_app_secret = False
        with self.assertRaisesRegex(UserError, "App Secret"):
            self.provider.action_clover_oauth_connect()
        self.provider.state = "disabled"
        with self.assertRaisesRegex(UserError, "Test Mode"):
            self.provider.action_clover_oauth_connect()

    def test_disconnecting_forgets_the_tokens(self):
        self._connect()
        self.provider.action_clover_disconnect()
        self.env.invalidate_all()
        self.assertFalse(self.provider.clover_token_id)
        self.assertEqual(self.provider.clover_connection_state, "none")

    # === TOKENS === #

    def test_a_valid_token_is_used_as_it_is(self):
        self._connect()
        self.provider._clover_client().merchants.retrieve()
        self.assertEqual(self._refreshes(), 0)

    def test_a_token_about_to_expire_is_renewed_first(self):
        token = self._connect()
        old_access, old_refresh = token.access_token, token.refresh_token
        token.access_expires_at = fields.Datetime.now() + timedelta(seconds=30)
        self.env.flush_all()
        self.provider._clover_client().merchants.retrieve()
        self.env.invalidate_all()
        self.assertEqual(self._refreshes(), 1)
        self.assertNotEqual(token.access_token, old_access)
        self.assertNotEqual(token.refresh_token, old_refresh)
        self.assertEqual(token.previous_refresh_token, old_refresh)
        self.provider._clover_client().merchants.retrieve()
        self.assertEqual(self._refreshes(), 1)

    def test_a_refused_token_is_renewed_and_the_call_repeated_once(self):
        token = self._connect()
        token.access_token = "revoked"
        self.env.flush_all()
        self.assertEqual(self.provider._clover_client().merchants.retrieve().id, MERCHANT_ID)
        self.assertEqual(self._refreshes(), 1)

    def test_a_refresh_whose_answer_got_lost_is_recovered(self):
        token = self._connect()
        self.simulator.fault("reset_after", path="/oauth/v2/refresh")
        token.access_expires_at = fields.Datetime.now()
        self.env.flush_all()
        with self.assertRaises(Exception) as caught:
            self.provider._clover_client().merchants.retrieve()
        self.assertEqual(type(caught.exception).__name__, "NotSentError")
        self.assertEqual(self.provider._clover_client().merchants.retrieve().id, MERCHANT_ID)
        self.assertEqual(len(self.simulator.requests("/oauth/v2/recovery")), 1)

    def test_dead_tokens_fail_once_and_say_so(self):
        token = self._connect()
        token.write({"access_token": "dead", "refresh_token": "dead"})
        self.env.flush_all()
        problem = None
        with self.assertLogs(TOKENS, "WARNING"):
            try:
                self.provider.action_clover_test_connection()
            except UserError as error:
                # Not assertRaises: it would roll back what was written on another cursor.
                problem = str(error)
        self.assertIn("Connect again", problem)
        self.assertEqual(self._refreshes(), 1)
        self.env.invalidate_all()
        self.assertEqual(self.provider.clover_connection_state, "broken")
