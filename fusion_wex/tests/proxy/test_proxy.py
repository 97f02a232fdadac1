import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_payment_common.tests.canaries import captured_log, tables_with

from ...client import proxy_wire
from .proxy_common import DOCUMENTED, TOKEN, ProxyCommon

HTTP = "odoo.http"


@tagged("post_install", "-at_install")
class TestProxy(ProxyCommon):
    # === THE DOCUMENTED CALLS === #

    def test_the_documented_calls_get_the_documented_answers(self):
        answer = self._post("/proxy", DOCUMENTED)
        (issued,) = self.simulator.get("ledger")
        secret = self._secret()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {
                "_model": "x_requests",
                "_id": "test-123",
                "status": 200,
                "card_number": secret.reveal_number(),
                "expiration_month": f"{secret.expiry_month:02d}",
                "expiration_year": str(secret.expiry_year),
                "security_code": secret.reveal_security_code(),
                "payment_id": "PAY-001",
                "amount": "100.50",
                "hauler_name": "Test Vendor",
                "employee": "Test Employee",
                "invoice_number": "TEST-INV-001",
            },
        )
        self.assertEqual(self._requests().card_id.last4, answer.json()["card_number"][-4:])
        self.assertEqual(issued["amount"], 10050)

    def test_the_documented_acknowledgement_may_follow_at_once(self):
        self._post("/proxy", DOCUMENTED)
        answer = self._post("/ack", '{ "payment_id": "PAY-001" }')
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json(), {"status": "acknowledged", "payment_id": "PAY-001"})
        self._book()
        self.assertEqual(self._requests().state, "acknowledged")
        self.assertEqual(self._deliveries().mapped("state"), ["acknowledged"])
        self.assertEqual(self.receiver.bodies(), [], "the receiver has said that it has the card")
        self.assertIsNone(self._requests().card_id._wex_secret().reveal_security_code())

    def test_whoever_looks_whether_the_routes_are_there_is_told_so(self):
        for path in ("/proxy", "/wex/proxy", "/ack", "/wex/ack"):
            with self.subTest(path=path):
                answer = self.url_open(path, method="OPTIONS")
                self.assertEqual((answer.status_code, answer.text), (200, ""))
                self.assertEqual(answer.headers["Allow"], "OPTIONS, POST")

    def _secret(self):
        self._work()
        return self._requests().card_id._wex_secret()

    def test_the_routes_are_below_wex_as_well(self):
        first = self._post("/wex/proxy", DOCUMENTED)
        self._book()
        second = self._post("/wex/ack", {"x_name": "PAY-001"})
        self.assertEqual((first.status_code, second.status_code), (200, 200))

    def test_a_token_in_the_body_is_as_good(self):
        asked = self._asked(x_studio_proxy_auth_token="your_token")
        self.assertEqual(self._post("/proxy", asked, token=None).status_code, 200)

    def test_the_delivery_has_the_same_fields_and_two_more(self):
        answer = self._proxy().json()
        self._book()
        (delivered,) = self.receiver.bodies()
        (delivery,) = self._deliveries()
        self.assertEqual(
            delivered,
            {**answer, "_delivery_id": delivery.delivery_uuid, "_delivery_attempt": 1},
        )

    def test_without_the_old_format_nobody_is_sent_a_number(self):
        self.endpoint.wex_sends_card_data = False
        answer = self._proxy()
        self._book()
        self.assertEqual(answer.status_code, 200)
        (delivered,) = self.receiver.bodies()
        for body in (answer.json(), delivered):
            self.assertNotIn("card_number", body)
            self.assertNotIn("security_code", body)
            self.assertEqual(body["amount"], "100.50")

    # === WHO MAY ASK === #

    def _refused(self, status, body, **options):
        answer = self._post("/proxy", body, **options)
        self.assertEqual(answer.status_code, status)
        self.assertFalse(self._requests())
        self.assertEqual(self.simulator.get("requests"), [])
        return answer.json()

    def test_a_wrong_token_is_refused(self):
        self.assertEqual(
            self._refused(401, DOCUMENTED, token="other"), {"error": "Unauthorized"}
        )

    def test_no_token_is_refused_even_where_none_is_set(self):
        self.account.proxy_token = False
        self.assertEqual(self._refused(401, DOCUMENTED, token=None), {"error": "Unauthorized"})

    def test_a_token_of_a_disabled_account_is_refused(self):
        self.account.state = "disabled"
        self._refused(401, DOCUMENTED)

    def test_a_stranger_learns_nothing_about_a_broken_body(self):
        self.assertEqual(self._refused(401, "{", token=None), {"error": "Unauthorized"})

    @mute_logger(HTTP)
    def test_a_large_body_is_not_read(self):
        answer = self._post("/proxy", b"x" * 20_000)
        self.assertEqual(answer.status_code, 413)

    # === WHAT IS ASKED === #

    def test_a_body_that_is_no_json_is_refused(self):
        self.assertEqual(self._refused(400, "{")["error"], "Invalid JSON")

    def test_a_missing_field_is_named(self):
        asked = self._asked()
        del asked["x_name"]
        self.assertEqual(
            self._refused(400, asked), {"error": "Invalid input", "message": "'x_name'"}
        )

    def test_an_amount_that_is_none_is_refused(self):
        for amount in ("NaN", "1e400", 0, -5, True, None, [], "x", 1e12):
            with self.subTest(amount=amount):
                self.assertEqual(
                    self._refused(400, self._asked(amount=amount))["error"], "Invalid input"
                )

    def test_an_amount_left_by_a_callers_floats_is_what_it_means(self):
        body = DOCUMENTED.replace("100.50", "11.120000000000001")
        self.assertEqual(self._post("/proxy", body).json()["amount"], "11.12")
        self.assertEqual([amount for _ref, amount in self.simulator.moved()], [1112])

    def test_an_amount_may_be_text(self):
        self.assertEqual(self._proxy(amount="7.1").json()["amount"], "7.10")
        self.assertEqual([amount for _ref, amount in self.simulator.moved()], [710])

    def test_a_numeric_id_comes_back_as_a_number(self):
        self.assertEqual(self._proxy(_id=77).json()["_id"], 77)

    def _invoice(self):
        (create,) = self.simulator.get("requests?method=POST")
        (line,) = create["body"]["invoices"]
        return line["invoice_number"], line["invoice_date"][:10]

    def test_the_date_is_that_of_the_bill_in_odoo(self):
        self._new_bill(100.5, invoice_date="2024-02-29", ref="TEST-INV-001")
        self._proxy(vendor="acme hauling")
        self.assertEqual(self._invoice(), ("TEST-INV-001", "2024-02-29"))

    def test_the_date_is_the_one_that_was_sent(self):
        self._new_bill(100.5, invoice_date="2024-02-29", ref="TEST-INV-001")
        self._proxy(vendor="acme hauling", x_studio_invoice_date="2023-05-06")
        self.assertEqual(self._invoice(), ("TEST-INV-001", "2023-05-06"))

    # === ONE CARD === #

    def test_a_repeated_request_gets_the_first_card(self):
        first = self._proxy()
        again = self._proxy()
        self._work()
        booked = self._proxy()
        self.assertEqual(first.json(), again.json())
        self.assertEqual(first.json(), booked.json())
        self.assertEqual(len(self.simulator.moved()), 1)
        self.assertEqual(len(self._requests()), 1)

    def test_without_an_id_the_payment_identifies_the_request(self):
        asked = self._asked()
        del asked["_id"]
        first, again = self._post("/proxy", asked), self._post("/proxy", asked)
        self.assertEqual(first.json(), again.json())
        self.assertIsNone(first.json()["_id"])
        self.assertEqual(len(self.simulator.moved()), 1)

    def test_another_request_under_a_used_id_is_refused(self):
        self._proxy()
        answer = self._proxy(amount=200)
        self.assertEqual(answer.status_code, 409)
        self.assertEqual(answer.json()["_id"], "test-123")
        self.assertEqual([amount for _ref, amount in self.simulator.moved()], [10050])

    def test_a_lost_answer_is_no_failure_and_the_same_id_gets_the_card(self):
        self.simulator.fault("reset_after")
        first = self._proxy()
        self.assertEqual(first.status_code, 502)
        self.assertEqual(first.json()["error"], "Wex API request failed")
        self.assertEqual(self._proxy().status_code, 502)
        self._work(self._requests())
        answer = self._proxy()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self.simulator.creates(), 1)
        self._deliver()
        self.assertEqual([body["status"] for body in self.receiver.bodies()], [200])

    # === NO CARD === #

    def test_what_wex_refuses_is_told_at_once_and_forwarded_once(self):
        self.simulator.post("config", {"credit_line": 5000})
        answer = self._proxy()
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(
            {name: answer.json()[name] for name in ("_model", "_id", "status")},
            {"_model": "x_requests", "_id": "test-123", "status": 400},
        )
        self.assertEqual(
            answer.json()["error"], "InsufficientCreditLimit: The credit line is used up"
        )
        self._book()
        (delivered,) = self.receiver.bodies()
        (delivery,) = self._deliveries()
        self.assertEqual(delivery.state, "delivered", "nobody acknowledges an error")
        self.assertFalse(delivery.next_attempt_at)
        self.assertEqual(delivered.pop("_delivery_id"), delivery.delivery_uuid)
        self.assertEqual(delivered.pop("_delivery_attempt"), 1)
        self.assertEqual(delivered, answer.json())

    def test_a_request_that_made_no_card_may_be_repeated(self):
        self.simulator.post("config", {"credit_line": 5000})
        self._proxy()
        self._work()
        first = self._requests().reference
        self.simulator.post("config", {"credit_line": 0})
        answer = self._proxy(amount=90)
        self.assertEqual((answer.status_code, answer.json()["amount"]), (200, "90.00"))
        self.assertNotEqual(self._requests().reference, first)
        self.assertEqual([amount for _ref, amount in self.simulator.moved()], [9000])

    def test_a_wex_that_cannot_be_reached_is_told_as_before(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "fusion_wex.sandbox_origin", "http://127.0.0.1:9"
        )
        answer = self._proxy()
        self.assertEqual(answer.status_code, 502)
        body = answer.json()
        self.assertIn("127.0.0.1:9", body.pop("message"))
        self.assertEqual(
            body,
            {
                "_model": "x_requests",
                "_id": "test-123",
                "status": 502,
                "error": "Wex API request failed",
            },
        )
        self._work()
        self.assertEqual(self._requests().state, "failed")

    def test_the_clerk_reads_the_words_of_wex_as_well(self):
        self.simulator.post("config", {"credit_line": 5000})
        self._proxy()
        self._work()
        self.assertIn("The credit line is used up", self._requests().message)

    # === AS FAST AS THE OLD ONE === #

    def test_a_card_takes_few_statements(self):
        self._proxy(_id="warm")
        asked = proxy_wire.read_request(self._asked())
        account = self.env["wex.account"]._wex_of_proxy_token(TOKEN)
        self.env.flush_all()
        before = self.cr.sql_log_count
        status, _body = self.env["wex.card.request"]._wex_answer_proxy(account, asked)
        taken = self.cr.sql_log_count - before
        self.assertEqual(status, 200)
        self.assertLessEqual(taken, 14, "each takes as long as half an empty request")

    def test_what_is_remembered_of_an_account_is_forgotten_when_it_changes(self):
        self.assertEqual(self._proxy().status_code, 200)
        self.account.max_uses = 3
        self._proxy(_id="test-124")
        create = self.simulator.get("requests?method=POST")[-1]
        self.assertEqual(create["body"]["max_auth_count"], 3)
        self.account.proxy_token = "another-token"
        self.assertEqual(self._proxy(_id="test-125").status_code, 401)

    # === CARD DATA === #

    def test_a_repeated_request_gets_the_code_also_after_it_was_forgotten(self):
        first = self._proxy()
        self._book()
        self._post("/ack", {"payment_id": "PAY-001"})
        self.assertIsNone(self._requests().card_id._wex_secret().reveal_security_code())
        self.assertEqual(self._proxy().json(), first.json())

    def test_a_number_that_is_not_kept_is_read_from_wex_for_the_delivery(self):
        self.account.keeps_number = False
        self._proxy()
        self._work()
        card = self._requests().card_id
        self.assertFalse(card.secret_id)
        path = f"/api/merchant-logs/v1/{card.wex_id}"
        self.simulator.fault("http_503", method="GET", path=path)
        self._deliver()
        (delivery,) = self._deliveries()
        self.assertEqual((self.receiver.requests, delivery.attempt_count), ([], 1))
        self.assertFalse(self.endpoint.circuit_failures, "the receiver was never called")
        self._deliver(delivery)
        (delivered,) = self.receiver.bodies()
        self.assertEqual(delivered["card_number"], card._wex_secret().reveal_number())
        self.assertEqual(delivered["_delivery_attempt"], 2)

    def test_text_that_reads_as_a_number_does_not_undo_a_card(self):
        self._proxy(invoice="4539578763621486")
        self._book()
        self.assertEqual(self._requests().state, "issued")
        (delivery,) = self._deliveries()
        self.assertEqual(delivery.state, "delivered")
        self.assertNotIn("4539578763621486", str(delivery.body))

    def test_a_number_is_neither_stored_nor_logged_on_its_way(self):
        with captured_log() as stream:
            number = self._proxy().json()["card_number"]
            self.receiver.will_answer((200, {}, json.dumps({"echo": number}).encode()))
            self._book()
            self._post("/ack", {"payment_id": "PAY-001"})
        self.assertEqual(self.receiver.bodies()[0]["card_number"], number)
        self.assertEqual(tables_with(self.env, [number]), [])
        self.assertNotIn(number, stream.getvalue())

    def test_the_code_is_forgotten_once_the_receiver_has_it(self):
        self._proxy()
        self._book()
        card = self._requests().card_id
        self.assertTrue(card._wex_secret().reveal_security_code())
        self._post("/ack", {"payment_id": "PAY-001"})
        self.assertIsNone(card._wex_secret().reveal_security_code())
