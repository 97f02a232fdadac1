from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import MERCHANT_ID
from .connect_common import CloverConnectCommon

LIVE_APP = "PRODUCTIONAPP"
LIVE_MERCHANT = "LIVEMERCHANT1"


@tagged("post_install", "-at_install")
class TestGoingLive(CloverConnectCommon):
    """The way to the first real payment, each step ticked by what proves it and nothing else."""

    def _ticked(self):
        self.provider.invalidate_recordset()
        return [step["title"] for step in self.provider._clover_go_live_steps() if step["done"]]

    def _enable(self):
        self.provider.write({"state": "enabled", "clover_app_id": LIVE_APP})

    def _connect_to_production(self):
        """As Connect leaves it; the real one would ask Clover's production."""
        token = self.env["clover.oauth.token"].sudo().create(
            {
                "provider_id": self.provider.id,
                "environment": "production",
                "app_id": LIVE_APP,
                "merchant_id": LIVE_MERCHANT,
                "merchant_name": "Live Merchant",
                "access_token": "live",
                "refresh_token": "live",
            }
        )
        self.provider.clover_merchant_id = LIVE_MERCHANT
        return token

    def _notice(self, merchant_id):
        self.env["fusion.event"].sudo().create(
            {
                "source": "clover",
                "event_key": f"{merchant_id}:P:ABC:CREATE:1537970958000",
                "event_type": "P.CREATE",
                "company_id": self.provider.company_id.id,
                "received_at": fields.Datetime.now() - timedelta(minutes=1),
            }
        )

    def _paid(self, **values):
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": f"live {len(self.env['payment.transaction'].search([]))}",
                "amount": 1.0,
                "currency_id": self.currency.id,
                "partner_id": self.partner_a.id,
                "operation": "online_direct",
                "state": "done",
                **values,
            }
        )

    def test_the_sandbox_ticks_nothing(self):
        self.assertEqual(self._ticked(), [])
        self._connect()
        self.assertEqual(self._ticked(), [])

    def test_the_sandboxs_app_is_not_ticked_while_enabled_is_being_chosen(self):
        self._connect()
        edited = self.provider.new(origin=self.provider)
        edited.state = "enabled"
        self.assertEqual([step for step in edited._clover_go_live_steps() if step["done"]], [])

    def test_the_production_app_and_its_raid(self):
        self.provider.write(
            {"state": "enabled", "clover_app_id": LIVE_APP, "clover_remote_app_id": "RAID.ABC"}
        )
        self.assertEqual(
            self._ticked(), ["Production app", "Remote App ID of the production app"]
        )
        self.assertIn("fa-check-circle", self.provider.clover_checklist)

    def test_the_connection_and_the_merchant_that_clover_confirmed(self):
        self._enable()
        token = self._connect_to_production()
        self.assertIn("Connected by OAuth", self._ticked())
        self.assertIn("Merchant confirmed by Clover", self._ticked())
        self.provider.clover_merchant_id = "BYHAND0000001"
        self.assertNotIn("Merchant confirmed by Clover", self._ticked())
        self.provider.clover_merchant_id = LIVE_MERCHANT
        token.error = "lost"
        self.assertNotIn("Connected by OAuth", self._ticked())
        self.assertNotIn("Merchant confirmed by Clover", self._ticked())

    def test_a_notice_of_the_sandbox_says_nothing_about_productions_webhook(self):
        self.provider.write(
            {"clover_webhook_auth_code": "code", "clover_merchant_id": MERCHANT_ID}
        )
        self._notice(MERCHANT_ID)
        self.assertIn("Working", self.provider.clover_status_webhooks)
        self._enable()
        self.assertNotIn("Webhook verified", self._ticked())
        self._connect_to_production()
        self.assertNotIn("Webhook verified", self._ticked())
        self.assertIn("nothing has arrived yet", self.provider.clover_status_webhooks)
        self._notice(LIVE_MERCHANT)
        self.assertIn("Webhook verified", self._ticked())
        self.assertIn("Working", self.provider.clover_status_webhooks)

    def test_the_time_of_the_latest_notice_is_the_readers(self):
        self.provider.write(
            {"clover_webhook_auth_code": "code", "clover_merchant_id": MERCHANT_ID}
        )
        self._notice(MERCHANT_ID)
        self.env["fusion.event"].sudo().search([("source", "=", "clover")]).received_at = (
            "2026-01-15 22:30:00"
        )
        said = {
            zone: self.provider.with_context(tz=zone).clover_status_webhooks
            for zone in ("America/Toronto", "Europe/Berlin")
        }
        self.assertIn("5:30", said["America/Toronto"])
        self.assertIn("11:30", said["Europe/Berlin"])

    def test_a_terminal_counts_once_it_has_answered(self):
        self._enable()
        terminal = self.env["clover.terminal"].sudo().create(
            {
                "provider_id": self.provider.id,
                "name": "Counter",
                "serial": "C030UQ00000001",
                "environment": "production",
                "merchant_ref": LIVE_MERCHANT,
            }
        )
        self._connect_to_production()
        step = "Terminal synchronised, and it answers"
        self.assertNotIn(step, self._ticked())
        terminal.last_ping_at = fields.Datetime.now()
        self.assertIn(step, self._ticked())

    def test_a_payment_that_was_given_back_in_production(self):
        step = "First payment taken and refunded"
        in_sandbox = self._paid()
        self._paid(operation="refund", amount=-1.0, source_transaction_id=in_sandbox.id)
        self._enable()
        self._connect_to_production()
        self.assertNotIn(step, self._ticked(), "a test moves no money")
        paid = self._paid()
        self.assertNotIn(step, self._ticked())
        self._paid(operation="refund", amount=-1.0, source_transaction_id=paid.id)
        self.assertIn(step, self._ticked())

    def test_a_payment_that_clover_voided_was_given_back_as_well(self):
        step = "First payment taken and refunded"
        self._enable()
        self._connect_to_production()
        void = self._paid(state="cancel", source_transaction_id=self._paid().id)
        self.assertNotIn(step, self._ticked())
        void.clover_returned_as = "void"
        self.assertIn(step, self._ticked())
