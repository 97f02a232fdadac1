from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.health import Level

from .connection.connect_common import CloverConnectCommon


@tagged("post_install", "-at_install")
class TestHealth(CloverConnectCommon):
    def _found(self):
        self.env.flush_all()
        self.env.invalidate_all()
        finding = self.env["clover.oauth.token"]._probe_connection(self.env.company)
        return finding.level, finding.sentence

    def test_the_connection_is_one_of_the_checks(self):
        codes = [check.code for check in self.env["fusion.health.check"]._checks()]
        self.assertIn("clover_connection", codes)

    def test_a_connection_that_is_not_there_or_works_or_is_lost(self):
        self.assertEqual(self._found(), (Level.WARNING, "Not connected. Click Connect."))
        token = self._connect()
        self.assertEqual(
            self._found(), (Level.OK, "Connected to Simulated Merchant (Sandbox).")
        )
        token.error = "refused"
        level, sentence = self._found()
        self.assertEqual(level, Level.ERROR)
        self.assertIn("Click Reconnect", sentence)

    def test_a_connection_near_its_end_is_worth_a_look(self):
        token = self._connect()
        token.refresh_expires_at = fields.Datetime.now() + timedelta(days=3, hours=1)
        level, sentence = self._found()
        self.assertEqual(level, Level.WARNING)
        self.assertIn("ends in 3 days", sentence)

    def test_a_simulators_address_is_mentioned_in_production(self):
        self.provider.write({"state": "enabled", "clover_app_id": "PRODUCTIONAPP"})
        level, sentence = self._found()
        self.assertEqual(level, Level.WARNING)
        self.assertIn("fusion_clover.sandbox_origin", sentence)

    def test_a_provider_that_is_switched_off_is_fine(self):
        self.provider.state = "disabled"
        self.assertEqual(self._found()[0], Level.OK)

    def test_the_remedy_opens_the_provider(self):
        action = self.env["clover.oauth.token"]._remedy_connection(self.env.company)
        self.assertEqual(action["res_id"], self.provider.id)
