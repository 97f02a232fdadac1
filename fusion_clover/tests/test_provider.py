from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..client import environment
from .common import CloverCommon


@tagged("post_install", "-at_install")
class TestProvider(CloverCommon):
    def test_test_state_talks_to_the_origin_of_the_system_parameter(self):
        self.assertEqual(self.provider._clover_environment().api, self.origin)
        self.assertEqual(
            self.provider._clover_environment().sdk_url, f"{self.origin}/sdk.js"
        )

    def test_test_state_without_parameter_talks_to_the_sandbox(self):
        self.env["ir.config_parameter"].sudo().set_param("fusion_clover.sandbox_origin", False)
        self.assertEqual(self.provider._clover_environment(), environment.SANDBOX)

    def test_an_enabled_provider_ignores_the_parameter(self):
        self.provider.state = "enabled"
        self.assertEqual(self.provider._clover_environment(), environment.PRODUCTION)

    def test_a_remote_origin_without_tls_is_refused(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "fusion_clover.sandbox_origin", "http://clover.example.com"
        )
        with self.assertRaisesRegex(ValidationError, "https"):
            self.provider._clover_environment()

    def test_without_any_credentials_it_says_what_to_do(self):
        self.provider.write({"clover_rest_api_token": False, "clover_api_key": False})
        with self.assertRaisesRegex(UserError, "click Connect"):
            self.provider.action_clover_test_connection()

    def test_test_connection_names_the_merchant(self):
        params = self.provider.action_clover_test_connection()["params"]
        self.assertEqual(params["type"], "success")
        self.assertIn("Simulated Merchant", params["message"])
        self.assertIn("CAD", params["message"])

    def test_test_connection_explains_a_refused_token(self):
        self.provider.clover_rest_api_token = "wrong"
        with self.assertRaisesRegex(UserError, "Connect again"):
            self.provider.action_clover_test_connection()

    def test_reset_forgets_every_secret(self):
        self.provider.action_reset_credentials()
        for name in ("clover_app_secret", "clover_rest_api_token", "clover_merchant_id"):
            self.assertFalse(self.provider[name], name)
        self.assertEqual(self.provider.state, "disabled")

    def test_secrets_are_for_administrators_only(self):
        provider = self.provider.with_user(self.clerk)
        with self.assertRaises(AccessError):
            provider.read(["clover_app_secret"])
        fields = self.env["payment.provider"].fields_get()
        self.assertIn("clover_app_secret", fields)
        for name in (
            "clover_app_secret",
            "clover_rest_api_token",
            "clover_api_key",
            "clover_webhook_auth_code",
            "clover_webhook_signing_secret",
        ):
            self.assertEqual(
                self.env["payment.provider"]._fields[name].groups, "base.group_system", name
            )

    def test_only_currencies_that_clover_settles_are_offered(self):
        names = set(self.provider._get_supported_currencies().mapped("name"))
        self.assertTrue(names)
        self.assertLessEqual(names, {"CAD", "USD"})

    def test_cards_and_their_brands_are_switched_on(self):
        codes = self.provider._get_default_payment_method_codes()
        self.assertLessEqual({"card", "visa", "mastercard", "amex"}, codes)
        known = self.env["payment.method"].with_context(active_test=False).search([])
        self.assertLessEqual(codes, set(known.mapped("code")))
