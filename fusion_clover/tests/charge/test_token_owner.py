from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .portal_common import PortalCommon


@tagged("post_install", "-at_install")
class TestVisitor(PortalCommon):
    """Whoever has the link of an invoice may pay it, but not with somebody's saved card."""

    def test_a_visitor_with_the_link_is_not_offered_the_saved_card(self):
        token = self._saved_card()
        page = self.url_open(self.move.get_portal_url()).text
        self.assertIn("o_clover_form", page)
        self.assertNotIn("4242", page)
        self.authenticate("paula_portal", "paula_portal")
        page = self.url_open(self.move.get_portal_url()).text
        self.assertIn(token.display_name, page)

    def test_a_visitor_who_names_the_saved_card_charges_nothing(self):
        token = self._saved_card()
        charges = len(self._charges())
        values = self._begin(token=token)
        self.assertEqual(values["state"], "error")
        self.assertIn("Log in", values["state_message"])
        self.assertEqual(len(self._charges()), charges)
        self.assertEqual(self.move.amount_residual, 113.0)

    def test_a_visitor_may_save_the_card_that_pays(self):
        values = self._begin(save=True)
        self._process(values, self._multipay_source())
        self.assertEqual(self._transaction(values).token_id.partner_id, self.customer)


@tagged("post_install", "-at_install")
class TestClerkChargesSavedCard(PortalCommon):
    """A clerk charges a customer's saved card from the Collect Payment dialog."""

    def _open(self, document):
        action = document.with_user(self.clerk).action_clover_collect_payment()
        return self.env["clover.payment.wizard"].with_user(self.clerk).browse(action["res_id"])

    def _charge_saved(self, wizard, card):
        wizard.clover_prepare(card.id)
        status = wizard.clover_charge_saved_card()
        self.env.invalidate_all()
        return status

    def test_the_customers_card_pays_the_invoice(self):
        token = self._saved_card()
        wizard = self._open(self.move)
        self.assertEqual(
            wizard.clover_saved_cards(), [{"id": token.id, "label": token.display_name}]
        )
        self.assertEqual(self._charge_saved(wizard, token)["state"], "approved")
        self.assertEqual(self.move.amount_residual, 0)
        call = self.simulator.requests("/v1/charges")[-1]
        self.assertEqual(call["body"]["source"], token.provider_ref)
        self.assertEqual(
            call["body"]["stored_credentials"],
            {"sequence": "SUBSEQUENT", "initiator": "MERCHANT", "is_scheduled": False},
        )

    def test_the_customers_card_pays_an_order(self):
        token = self._saved_card()
        order = self._new_order(partner_id=self.customer.id)
        self.assertEqual(self._charge_saved(self._open(order), token)["state"], "approved")
        self.assertEqual(order.state, "sale")
        self.assertEqual(self._charges()[-1]["amount"], 20000)

    def test_a_double_click_charges_once(self):
        token = self._saved_card()
        wizard = self._open(self.move)
        wizard.clover_prepare(token.id)
        self.assertEqual(wizard.clover_charge_saved_card()["state"], "approved")
        self.assertEqual(wizard.clover_charge_saved_card()["state"], "approved")
        self.assertEqual([one["amount"] for one in self._charges()], [500, 11300])

    def test_a_typed_card_after_a_saved_one_is_another_intent(self):
        token = self._saved_card()
        wizard = self._open(self.move)
        first = wizard.clover_prepare(token.id)
        second = wizard.clover_prepare()
        self.assertNotEqual(first, second)
        self.assertFalse(wizard.transaction_id.sudo().token_id)
        with self.assertRaisesRegex(UserError, "Choose a saved card first"):
            wizard.clover_charge_saved_card()

    def test_somebody_elses_a_deleted_and_an_expired_card_are_refused(self):
        token = self._saved_card()
        strangers = self.init_invoice(
            "out_invoice", partner=self.partner_b, amounts=[9.0], taxes=[], post=True,
            currency=self.currency,
        )  # fmt: skip
        charges = len(self._charges())
        with self.assertRaisesRegex(UserError, "no longer saved"):
            self._open(strangers).clover_prepare(token.id)
        wizard = self._open(self.move)
        wizard.clover_prepare(token.id)
        with freeze_time("2031-01-02"), self.assertRaisesRegex(UserError, "has expired"):
            wizard.clover_charge_saved_card()
        token.active = False
        with self.assertRaisesRegex(UserError, "no longer saved"):
            wizard.clover_charge_saved_card()
        self.assertEqual(wizard.clover_saved_cards(), [])
        self.assertEqual(len(self._charges()), charges)

    def test_the_id_of_a_customer_of_clovers_is_not_taken_for_a_typed_card(self):
        token = self._saved_card()
        wizard = self._open(self.move)
        wizard.clover_prepare()
        charges = len(self._charges())
        with self.assertRaisesRegex(UserError, "nothing usable"):
            wizard.clover_charge(token.provider_ref)
        self.assertEqual(len(self._charges()), charges)

    def _new_order(self, **values):
        self.product_a.write({"taxes_id": False, "invoice_policy": "order"})
        pricelist = self.env["product.pricelist"].sudo().create(
            {"name": "Canada", "currency_id": self.currency.id}
        )
        line = {"product_id": self.product_a.id, "price_unit": 200.0, "tax_ids": False}
        order = self.env["sale.order"].sudo().create(
            {
                "pricelist_id": pricelist.id,
                "require_payment": False,
                "require_signature": False,
                "order_line": [Command.create(line)],
                **values,
            }
        )
        order.action_quotation_sent()
        return order
