import json
import time

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.lib import signing
from odoo.addons.fusion_payment_common.tests.canaries import captured_log, tables_with

from ..proxy.proxy_common import ProxyCommon

NUMBER = "4111111111111111"
WEBHOOK = "odoo.addons.fusion_payment_common.controllers.webhook"


@tagged("post_install", "-at_install")
class TestIntake(ProxyCommon):
    def setUp(self):
        super().setUp()
        self.intake = self.env["wex.intake"].create({"name": "Head Office"})
        self.body = {
            "_model": "x_requests",
            "_id": "test-123",
            "status": 200,
            "card_number": NUMBER,
            "expiration_month": "09",
            "expiration_year": "2031",
            "security_code": "739",
            "payment_id": "PAY-001",
            "amount": "150.00",
            "hauler_name": "Vendor Company Name",
            "employee": "John Doe",
            "invoice_number": "INV12345",
            "_delivery_id": "e8f0e6e8-1a9b-4d2f-8f7f-2a3b4c5d6e7f",
            "_delivery_attempt": 1,
        }

    def _send(self, secret=None, **changes):
        body = json.dumps({**self.body, **changes}).encode()
        headers = signing.headers_for(
            secret or self.intake.signing_secret, "m-1", int(time.time()), body
        )
        answer = self._post("/wex/intake", body, token=None, **headers)
        self.env.ref("fusion_payment_common.ir_cron_process_events").method_direct_trigger()
        self.env.invalidate_all()
        return answer.status_code

    def _cards(self):
        return self.env["wex.received.card"].search([])

    def test_a_card_is_stored_with_its_number_in_the_vault(self):
        with captured_log() as stream:
            self.assertEqual(self._send(), 200)
        card = self._cards()
        self.assertEqual(
            (card.payment_id, card.amount, card.last4, card.expiry, card.state),
            ("PAY-001", 150.0, "1111", "09/2031", "issued"),
        )
        self.assertEqual(card.secret_id.sudo()._open(), f"{NUMBER}\n09/2031\n739")
        self.assertEqual(tables_with(self.env, [NUMBER, '"739"']), [])
        self.assertNotIn(NUMBER, stream.getvalue())

    def test_a_card_that_comes_twice_is_stored_once(self):
        self.assertEqual((self._send(), self._send(_delivery_attempt=2)), (200, 200))
        self.assertEqual(len(self._cards()), 1)

    def test_an_error_is_stored_as_one(self):
        body = {"_model": "x_requests", "_id": "7", "status": 400, "error": "No funds"}
        self.body = {**body, "_delivery_id": "d-1"}
        self.assertEqual(self._send(), 200)
        self.assertEqual((self._cards().state, self._cards().error), ("error", "No funds"))

    def test_the_senders_route_is_told_with_its_token(self):
        self.intake.write({"ack_token": "the-senders-token", "ack_endpoint_id": self._ack_at().id})
        self._send()
        self._send()
        self._deliver()
        self.assertEqual(
            self.receiver.bodies(),
            [
                {
                    "payment_id": "PAY-001",
                    "_delivery_id": self.body["_delivery_id"],
                    "x_studio_proxy_auth_token": "the-senders-token",
                }
            ],
        )
        self.assertEqual(tables_with(self.env, ["the-senders-token"]), ["wex_intake"])

    def _ack_at(self):
        return self.env["fusion.delivery.endpoint"].sudo().create(
            {
                "name": "Head Office /wex/ack",
                "url": self.receiver.url,
                "state": "test",
                "is_signed": False,
                "is_numbered": False,
                "company_id": self.intake.company_id.id,
            }
        )

    @mute_logger(WEBHOOK)
    def test_what_nobody_signed_is_refused(self):
        self.assertEqual(self._send(secret=signing.generate_secret()), 401)
        self.assertFalse(self._cards())
        self.assertFalse(self.env["fusion.event"].sudo().search([("source", "=", "wex_intake")]))

    @mute_logger(WEBHOOK)
    def test_without_a_key_a_number_is_not_accepted(self):
        self.keys = []
        self.assertEqual(self._send(), 503)
        self.assertFalse(self._cards())

    @mute_logger(WEBHOOK)
    def test_a_delivery_without_an_id_is_refused(self):
        self.assertEqual(self._send(_delivery_id=None), 400)
