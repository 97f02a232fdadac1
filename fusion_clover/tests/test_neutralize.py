from odoo.tests import tagged

from odoo.addons.fusion_payment_common.tests.test_neutralize import neutralize

from .terminal.terminal_common import TerminalCommon

ADDONS = ("fusion_payment_common", "fusion_clover")


@tagged("post_install", "-at_install")
class TestNeutralize(TerminalCommon):
    """A copy reaches neither Clover nor a terminal, whatever was under way in the original."""

    def test_what_was_under_way_goes_nowhere(self):
        wizard, _status = self._send()
        operation = self._operation_of(wizard)
        self.assertTrue(operation.next_attempt_at)
        before = len(self.simulator.requests())
        neutralize(self.env, ADDONS)
        self.assertFalse(operation.next_attempt_at)
        self._run_worker(operation)
        wizard.clover_status()
        self._status(wizard)
        self.assertEqual(len(self.simulator.requests()), before)

    def test_nothing_that_opens_clover_is_left(self):
        self.env["ir.config_parameter"].set_param("fusion_clover.dispatcher_auth_code", "code")
        neutralize(self.env, ADDONS)
        self.assertFalse(self.provider.clover_token_ids)
        self.assertFalse(self.provider.clover_api_key or self.provider.clover_rest_api_token)
        self.assertFalse(self.provider.clover_app_secret)
        self.assertFalse(self.env["clover.dispatcher"]._auth_code())
        self.assertFalse(self.env["clover.terminal"].search([]))
        self.assertFalse(self.provider.clover_default_terminal_id)
