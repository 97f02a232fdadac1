from odoo.tests import tagged

from ..proxy.proxy_common import ProxyCommon


@tagged("post_install", "-at_install")
class TestOpened(ProxyCommon):
    def test_a_card_is_opened_when_the_other_system_says_that_it_has_it(self):
        self._proxy()
        self._book()
        card = self._requests().card_id
        self.assertEqual((card.state, card.opened_at), ("issued", False))
        self._post("/ack", {"payment_id": "PAY-001"})
        self.assertEqual(card.state, "opened")
        self.assertTrue(card.opened_at)
