import json
from functools import partial
from unittest.mock import patch

from odoo.tests import tagged

from ..canaries import CVV, PANS, captured_log, tables_with
from .delivery_common import DeliveryCommon

#: Where the secrets of endpoints are kept on purpose.
CREDENTIALS = ("fusion_delivery_endpoint",)


@tagged("post_install", "-at_install")
class TestDeliveryCanaries(DeliveryCommon):
    def test_what_a_receiver_gives_back_leaves_no_card_and_no_secret(self):
        secret = self.endpoint.sudo().signing_secret
        self.assertTrue(secret)
        echoed = f"number {PANS[0]} cvv: {CVV} Authorization: Bearer {secret}".encode()
        self.receiver.will_answer((500, {}, echoed), (400, {}, echoed), 200)
        with captured_log() as log:
            delivery = self._enqueue()
            for _attempt in range(3):
                self._work(delivery)
        self.assertEqual(len(self.receiver.requests), 3)
        for canary in (PANS[0], CVV, secret):
            self.assertNotIn(canary, log.getvalue())
        self.assertTrue(delivery.attempt_ids[-1:].response_excerpt or delivery.last_error)
        self.assertEqual(tables_with(self.env, [*PANS, CVV]), [])
        self.assertEqual(tables_with(self.env, [secret], except_tables=CREDENTIALS), [])

    def test_what_only_the_receiver_may_have_is_nowhere_else(self):
        partner = self.env["res.partner"].create({"name": "Subject"})
        card = {"card_number": PANS[1], "security_code": CVV}
        self.startPatcher(
            patch.object(
                type(partner),
                "_fusion_delivery_body",
                lambda record, delivery: partial(dict, delivery.body, **card),
                create=True,
            )
        )
        self.startPatcher(
            patch.object(
                type(partner), "_fusion_delivery_settled", lambda *args: None, create=True
            )
        )
        # Refused, cut off, echoed in a refusal, then taken.
        self.receiver.will_answer(
            (302, {"Location": f"http://127.0.0.1:9/?card={PANS[1]}"}, b""),
            0,
            lambda body: (422, {}, json.dumps({"invalid": body}).encode()),
            200,
        )
        with captured_log() as log:
            delivery = self._enqueue(record=partner)
            for _attempt in range(4):
                self._work(delivery)
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual({body["card_number"] for body in self.receiver.bodies()}, {PANS[1]})
        for canary in (PANS[1], CVV):
            self.assertNotIn(canary, log.getvalue())
        self.assertEqual(tables_with(self.env, [PANS[1], CVV]), [])

    def test_an_acknowledgement_leaves_neither_its_token_nor_a_card(self):
        token = self.endpoint.sudo().ack_token
        with captured_log() as log:
            for shown in (token, f"{token}x", PANS[0]):
                self.outbox._acknowledge_by_token(shown, PANS[0])
        for canary in (token, PANS[0]):
            self.assertNotIn(canary, log.getvalue())
        self.assertEqual(tables_with(self.env, [token], except_tables=CREDENTIALS), [])
