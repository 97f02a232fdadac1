from odoo.tests import tagged

from .proxy_common import ProxyCommon


@tagged("post_install", "-at_install")
class TestProxyAcknowledgement(ProxyCommon):
    """Acknowledgements are right whenever they come."""

    def _acknowledge(self, payment="PAY-001", **more):
        return self._post("/ack", {"payment_id": payment, **more})

    def test_an_early_one_spares_the_delivery(self):
        self._proxy()
        self._work()
        self.assertEqual(self._acknowledge().status_code, 200)
        self._deliver()
        self.assertEqual(self.receiver.requests, [])
        self.assertEqual(self._deliveries().state, "acknowledged")

    def test_one_before_the_books_know_spares_the_delivery(self):
        self._proxy()
        self.assertEqual(self._acknowledge().status_code, 200)
        self.assertEqual(self._acknowledge().status_code, 200, "it may be repeated")
        self._book()
        self.assertEqual(self.receiver.requests, [])
        self.assertEqual(self._deliveries().state, "acknowledged")
        self.assertEqual(self._requests().state, "acknowledged")

    def test_a_repeated_early_one_does_not_end_the_next_delivery_of_the_payment(self):
        self._proxy()
        self._acknowledge()
        self._proxy(_id="test-124")
        self._acknowledge()
        self._work()
        self.assertEqual(self._deliveries().mapped("state"), ["acknowledged", "pending"])

    def test_one_for_a_request_without_a_card_acknowledges_nothing(self):
        self.simulator.post("config", {"credit_line": 5000})
        self._proxy()
        self.assertEqual(self._acknowledge().status_code, 404)

    def test_without_an_endpoint_it_is_the_card_that_is_acknowledged(self):
        self.account.delivery_endpoint_id = False
        self._proxy()
        self.assertEqual(self._acknowledge().status_code, 200)
        self._work()
        self.assertEqual(self._requests().state, "acknowledged")
        self._proxy(_id="test-124", payment="PAY-002")
        self._work()
        self.assertEqual(self._acknowledge("PAY-002").status_code, 200)
        self.assertEqual(self._requests().mapped("state"), ["acknowledged"] * 2)

    def test_a_late_one_counts_after_the_endpoint_was_replaced(self):
        self._proxy()
        self._book()
        self.account.delivery_endpoint_id = self.endpoint.copy({"name": "New", "state": "test"})
        self.assertEqual(self._acknowledge().status_code, 200)
        self.assertEqual(self._deliveries().state, "acknowledged")

    def test_one_before_there_is_anything_to_acknowledge_leaves_no_trace(self):
        answer = self._acknowledge()
        self.assertEqual(answer.status_code, 404)
        self.assertEqual(answer.json(), {"error": "Unknown payment_id"})
        self._proxy()
        self._book()
        self.assertEqual(self._deliveries().state, "delivered", "it has to be acknowledged yet")
        self.assertTrue(self._deliveries().next_attempt_at)

    def test_a_late_one_ends_what_was_given_up(self):
        self._proxy()
        self._book()
        (delivery,) = self._deliveries()
        for _attempt in range(5):
            self._deliver(delivery)
        self.assertEqual(delivery.state, "dead")
        self.assertEqual(self._acknowledge().status_code, 200)
        self.assertEqual(delivery.state, "acknowledged")
        self.assertFalse(delivery.activity_ids)

    def test_it_may_be_repeated(self):
        self._proxy()
        self._book()
        self.assertEqual(self._acknowledge().json(), self._acknowledge().json())

    def test_a_repeated_one_does_not_end_the_next_delivery_of_the_payment(self):
        self._proxy()
        self._book()
        self._acknowledge()
        self._proxy(_id="test-124")
        self._work()
        self.assertEqual(self._acknowledge().status_code, 200)
        self.assertEqual(self._deliveries().mapped("state"), ["acknowledged", "pending"])

    def test_a_delivery_id_says_exactly_which_one_is_meant(self):
        self._proxy()
        self._proxy(_id="test-124")
        self._book()
        second = self._deliveries()[1]
        self._acknowledge(_delivery_id=second.delivery_uuid)
        self.assertEqual(self._deliveries().mapped("state"), ["delivered", "acknowledged"])

    def test_a_payment_has_to_be_named(self):
        answer = self._post("/ack", {})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json(), {"error": "Missing payment_id"})

    def test_a_stranger_ends_nothing(self):
        self._proxy()
        self._book()
        answer = self._post("/ack", {"payment_id": "PAY-001"}, token="other")
        self.assertEqual((answer.status_code, answer.json()), (401, {"error": "Unauthorized"}))
        self.assertEqual(self._deliveries().state, "delivered")

    def test_the_token_of_another_account_ends_nothing(self):
        other = self.env["wex.account"].create(
            {**self._account_values(), "name": "Other", "proxy_token": "another-token"}
        )
        self.assertTrue(other)
        self._proxy()
        self._book()
        answer = self._post("/ack", {"payment_id": "PAY-001"}, token="another-token")
        self.assertEqual(answer.status_code, 404)
        self.assertEqual(self._deliveries().state, "delivered")

    def test_cards_that_odoo_asked_for_are_delivered_and_acknowledged_too(self):
        request = self._issued()
        self._deliver()
        (body,) = self.receiver.bodies()
        self.assertEqual(
            (body["_id"], body["payment_id"], body["invoice_number"], body["amount"]),
            (request.name, request.name, self.bill.ref, "113.00"),
        )
        self.assertEqual(self._acknowledge(request.name).status_code, 200)
        self.assertEqual(request.state, "acknowledged")
