from urllib.parse import parse_qs, urlsplit

from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib import errors

from ..common import MERCHANT_ID
from .connect_common import CloverConnectCommon


@tagged("post_install", "-at_install")
class TestConnection(CloverConnectCommon):
    def _config(self, **switches):
        self.simulator.post("config", switches)

    # === ERRORS THAT SAY WHAT TO DO === #

    def test_a_legacy_code_connects_and_says_what_is_missing(self):
        token = self._connect(legacy=True)
        self.assertTrue(token.refresh_token)
        self.assertIn("Alternate Launch Path", self.provider.clover_connection_message)
        self.assertEqual(self.provider.clover_connection_state, "connected")

    def test_another_merchant_than_announced_is_not_kept(self):
        self._connect()
        location = self._begin().replace(MERCHANT_ID, "OTHERMERCHANT")
        self._come_back(location)
        self.assertIn("OTHERMERCHANT", self.provider.clover_connection_message)
        self.assertEqual(self.provider.clover_merchant_id, MERCHANT_ID)
        self.assertEqual(self.provider.clover_token_id.merchant_id, MERCHANT_ID)
        self.assertEqual(self.provider._clover_client().merchants.retrieve().id, MERCHANT_ID)

    def test_an_app_that_may_not_read_the_merchant_is_not_kept(self):
        self._config(denied_areas=["merchant"])
        self._come_back(self._begin())
        self.assertIn("permission", self.provider.clover_connection_message)
        self.assertFalse(self.provider.clover_token_id)

    def test_an_app_without_ecommerce_is_connected_and_says_so(self):
        self._config(denied_areas=["ecommerce"])
        self._connect()
        self.assertIn("Ecommerce permission", self.provider.clover_connection_message)
        self.assertFalse(self.provider.clover_public_key)

    def test_whoever_does_not_come_back_finds_help(self):
        self._config(app_installed=False)
        self.assertIn("/appmarket/", self._begin())
        self.assertTrue(self.provider.clover_connect_started_at)
        self._config(app_installed=True)
        self._connect()
        self.assertFalse(self.provider.clover_connect_started_at)

    def test_a_launch_from_clover_leads_to_the_form(self):
        self.authenticate("clover_admin", "clover_admin")
        answer = self.url_open(
            f"/payment/clover/oauth/callback?merchant_id={MERCHANT_ID}", allow_redirects=False
        )
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(
            answer.headers["Location"].endswith(f"/odoo/payment.provider/{self.provider.id}")
        )
        self.assertFalse(self.provider.clover_token_id)

    def test_a_code_that_nobody_asked_for_is_explained_and_not_exchanged(self):
        """The App Market's way where the app has no Alternate Launch Path: a code, no state."""
        query = f"code=LEGACY&merchant_id={MERCHANT_ID}"
        answer = self._come_back(f"/payment/clover/oauth/callback?{query}")
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(
            answer.headers["Location"].endswith(f"/odoo/payment.provider/{self.provider.id}")
        )
        self.assertIn("Alternate Launch Path", self.provider.clover_connection_message)
        self.assertFalse(self.provider.clover_token_id)
        self.assertEqual(self.simulator.requests("/oauth/v2/token"), [])

    def test_a_refusal_of_the_merchant_is_explained(self):
        query = parse_qs(urlsplit(self._begin()).query)
        state = query["state"][0]
        self._come_back(f"/payment/clover/oauth/callback?error=access_denied&state={state}")
        self.assertIn("Allow", self.provider.clover_connection_message)

    def test_a_clerk_can_neither_test_nor_disconnect(self):
        self._connect()
        for action in ("action_clover_test_connection", "action_clover_disconnect"):
            with self.assertRaises(AccessError):
                getattr(self.provider.with_user(self.clerk), action)()
        self.assertTrue(self.provider.clover_token_id)

    # === TEST CONNECTION === #

    def test_it_names_the_merchant_the_gateway_and_the_surcharge(self):
        self._connect()
        message = self.provider.action_clover_test_connection()["params"]["message"]
        self.assertIn("Merchant Simulated Merchant (CA), currency CAD.", message)
        self.assertIn("Gateway fdcrcip", message)
        self.assertIn("saved cards", message)
        self.assertIn("Clover adds no surcharge.", message)
        self.assertTrue(self.provider.clover_tested_at)

    def test_a_surcharge_of_clovers_is_named_with_its_rate(self):
        self._connect()
        self._config(surcharge=True, surcharge_rate=0.024)
        message = self.provider.action_clover_test_connection()["params"]["message"]
        self.assertIn("2.4 %", message)
        self.assertEqual(self.provider.clover_surcharging, "clover")

    def test_a_gateway_that_moves_no_money_is_called_so(self):
        self._connect()
        self._config(payment_gateway_api="blackhole")
        self.provider.action_clover_test_connection()
        self.assertIn("moves no money", self.provider.clover_gateway)

    def test_an_ecommerce_token_alone_reads_the_merchant(self):
        self.provider.write(
            {"clover_merchant_id": MERCHANT_ID, "clover_api_key": "sim-ecommerce-private-key"}
        )
        message = self.provider.action_clover_test_connection()["params"]["message"]
        self.assertIn("Simulated Merchant", message)
        with self.assertRaisesRegex(ValidationError, "Ecommerce Private Token"):
            self.provider.state = "enabled"

    # === ENVIRONMENTS === #

    def test_enabling_with_the_sandbox_app_is_refused_with_the_reason(self):
        self._connect()
        with self.assertRaisesRegex(ValidationError, "App ID worked in the sandbox"):
            self.provider.state = "enabled"

    def test_enabling_with_a_sandbox_token_made_by_hand_is_refused(self):
        self.provider.write(
            {
                "clover_merchant_id": MERCHANT_ID,
                "clover_rest_api_token": "sim-merchant-api-token",
            }
        )
        self.provider.action_clover_test_connection()
        with self.assertRaisesRegex(ValidationError, "Merchant API Token"):
            self.provider.state = "enabled"

    def test_each_environment_keeps_its_own_connection(self):
        token = self._connect()
        sandbox_app = self.provider.clover_app_id
        self.provider.write({"state": "enabled", "clover_app_id": "PRODUCTIONAPP"})
        self.assertEqual(self.provider.clover_connection_state, "none")
        self.assertFalse(self.provider.clover_connected_merchant)
        self.assertFalse(self.provider.clover_public_key)
        with self.assertRaises(errors.ConfigurationError):
            self.provider._clover_client().merchants.retrieve()
        self.provider.write({"state": "test", "clover_app_id": sandbox_app})
        self.assertEqual(self.provider.clover_token_id, token)
        self.assertEqual(self.provider.clover_connected_merchant, "Simulated Merchant")
        self.assertEqual(self.provider._clover_client().merchants.retrieve().id, MERCHANT_ID)

    def test_a_reset_of_the_credentials_forgets_the_tokens(self):
        self._connect()
        self.provider.action_reset_credentials()
        self.assertFalse(self.provider.clover_token_ids)

    # === WHICH CREDENTIALS === #

    def test_oauth_comes_before_tokens_made_by_hand(self):
        self._connect()
        self.provider.write({"clover_rest_api_token": "by-hand", "clover_api_key": "by-hand"})
        oauth = self.provider.clover_token_id.access_token
        for interface in ("platform", "ecommerce", "terminal"):
            self.assertEqual(self.provider._clover_authorizer(interface).token(), oauth)

    def test_tokens_made_by_hand_work_where_clover_takes_them(self):
        self.provider.write({"clover_rest_api_token": "rest", "clover_api_key": "key"})
        self.assertEqual(self.provider._clover_authorizer("platform").token(), "rest")
        self.assertEqual(self.provider._clover_authorizer("ecommerce").token(), "key")
        with self.assertRaises(errors.ConfigurationError) as caught:
            self.provider._clover_authorizer("terminal").token()
        self.assertEqual(caught.exception.code, "needs_oauth")
        self.assertIn("Connect", self.provider._clover_connection_problem(caught.exception))

    def test_an_ecommerce_token_opens_nothing_of_the_platform_but_the_merchant(self):
        self.provider.clover_api_key = "key"
        self.assertEqual(self.provider._clover_authorizer("merchant").token(), "key")
        with self.assertRaises(errors.ConfigurationError) as caught:
            self.provider._clover_authorizer("platform").token()
        self.assertEqual(caught.exception.code, "no_access_token")

    def test_terminals_are_told_the_raid_where_it_is_known(self):
        self.assertEqual(self.provider._clover_pos_id(), "FusionCloverOdoo")
        self.provider.clover_remote_app_id = "RAID.ABC"
        self.assertEqual(self.provider._clover_pos_id(), "RAID.ABC")

    def test_clovers_pause_is_obeyed(self):
        self._connect()
        self._config(rate_limits=True, token_rate_limit=1)
        client = self.provider._clover_client()
        for _ in range(3):
            client.merchants.retrieve()
        refused = [
            request
            for request in self.simulator.requests(f"/v3/merchants/{MERCHANT_ID}")
            if request.get("status") == 429
        ]
        self.assertLessEqual(len(refused), 3)

    # === IN WORDS === #

    def test_each_block_says_how_it_is_and_what_to_do(self):
        self.provider.invalidate_recordset()
        self.assertEqual(
            self.provider.clover_status_connection, "Not connected. Click Connect."
        )
        self.assertIn("Connect", self.provider.clover_status_terminals)
        self.assertIn("No Auth Code", self.provider.clover_status_webhooks)
        self.assertIn("Test Connection", self.provider.clover_status_surcharge)
        self.assertIn(self.origin, self.provider.clover_status_advanced)
        self._connect()
        self.assertIn("sandbox", self.provider.clover_status_connection)
        self.provider.state = "disabled"
        self.assertIn("Off", self.provider.clover_status_connection)

    def test_settings_show_the_connection_and_lead_to_it(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.clover_provider_id, self.provider)
        self.assertTrue(settings.clover_status_connection)
        action = settings.action_clover_open_provider()
        self.assertEqual(action["res_id"], self.provider.id)
        other = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.env.company.id}
        )
        with self.assertRaises(UserError):
            self.env["res.config.settings"].with_company(other).create(
                {"company_id": other.id}
            ).action_clover_open_provider()

    # === WATERMARK === #

    def test_a_payment_stays_a_test_when_the_provider_goes_live(self):
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": "watermark",
                "amount": 113.0,
                "currency_id": self.currency.id,
                "partner_id": self.partner_a.id,
                "operation": "online_direct",
                "invoice_ids": [(6, 0, self.move.ids)],
            }
        )
        self.assertEqual(transaction.clover_environment, "sandbox")
        self.assertFalse(self.move.clover_has_sandbox_payment)
        transaction._set_done()
        self.assertTrue(self.move.clover_has_sandbox_payment)
        transaction._create_payment()
        comparison = self.env["clover.comparison"].sudo().create(
            {"provider_id": self.provider.id}
        )
        self.provider.state = "enabled"
        self.env.invalidate_all()
        self.assertEqual(transaction.clover_environment, "sandbox")
        self.assertTrue(transaction.payment_id.clover_is_sandbox)
        self.assertEqual(comparison.environment, "sandbox")
        wizard = self.env["clover.refund.wizard"].sudo().new({"transaction_id": transaction.id})
        self.assertTrue(wizard.is_sandbox, "what is given back was a test")
        self.authenticate("clover_admin", "clover_admin")
        page = self.url_open(self.move.get_portal_url())
        self.assertIn("SANDBOX", page.text)

    def test_clerks_see_it_wherever_they_look(self):
        for model, deciding in (
            ("account.move", "clover_has_sandbox_payment"),
            ("sale.order", "clover_has_sandbox_payment"),
            ("payment.transaction", "clover_environment"),
            ("account.payment", "clover_is_sandbox"),
            ("clover.comparison", "environment"),
            ("clover.payment.wizard", "provider_state"),
            ("clover.refund.wizard", "is_sandbox"),
            ("clover.unmatched.payment", "environment"),
        ):
            with self.subTest(model):
                form = etree.fromstring(self.env[model].sudo().get_view(view_type="form")["arch"])
                (banner,) = [
                    one for one in form.iter("div") if "SANDBOX" in "".join(one.itertext())
                ][:1]
                self.assertIn(deciding, banner.get("invisible"))
        listed = self.env["payment.transaction"].get_view(view_type="list")["arch"]
        self.assertIn("clover_environment", listed)
