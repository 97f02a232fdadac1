from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.tests.test_neutralize import neutralize

from ..common import WexCommon


@tagged("post_install", "-at_install")
class TestAccount(WexCommon):
    def test_the_connection_is_tested_without_making_anything(self):
        self.account.action_wex_test_connection()
        self.assertTrue(self.account.tested_at)
        self.assertEqual(self.simulator.get("ledger"), [])

    def test_a_connection_that_does_not_work_says_why(self):
        self.account.password = "wrong"
        with self.assertRaisesRegex(UserError, "credentials"):
            self.account.action_wex_test_connection()
        self.assertFalse(self.account.tested_at)

    def test_without_a_sandbox_the_test_state_calls_nobody(self):
        self.env["ir.config_parameter"].sudo().set_param("fusion_wex.sandbox_origin", False)
        request = self._issued()
        self.assertEqual(self.simulator.get("requests"), [])
        self.assertTrue(request.card_id.is_test)
        self.assertIn("TEST", request.card_id.display_name)
        self.assertEqual(request.card_id._wex_secret().reveal_security_code(), "000")

    def test_an_enabled_account_never_looks_at_the_sandbox(self):
        self.account.write({"url": "https://wex.example.com", "state": "enabled"})
        self.assertFalse(self.account._wex_is_watermarked())
        self.assertEqual(
            self.account._wex_client()._endpoint, "https://wex.example.com/api/merchant-logs/v1"
        )

    def test_an_account_is_enabled_only_with_credentials(self):
        with self.assertRaises(ValidationError):
            self.account.write({"state": "enabled", "url": False})

    def test_a_disabled_account_issues_nothing(self):
        request = self._request()
        self.account.state = "disabled"
        with self.assertRaisesRegex(UserError, "disabled"):
            request.action_submit()

    def test_deviations_that_cannot_work_are_refused(self):
        for values in (
            {"profile_overrides": "{"},
            {"profile_overrides": '{"unknown": 1}'},
            {"udf_slots": "vendor_name"},
        ):
            with self.assertRaises(ValidationError):
                self.account.write(values)

    def test_a_clerk_does_not_see_the_password(self):
        with self.assertRaises(AccessError):
            self.account.with_user(self.clerk).read(["password"])

    def test_neutralizing_a_copy_leaves_no_account_that_works(self):
        issued = self._issued()
        waiting = self._request(self._new_bill(20.0))
        waiting.action_submit()
        intake = self.env["wex.intake"].create({"name": "Head Office"})
        secret = intake.signing_secret
        self.assertTrue(issued.card_id._wex_has_number())
        before = len(self.simulator.get("requests"))
        neutralize(self.env, ("fusion_payment_common", "fusion_wex"))
        self.assertEqual((self.account.state, self.account.password), ("disabled", False))
        self.assertFalse(self.account._wex_sandbox_origin())
        self.assertFalse(issued.card_id._wex_has_number())
        self.assertNotEqual(intake.signing_secret, secret)
        self._work()
        self.env["wex.virtual.card"].sudo()._queue_work()
        self.assertEqual(waiting.state, "queued", "the card is the original's to ask for")
        self.assertEqual(len(self.simulator.get("requests")), before)
