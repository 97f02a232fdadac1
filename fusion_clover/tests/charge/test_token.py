from datetime import date

from odoo.tests import freeze_time, tagged

from ..common import APPROVED, DECLINED
from .portal_common import PortalCommon


@tagged("post_install", "-at_install")
class TestSavedCard(PortalCommon):
    def _customers(self):
        return self.simulator.requests("/v1/customers")

    def _charge_calls(self):
        return self.simulator.requests("/v1/charges")

    def test_a_card_is_saved_only_with_consent(self):
        values = self._begin()
        self._process(values, self._source())
        self.assertFalse(self._transaction(values).token_id)
        self.assertEqual(self._customers(), [])

    def test_a_saved_card_knows_its_customer_its_number_and_its_end(self):
        values = self._begin(save=True)
        self._process(values, self._multipay_source())
        token = self._transaction(values).token_id
        self.assertEqual(token.partner_id, self.customer)
        self.assertEqual(token.payment_details, "4242")
        self.assertEqual(token.clover_expiry, "12/2030")
        self.assertRegex(token.provider_ref, r"^[0-9A-Z]{13}$")
        self.assertEqual(token.payment_method_id.code, "visa")
        self.assertEqual(token.display_name, "•••• 4242 (expires 12/2030)")
        (call,) = self._charge_calls()
        self.assertEqual(
            call["body"]["stored_credentials"],
            {"sequence": "FIRST", "initiator": "CARDHOLDER", "is_scheduled": False},
        )
        self.assertEqual(len(self._customers()), 1)

    def test_a_declined_card_is_not_saved(self):
        values = self._begin(save=True)
        self._process(values, self._multipay_source(DECLINED))
        self.assertFalse(self._transaction(values).token_id)
        self.assertEqual(self._customers(), [])

    def test_a_card_that_cannot_be_saved_is_charged_all_the_same(self):
        self.simulator.fault("http_500", path="/v1/customers")
        values = self._begin(save=True)
        self.assertEqual(self._process(values, self._multipay_source())["state"], "done")
        self.assertFalse(self._transaction(values).token_id)
        self.assertEqual(len(self._charges()), 1)
        self.assertEqual(self.move.amount_residual, 0)
        self.assertIn("did not save the card", str(self.move.message_ids.mapped("body")))

    def test_the_card_of_a_charge_with_a_lost_answer_is_saved_when_it_is_found(self):
        self.simulator.fault("reset_after")
        values = self._begin(save=True)
        self.assertEqual(self._process(values, self._multipay_source())["state"], "pending")
        self._operations(values).next_attempt_at = "2020-01-01"
        self.env.flush_all()
        self.assertEqual(
            self.make_jsonrpc_request("/payment/status/poll", {})["state"], "done"
        )
        self.env.invalidate_all()
        self.assertEqual(self._transaction(values).token_id.payment_details, "4242")
        self.assertEqual(len(self._charges()), 1)

    def test_a_customer_pays_with_the_saved_card(self):
        token = self._saved_card()
        self.authenticate("paula_portal", "paula_portal")
        values = self._begin(token=token)
        self.env.invalidate_all()
        self.assertEqual(self._transaction(values).state, "done")
        # What the status page does next.
        self.assertEqual(
            self.make_jsonrpc_request("/payment/status/poll", {})["state"], "done"
        )
        self.env.invalidate_all()
        self.assertEqual(self.move.amount_residual, 0)
        call = self._charge_calls()[-1]
        self.assertEqual(call["body"]["source"], token.provider_ref)
        self.assertEqual(
            call["body"]["stored_credentials"],
            {"sequence": "SUBSEQUENT", "initiator": "CARDHOLDER", "is_scheduled": False},
        )
        self.assertEqual(sorted(one["amount"] for one in self._charges()), [500, 11300])

    def test_a_saved_card_does_not_pay_a_paid_invoice_again(self):
        token = self._saved_card()
        self._pay()
        charges = len(self._charges())
        self.authenticate("paula_portal", "paula_portal")
        values = self._begin(token=token, amount=113.0)
        self.assertEqual(values["state"], "error")
        self.assertIn("paid in the meantime", values["state_message"])
        self.assertEqual(len(self._charges()), charges)

    def test_register_payment_charges_the_saved_card_for_several_invoices_at_once(self):
        token = self._saved_card()
        moves = self._portal_invoice(30.0) + self._portal_invoice(12.5)
        line = self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda one: one.payment_provider_id == self.provider
        )
        wizards = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        )
        wizards.create(
            {
                "group_payment": True,
                "payment_method_line_id": line.id,
                "payment_token_id": token.id,
            }
        )._create_payments()
        self.assertEqual(moves.mapped("amount_residual"), [0, 0])
        self.assertEqual(self._charges()[-1]["amount"], 4250)
        call = self._charge_calls()[-1]
        self.assertEqual(call["body"]["stored_credentials"]["initiator"], "MERCHANT")

    def test_register_payment_charges_each_invoice_by_itself_where_that_is_asked(self):
        token = self._saved_card()
        moves = self._portal_invoice(30.0) + self._portal_invoice(12.5)
        line = self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda one: one.payment_provider_id == self.provider
        )
        wizards = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        )
        payments = wizards.create(
            {
                "group_payment": False,
                "payment_method_line_id": line.id,
                "payment_token_id": token.id,
            }
        )._create_payments()
        self.assertEqual(len(payments), 2)
        self.assertEqual(moves.mapped("amount_residual"), [0, 0])
        self.assertEqual(sorted(one["amount"] for one in self._charges()), [500, 1250, 3000])

    def test_an_offline_charge_without_documents_uses_the_saved_card(self):
        token = self._saved_card()
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": token.payment_method_id.id,
                "reference": "OFFLINE-1",
                "amount": 9.99,
                "currency_id": self.currency.id,
                "partner_id": self.customer.id,
                "token_id": token.id,
                "operation": "offline",
            }
        )
        self.simulator.post("config", {"require_forwarded_for": True})
        self.customer.payment_token_ids.transaction_ids.clover_shopper_address = "203.0.113.9"
        transaction._charge_with_token()
        self.assertEqual(transaction.state, "done")
        self.assertEqual(self._charges()[-1]["amount"], 999)
        self.assertEqual(self._charge_calls()[-1]["headers"]["X-Forwarded-For"], "203.0.113.9")

    def test_a_card_is_saved_without_a_payment(self):
        self.authenticate("paula_portal", "paula_portal")
        values = self._begin_validation()
        card = {"last4": "4242", "exp_month": "12", "exp_year": "2030", "brand": "VISA"}
        result = self._process(values, self._multipay_source(), card=card)
        self.assertEqual(result["state"], "done")
        token = self._transaction(values).token_id
        self.assertEqual((token.payment_details, token.clover_expiry), ("4242", "12/2030"))
        self.assertEqual(self._charges(), [])
        self.assertEqual(self._charge_calls(), [])
        self.assertEqual(len(self._customers()), 1)

    def test_what_a_page_says_about_a_card_is_not_kept_unless_it_is_harmless(self):
        self.authenticate("paula_portal", "paula_portal")
        values = self._begin_validation()
        card = {"last4": APPROVED, "exp_month": "13", "exp_year": "x", "brand": "<b>"}
        self._process(values, self._multipay_source(), card=card)
        token = self._transaction(values).token_id
        self.assertTrue(token)
        self.assertFalse(token.payment_details)
        self.assertFalse(token.clover_expiry)

    def _begin_validation(self):
        page = self.url_open("/my/payment_method").text
        token = page.split('data-access-token="')[1].split('"')[0]
        return self.make_jsonrpc_request(
            "/payment/transaction",
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "token_id": None,
                "amount": None,
                "currency_id": None,
                "partner_id": self.customer.id,
                "flow": "direct",
                "tokenization_requested": True,
                "landing_route": "/my/payment_method",
                "is_validation": True,
                "access_token": token,
                "reference_prefix": "V-1",
            },
        )

    def test_an_expiring_card_says_so_and_an_expired_one_is_not_offered(self):
        token = self._saved_card()
        offered = self.env["payment.token"]._get_available_tokens
        match = (self.provider.ids, self.customer.id)
        self.assertEqual(token.clover_last_day, date(2030, 12, 31))
        with freeze_time("2030-12-01"):
            token.invalidate_recordset(["display_name"])
            self.assertEqual(token.display_name, "•••• 4242 (expires soon: 12/2030)")
            self.assertIn(token, offered(*match))
        with freeze_time("2031-01-02"):
            token.invalidate_recordset(["display_name"])
            self.assertEqual(token.display_name, "•••• 4242 (expired 12/2030)")
            self.assertNotIn(token, offered(*match))
            self.assertIn(token, offered(*match, is_validation=True))

    def test_a_deleted_card_is_forgotten_by_clover(self):
        token = self._saved_card()
        token.active = False
        self.assertEqual(token.clover_removal, "due")
        self.env.ref("fusion_clover.ir_cron_remove_saved_cards").method_direct_trigger()
        self.assertEqual(token.clover_removal, "done")
        deleted = [one for one in self.simulator.requests() if one["method"] == "DELETE"]
        self.assertEqual(len(deleted), 1)
        self.assertIn(token.provider_ref, deleted[0]["path"])

    def test_a_card_that_cannot_be_removed_now_is_removed_later(self):
        token = self._saved_card()
        self.simulator.fault("http_503", path="/v1/customers/*", method="GET", count=9)
        token.active = False
        self.env.ref("fusion_clover.ir_cron_remove_saved_cards").method_direct_trigger()
        self.assertEqual((token.clover_removal, token.clover_removal_tries), ("due", 1))
        self.simulator.post("faults?replace=1", [])
        token.clover_removal_at = "2020-01-01"
        self.env.ref("fusion_clover.ir_cron_remove_saved_cards").method_direct_trigger()
        self.assertEqual(token.clover_removal, "done")

    def test_disconnecting_puts_saved_cards_away(self):
        token = self._saved_card()
        self.provider.action_clover_disconnect()
        self.assertFalse(token.active)
        self.assertEqual(token.clover_removal, "done")

    def test_a_gateway_that_cannot_save_cards_is_not_asked_to(self):
        self.simulator.post("config", {"supports_multi_pay_token": False})
        self.provider.action_clover_test_connection()
        self.assertEqual(self.provider.clover_saves_cards, "no")
        self.assertFalse(self.provider.allow_tokenization)
        self.assertFalse(self.provider.support_tokenization)
        values = self._begin(save=True)
        self._process(values, self._source())
        self.assertFalse(self._transaction(values).token_id)
        self.assertEqual(self._customers(), [])

    def test_the_merchants_gateway_says_that_cards_can_be_saved(self):
        self.provider.action_clover_test_connection()
        self.assertEqual(self.provider.clover_saves_cards, "yes")
        self.assertTrue(self.provider.allow_tokenization)

    def test_somebody_elses_card_is_refused(self):
        token = self._saved_card()
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        move = self.init_invoice(
            "out_invoice", partner=stranger, amounts=[9.0], taxes=[], post=True,
            currency=self.currency,
        )  # fmt: skip
        charges = len(self._charges())
        with self.assertRaisesRegex(Exception, "AccessError"):
            self._begin(move, token=token)
        self.assertEqual(len(self._charges()), charges)
