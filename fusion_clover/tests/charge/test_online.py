import json
from unittest import SkipTest

from odoo.tests import tagged

from ..common import APPROVED, DECLINED
from .portal_common import PortalCommon


@tagged("post_install", "-at_install")
class TestPortal(PortalCommon):
    def test_a_shopper_pays_an_invoice_with_a_card(self):
        values = self._begin()
        result = self._process(values, self._source())
        self.assertEqual(result, {"state": "done", "message": ""})
        (charge,) = self._charges()
        self.assertEqual(charge["amount"], 11300)
        (call,) = self.simulator.requests("/v1/charges")
        self.assertEqual(call["body"]["ecomind"], "ecom")
        self.assertEqual(call["headers"]["X-Forwarded-For"], "127.0.0.1")
        self.assertEqual(self._transaction(values).state, "done")
        self.assertEqual(self._transaction(values).clover_shopper_address, "127.0.0.1")
        self.assertEqual(self.move.amount_residual, 0)

    def test_sending_the_same_card_twice_charges_once(self):
        values, source = self._begin(), self._source()
        self.assertEqual(self._process(values, source)["state"], "done")
        self.assertEqual(self._process(values, source)["state"], "done")
        self.assertEqual(len(self._charges()), 1)
        self.assertEqual(len(self.simulator.requests("/v1/charges")), 1)

    def test_two_tabs_that_began_together_charge_once(self):
        first, second = self._begin(), self._begin()
        self.assertNotEqual(first["reference"], second["reference"])
        self.assertEqual(self._process(first, self._source())["state"], "done")
        refused = self._process(second, self._source())
        self.assertEqual(refused["state"], "refused")
        self.assertIn("paid in the meantime", refused["message"])
        self.assertEqual(len(self._charges()), 1)
        self.assertEqual(self._transaction(second).state, "cancel")

    def test_a_second_device_is_refused_while_the_first_is_being_checked(self):
        self.simulator.fault("reset_after")
        first, second = self._begin(), self._begin()
        self.assertEqual(self._process(first, self._source())["state"], "pending")
        refused = self._process(second, self._source())
        self.assertEqual(refused["state"], "refused")
        self.assertEqual(len(self._charges()), 1)
        self.assertEqual(len(self.simulator.requests("/v1/charges")), 1)

    def test_an_unknown_outcome_resolves_itself_on_the_status_page(self):
        self.simulator.fault("reset_after")
        values = self._begin()
        result = self._process(values, self._source())
        self.assertEqual(result["state"], "pending")
        self.assertIn("do not pay again", result["message"])
        page = self.url_open("/payment/status").text
        self.assertIn("We are checking your payment", page)
        self.assertIn("Please do not pay again", page)
        self._operations(values).next_attempt_at = "2020-01-01"
        self.env.flush_all()
        answer = self.make_jsonrpc_request("/payment/status/poll", {})
        self.assertEqual(answer["state"], "done")
        self.env.invalidate_all()
        self.assertEqual(self._transaction(values).state, "done")
        self.assertEqual(self.move.amount_residual, 0)
        self.assertEqual(len(self._charges()), 1)

    def test_a_decline_is_said_in_the_shoppers_words_and_another_card_pays(self):
        declined = self._pay(number=DECLINED)
        self.assertEqual(declined["state"], "declined")
        self.assertIn("Your bank declined the card. Nothing was charged.", declined["message"])
        self.assertNotIn("customer", declined["message"])
        self.assertEqual(self._pay()["state"], "done")
        self.assertEqual(len(self._charges()), 1)

    def test_whatever_is_no_one_time_token_is_refused_unsent(self):
        values = self._begin()
        for source in (APPROVED, "4242 4242 4242 4242", "0DZ07JZP5XSVT", "", None, ["clv_1"]):
            with self.subTest(source=source):
                refused = self._process(values, source)
                self.assertEqual(refused["state"], "refused")
                self.assertNotIn("4242", refused["message"])
        self.assertEqual(self.simulator.requests("/v1/charges"), [])
        self.assertFalse(self._operations(values))

    def test_a_page_cannot_charge_what_is_not_its_own(self):
        values, other = self._begin(), self._begin(self._portal_invoice(7.0))
        for changes in (
            {"access_token": other["access_token"]},
            {"reference": other["reference"]},
            {"access_token": ""},
            {"reference": "no such payment"},
        ):
            with self.subTest(changes=changes):
                refused = self._process(values, self._source(), **changes)
                self.assertEqual(refused["state"], "refused")
                self.assertIn("out of date", refused["message"])
        self.assertEqual(self._charges(), [])
        self.assertFalse(self._operations(values))

    def test_an_amount_changed_after_the_page_was_made_is_not_charged(self):
        values = self._begin()
        self._transaction(values).amount = 1.0
        refused = self._process(values, self._source())
        self.assertEqual(refused["state"], "refused")
        self.assertEqual(self._charges(), [])

    def test_an_invoice_that_is_paid_otherwise_meanwhile_is_not_charged(self):
        values = self._begin()
        self._register_payment(self.move)
        self.assertEqual(self.move.amount_residual, 0)
        self.assertEqual(self._process(values, self._source())["state"], "refused")
        self.assertEqual(self._charges(), [])

    def _register_payment(self, move):
        wizards = self.env["account.payment.register"]
        context = {"active_model": "account.move", "active_ids": move.ids}
        wizards.with_context(**context).create({})._create_payments()

    def test_declines_are_limited_for_a_customer(self):
        self.env["ir.config_parameter"].sudo().set_param("fusion_clover.declines_per_customer", 2)
        for _attempt in range(2):
            self.assertEqual(self._pay(number=DECLINED)["state"], "declined")
        stopped = self._pay()
        self.assertEqual(stopped["state"], "refused")
        self.assertIn("Too many cards were declined", stopped["message"])
        self.assertEqual(self._charges(), [])
        self.assertEqual(len(self.simulator.requests("/v1/charges")), 2)

    def test_declines_of_a_document_count_whoever_tried(self):
        self.env["ir.config_parameter"].sudo().set_param("fusion_clover.declines_per_customer", 1)
        self.assertEqual(self._pay(number=DECLINED)["state"], "declined")
        self.move.transaction_ids.partner_id = self.partner_b
        self.env.flush_all()
        self.assertEqual(self._pay()["state"], "refused")
        self.move.transaction_ids.invoice_ids = False
        self.env.flush_all()
        self.assertEqual(self._pay()["state"], "done")

    def test_declines_are_limited_for_an_address_over_all_customers(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("fusion_clover.declines_per_address", 1)
        self.assertEqual(self._pay(number=DECLINED)["state"], "declined")
        other = self._new_invoice(20.0)
        self.assertEqual(self._pay(other)["state"], "refused")
        parameters.set_param("fusion_clover.declines_per_address", 0)
        self.assertEqual(self._pay(other)["state"], "done")

    def test_the_invoices_page_holds_the_card_form_and_no_secret(self):
        page = self.url_open(self.move.get_portal_url()).text
        self.assertIn("o_clover_form", page)
        self.assertIn(f"{self.origin}/sdk.js", page)
        for secret in ("sim-ecommerce-private-key", "sim-merchant-api-token", "sim-clover-app"):
            self.assertNotIn(secret, page)

    def test_the_card_form_speaks_the_customers_language(self):
        for lang, locale in (("en_US", "en"), ("fr_CA", "fr-CA"), ("fr_FR", "fr-CA")):
            with self.subTest(lang=lang):
                self.env["res.lang"]._activate_lang(lang)
                values = json.loads(
                    self.provider.with_context(lang=lang)._clover_inline_form_values()
                )
                self.assertEqual(values["locale"], locale)

    def test_clover_is_left_out_where_it_is_not_connected(self):
        providers = self.env["payment.provider"]
        match = (self.env.company.id, self.customer.id, 10.0)
        self.assertIn(self.provider, providers._get_compatible_providers(*match))
        self.provider.clover_api_key = False
        report = {}
        self.assertNotIn(
            self.provider, providers._get_compatible_providers(*match, report=report)
        )
        entry = report["providers"][self.provider]
        self.assertEqual((entry["available"], entry["reason"]), (False, "Clover is not connected"))

    def test_the_way_back_leads_to_the_status_page(self):
        response = self.url_open("/payment/clover/return", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/payment/status"))


@tagged("post_install", "-at_install")
class TestPortalOrder(PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sale.order" not in cls.env:
            raise SkipTest("Sales is not installed")
        cls.product_a.write({"list_price": 80.0, "taxes_id": False})
        pricelist = cls.env["product.pricelist"].sudo().create(
            {"name": "Canada", "currency_id": cls.currency.id}
        )
        cls.order = cls.env["sale.order"].sudo().create(
            {
                "partner_id": cls.customer.id,
                "pricelist_id": pricelist.id,
                "require_payment": True,
                "prepayment_percent": 1.0,
                "order_line": [
                    (0, 0, {"product_id": cls.product_a.id, "price_unit": 80.0, "tax_ids": False})
                ],
            }
        )
        cls.order.action_quotation_sent()

    def _begin_order(self):
        return self.make_jsonrpc_request(
            f"/my/orders/{self.order.id}/transaction",
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "token_id": None,
                "amount": self.order.amount_total,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": self.order.get_portal_url(),
                "access_token": self.order._portal_ensure_token(),
            },
        )

    def test_two_tabs_pay_an_order_once_and_confirm_it(self):
        first, second = self._begin_order(), self._begin_order()
        self.assertEqual(self._process(first, self._source())["state"], "done")
        refused = self._process(second, self._source())
        self.assertEqual(refused["state"], "refused")
        self.assertEqual([charge["amount"] for charge in self._charges()], [8000])
        self.assertEqual(self.order.state, "sale")

    def test_an_order_is_held_while_its_payment_is_being_checked(self):
        self.simulator.fault("reset_after")
        first, second = self._begin_order(), self._begin_order()
        self.assertEqual(self._process(first, self._source())["state"], "pending")
        hold = self._operations(first).hold_ids
        self.assertEqual((hold.res_model, hold.res_id), ("sale.order", self.order.id))
        self.assertEqual(self._process(second, self._source())["state"], "refused")
        self.assertEqual(len(self._charges()), 1)
