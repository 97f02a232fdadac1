from urllib.parse import parse_qs, urlsplit

from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.vault import generate_key
from odoo.addons.fusion_payment_common.tests.canaries import (
    CVV,
    PANS,
    captured_log,
    tables_with,
)

from .common import APPROVED
from .connection.connect_common import CloverConnectCommon
from .inbound.test_webhook import AUTH, JSON, MERCHANT, TenantCase
from .refund.refund_common import RefundCommon
from .terminal.terminal_common import TerminalCommon
from .test_canaries import CREDENTIALS


@tagged("post_install", "-at_install")
class TestCanariesConnect(CloverConnectCommon):
    """Connecting, renewing and disconnecting: the code, both tokens and the app's secret."""

    def test_what_connects_is_kept_in_one_place(self):
        with captured_log() as log:
            location = self._begin()
            code = parse_qs(urlsplit(location).query)["code"][0]
            self._come_back(location)
            token = self.provider.clover_token_id
            kept = [token.access_token, token.refresh_token]
            token.access_token = "canary-revoked-access-token"
            self.env.flush_all()
            self.provider._clover_client().merchants.retrieve()
            self.env.invalidate_all()
            kept += [token.access_token, token.refresh_token, "canary-revoked-access-token"]
            again = self._begin()
            self.provider.clover_app_secret = "canary-wrong-app-secret"
            self.env.flush_all()
            self._come_back(again)
        codes = [code, parse_qs(urlsplit(again).query)["code"][0]]
        secrets = [*kept, "sim-clover-app-secret", "canary-wrong-app-secret"]
        self.assertIn("oauth", log.getvalue(), "the log was captured")
        for canary in (*codes, *secrets):
            self.assertNotIn(canary, log.getvalue())
        self.assertEqual(tables_with(self.env, codes), [])
        self.assertEqual(tables_with(self.env, secrets, except_tables=CREDENTIALS), [])


@tagged("post_install", "-at_install")
class TestCanariesWebhook(TenantCase):
    """Whoever posts something: proofs, and a card that does not belong there."""

    def test_a_notice_leaves_neither_its_proof_nor_a_card(self):
        keys = [generate_key()]
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: keys)
        wrong = "canary-wrong-auth-code"
        with captured_log() as log:
            body = {**self._body(MERCHANT), "note": PANS[0], "cvv": CVV}
            self.assertEqual(self._post(body).status_code, 200)
            self._post({**self._body(MERCHANT, object_id="P:DEF"), "notes": [{"of": PANS[1]}]})
            self._post(body, {**JSON, "X-Clover-Auth": wrong})
            self._post(f"{PANS[2]} cvv={CVV}".encode())
            self.env.flush_all()
            self.env["fusion.event"]._queue_work()
        self.assertTrue(self._received())
        proofs = (AUTH["X-Clover-Auth"], wrong)
        for canary in (*PANS, CVV, *proofs):
            self.assertNotIn(canary, log.getvalue())
        self.assertEqual(tables_with(self.env, [*PANS, CVV]), [])
        self.assertEqual(tables_with(self.env, proofs, except_tables=CREDENTIALS), [])


@tagged("post_install", "-at_install")
class TestCanariesTerminal(TerminalCommon):
    """Payments at a device, however they end: what opens it, and the card."""

    def test_a_payment_at_a_device_leaves_nothing(self):
        with captured_log() as log:
            for action in ("approve", "decline", "cancel"):
                self.move = self._new_invoice(20.0)
                self._tell(self.flex, action)
                wizard, _status = self._send()
                for _turn in range(3):
                    self._work(wizard)
        token = self.provider.clover_token_ids
        secrets = [token.access_token, token.refresh_token]
        self.assertIn("fusion_payment_common", log.getvalue(), "the log was captured")
        for canary in (APPROVED, *secrets):
            self.assertNotIn(canary, log.getvalue())
        self.assertEqual(tables_with(self.env, [APPROVED]), [])
        self.assertEqual(tables_with(self.env, secrets, except_tables=CREDENTIALS), [])


@tagged("post_install", "-at_install")
class TestCanariesReceipt(RefundCommon):
    """What is printed and mailed."""

    def test_a_receipt_and_its_mail_hold_no_number(self):
        self.partner_a.email = "paula@example.com"
        with captured_log() as log:
            self.transaction.action_clover_send_receipt()
            report = self.env["ir.actions.report"]
            html = report._render_qweb_html("fusion_clover.report_receipt", self.transaction.ids)
        self.assertNotIn(APPROVED, html[0].decode().replace(" ", ""))
        mails = self.env["mail.mail"].search([("model", "=", "payment.transaction")])
        self.assertTrue(mails)
        self.assertNotIn(APPROVED, log.getvalue())
        self.assertEqual(tables_with(self.env, [APPROVED]), [])
