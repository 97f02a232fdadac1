from odoo.tests import tagged

from .canaries import CVV, PANS, captured_log, tables_with
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
        self.assertNotIn(PANS[0], log.getvalue())
        self.assertNotIn(secret, log.getvalue())
        self.assertTrue(delivery.attempt_ids[-1:].response_excerpt or delivery.last_error)
        self.assertEqual(tables_with(self.env, PANS), [])
        self.assertEqual(tables_with(self.env, [secret], except_tables=CREDENTIALS), [])
