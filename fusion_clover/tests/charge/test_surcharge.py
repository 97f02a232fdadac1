from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .surcharge_common import CREDIT_CARD, DEBIT, DEBIT_CARD, SurchargeCommon


@tagged("post_install", "-at_install")
class TestOwnSurcharge(SurchargeCommon):
    """Odoo adds the surcharge: before the charge, on known credit cards only, booked apart."""

    def setUp(self):
        super().setUp()
        self.simulator.post("reset", {})
        self.invoice = self._new_invoice(100.0)

    def test_a_credit_card_is_charged_the_amount_and_the_surcharge_in_one_go(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.assertEqual(self._moved(), [10_240])
        self.assertEqual(transaction.state, "done")
        self.assertEqual(transaction.amount, 100.0)
        self.assertEqual(transaction.fusion_surcharge_amount, 2.4)
        self.assertEqual(transaction.fusion_surcharge_origin, "own")
        self.assertEqual(transaction.payment_id.amount, 102.4)

    def test_the_surcharge_is_an_invoice_of_its_own_that_the_payment_has_closed(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        document = transaction.fusion_surcharge_move_id
        self.assertEqual(document.move_type, "out_invoice")
        self.assertEqual(document.state, "posted")
        self.assertEqual(document.amount_total, 2.4)
        self.assertEqual(document.amount_residual, 0.0)
        self.assertEqual(document.invoice_origin, self.invoice.name)
        self.assertEqual(
            document.invoice_line_ids.product_id,
            self.env.ref("fusion_payment_common.product_surcharge"),
        )
        self.assertEqual(self.invoice.amount_total, 100.0)
        self.assertEqual(self.invoice.amount_residual, 0.0)
        self.assertTrue(transaction.payment_id.is_reconciled)

    def test_a_part_of_an_invoice_takes_nothing_of_the_surcharge(self):
        transaction = self._collect(self.invoice, CREDIT_CARD, amount=50.0)
        self.assertEqual(self._moved(), [5_120])
        self.assertEqual(transaction.payment_id.amount, 51.2)
        self.assertEqual(self.invoice.amount_residual, 50.0)
        self.assertEqual(transaction.fusion_surcharge_move_id.amount_residual, 0.0)
        self.assertTrue(transaction.payment_id.is_reconciled)

    def test_the_clerk_is_told_before_the_card_is_charged(self):
        wizard = self._wizard(self.invoice)
        self.assertIn("up to 2.4 % is added", wizard.surcharge_notice)
        quote = wizard.clover_quote(self._source(), CREDIT_CARD)
        self.assertIn("102.40", quote["total"])
        self.assertIn("2.40", quote["message"])
        self.assertEqual(self._moved(), [])

    def test_debit_prepaid_and_unknown_cards_bear_none(self):
        self.env["fusion.card.range"].sudo().create({"first_digits": "510510", "kind": "prepaid"})
        for card in (DEBIT_CARD, {"first6": "510510"}, {"first6": "601100"}, {}, None):
            with self.subTest(card):
                invoice = self._new_invoice(100.0)
                transaction = self._collect(invoice, card, number=DEBIT)
                self.assertEqual(transaction.fusion_surcharge_amount, 0.0)
                self.assertEqual(self._moved()[-1], 10_000)
                self.assertFalse(transaction.fusion_surcharge_move_id)
                self.assertEqual(invoice.amount_residual, 0.0)

    def test_nothing_is_added_in_quebec_nor_for_customers_there(self):
        quebec = self.env.ref("base.state_ca_qc")
        self.partner_a.state_id = quebec
        self.assertEqual(self._collect(self.invoice, CREDIT_CARD).fusion_surcharge_amount, 0.0)
        self.partner_a.state_id = self.env.ref("base.state_ca_on")
        self.env.company.state_id = quebec
        transaction = self._collect(self._new_invoice(100.0), CREDIT_CARD)
        self.assertEqual(transaction.fusion_surcharge_amount, 0.0)
        self.assertEqual(self._moved(), [10_000, 10_000])

    def test_never_both_even_if_clover_began_to_add_one_since_we_connected(self):
        self.simulator.post("config", {"surcharge": True})
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.assertEqual(transaction.fusion_surcharge_origin, "provider")
        self.assertEqual(self._moved(), [10_240])

    def test_nothing_is_added_when_clover_does_not_say_whether_it_does(self):
        self.simulator.post("config", {"denied_areas": ["merchant"]})
        self.assertEqual(self._collect(self.invoice, CREDIT_CARD).fusion_surcharge_amount, 0.0)
        self.assertEqual(self._moved(), [10_000])

    def test_clover_adding_one_to_a_charge_that_has_ours_needs_a_review(self):
        wizard = self._wizard(self.invoice)
        source = self._source()
        wizard.clover_quote(source, CREDIT_CARD)
        self.simulator.post("config", {"surcharge": True})
        wizard.clover_charge(source)
        self.env.invalidate_all()
        transaction = wizard.sudo().transaction_id
        self.assertEqual(transaction.state, "pending")
        self.assertIn("one of them has to go back", transaction.fusion_operation_ids.review_reason)
        self.assertFalse(transaction.payment_id)

    def test_a_card_that_is_not_the_quoted_one_needs_a_review(self):
        transaction = self._collect(self.invoice, CREDIT_CARD, number=DEBIT)
        self.assertEqual(transaction.state, "pending")
        self.assertIn("meant for another card", transaction.fusion_operation_ids.review_reason)

    def test_a_quote_holds_for_its_token_alone(self):
        wizard = self._wizard(self.invoice)
        wizard.clover_quote(self._source(), CREDIT_CARD)
        with self.assertRaisesRegex(UserError, "quoted for another card"):
            wizard.clover_charge(self._source())
        self.assertEqual(self._moved(), [])

    def test_the_amount_never_changes_once_it_was_sent(self):
        wizard = self._wizard(self.invoice)
        source = self._source()
        wizard.clover_quote(source, CREDIT_CARD)
        self.simulator.fault("reset_after")
        wizard.clover_charge(source)
        self.rule.rate = 1.0
        quote = wizard.clover_quote(source, CREDIT_CARD)
        self.assertIn("102.40", quote["total"])
        wizard.clover_charge(source)
        self._find_out()
        self.assertEqual(wizard.sudo().transaction_id.state, "done")
        self.assertEqual(self._moved(), [10_240])

    def test_another_card_after_a_decline_is_quoted_anew(self):
        wizard = self._wizard(self.invoice)
        wizard.clover_quote(self._source(), CREDIT_CARD)
        source = self._source(DEBIT)
        quote = wizard.clover_quote(source, DEBIT_CARD)
        self.assertEqual(quote["surcharge"], "")
        wizard.clover_charge(source)
        self.assertEqual(self._moved(), [10_000])

    def test_a_lost_answer_is_found_with_the_surcharge_in_it(self):
        self.simulator.fault("reset_after")
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.assertEqual(transaction.state, "pending")
        self._find_out()
        self.assertEqual(transaction.state, "done")
        self.assertEqual(transaction.payment_id.amount, 102.4)
        self.assertEqual(self._moved(), [10_240])

    def test_a_refund_gives_the_share_back_and_books_it(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        child = self._refund(30.0, transaction)
        self.assertEqual(child.state, "done", child.state_message)
        self.assertEqual(self._moved("refund"), [3_072])
        self.assertEqual(child.fusion_surcharge_amount, -0.72)
        self.assertEqual(child.payment_id.amount, 30.72)
        note = child.fusion_surcharge_move_id
        self.assertEqual((note.move_type, note.amount_total), ("out_refund", 0.72))
        self.assertEqual(note.amount_residual, 0.0)
        self.assertEqual(note.reversed_entry_id, transaction.fusion_surcharge_move_id)

    def test_refunds_in_parts_give_exactly_the_surcharge_back(self):
        invoice = self._new_invoice(99.99)
        transaction = self._collect(invoice, CREDIT_CARD)
        self.simulator.post("batch/close")
        for amount in (33.33, 33.33, 33.33):
            self._refund(amount, transaction)
        self.assertEqual(sum(self._moved("refund")), self._moved()[0])
        self.assertEqual(transaction._clover_left(), 0.0)
        surcharges = transaction.child_transaction_ids.mapped("fusion_surcharge_amount")
        self.assertAlmostEqual(sum(surcharges), -transaction.fusion_surcharge_amount)

    def _refund_dialog(self, transaction):
        action = transaction.with_user(self.refunder).action_clover_refund()
        return self.env["clover.refund.wizard"].with_user(self.refunder).browse(action["res_id"])

    def test_the_dialog_offers_the_rest_to_the_last_cent(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.simulator.post("batch/close")
        self._refund(33.33, transaction)
        dialog = self._refund_dialog(transaction)
        self.assertEqual(dialog.amount, 66.67)
        dialog.action_refund()
        self._commit()
        self.assertEqual(sum(self._moved("refund")), 10_240)
        self.assertEqual(transaction._clover_left(), 0.0)

    def test_what_the_dashboard_gave_back_is_booked_to_the_last_cent(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.simulator.post("batch/close")
        self._refund(33.33, transaction)
        self._refund_in_dashboard(6_827, transaction.provider_reference)
        payment = self.provider._clover_client().payments.retrieve(
            transaction.provider_reference
        )
        self.env["payment.transaction"]._clover_take_reading(self.provider, payment)
        self.env.invalidate_all()
        self.assertEqual(transaction._clover_left(), 0.0)
        refunds = transaction.child_transaction_ids
        self.assertAlmostEqual(sum(refunds.mapped("fusion_surcharge_amount")), -2.4)
        self.assertAlmostEqual(sum(refunds.payment_id.mapped("amount")), 102.4)

    def test_every_first_part_leaves_a_rest_that_can_be_given_back(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        for cents in range(1, 10_000, 7):
            part = cents / 100
            on_card = transaction._clover_card_amount(part)
            self.assertEqual(transaction._clover_document_part(on_card), part)

    def test_a_declined_refund_takes_no_share_with_it(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.simulator.post("batch/close")
        self.simulator.post("config", {"max_refund_amount": 100})
        refused = self._refund(50.0, transaction)
        self.assertEqual(refused.state, "error")
        self.assertFalse(refused.fusion_surcharge_move_id)
        self.simulator.post("config", {"max_refund_amount": 0})
        self._refund(100.0, transaction)
        self.assertEqual(self._moved("refund"), [10_240])

    def test_the_refund_dialog_says_what_goes_back_with_the_surcharge(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.simulator.post("batch/close")
        action = transaction.with_user(self.refunder).action_clover_refund()
        wizard = self.env["clover.refund.wizard"].with_user(self.refunder).browse(action["res_id"])
        self.assertEqual(wizard.amount_left, 102.4)
        self.assertEqual(wizard.amount, 100.0)
        self.assertIn("102.40", wizard.what_happens)
        self.assertIn("2.40", wizard.what_happens)
        wizard.amount = 50.0
        self.assertIn("51.20", wizard.what_happens)

    def test_a_refund_in_clovers_dashboard_leaves_the_matching_part(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self._refund_in_dashboard(5_120, transaction.provider_reference)
        action = transaction.with_user(self.refunder).action_clover_refund()
        wizard = self.env["clover.refund.wizard"].browse(action["res_id"])
        self.assertEqual(wizard.amount, 50.0)
        self.assertTrue(wizard.is_open)

    def test_the_invoice_tells_of_the_surcharge(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        html = self.env["ir.actions.report"]._render_qweb_html(
            "account.report_invoice", self.invoice.ids
        )[0].decode()
        self.assertIn(transaction.fusion_surcharge_move_id.name, html)
        self.assertIn("a surcharge of", html)

    def test_taxes_of_the_surcharge_product_are_part_of_what_was_charged(self):
        product = self.env.ref("fusion_payment_common.product_surcharge").copy()
        tax = self.env["account.tax"].create(
            {"name": "HST 13 %", "amount": 13.0, "price_include_override": "tax_included"}
        )
        product.taxes_id = tax
        self.env.company.fusion_surcharge_product_id = product
        document = self._collect(self.invoice, CREDIT_CARD).fusion_surcharge_move_id
        self.assertEqual(document.amount_total, 2.4)
        self.assertEqual(document.amount_tax, 0.28)
        tax.price_include_override = "tax_excluded"
        with self.assertRaisesRegex(ValidationError, "included in its price"):
            self.env.company.fusion_surcharge_product_id = product.copy()

    def test_an_authorization_bears_no_surcharge_of_ours(self):
        self.provider.capture_manually = True
        self.assertEqual(self._collect(self.invoice, CREDIT_CARD).fusion_surcharge_amount, 0.0)


@tagged("post_install", "-at_install")
class TestProviderSurcharge(SurchargeCommon):
    """Clover adds the surcharge: what it added is booked, and ours never is."""

    def setUp(self):
        super().setUp()
        self.simulator.post("reset", {})
        self._clover_adds()
        self.invoice = self._new_invoice(100.0)

    def test_what_clover_added_is_booked_and_ours_is_not_added(self):
        for shape in ("list", "elements"):
            with self.subTest(shape):
                self._clover_adds(additional_charges_shape=shape)
                invoice = self._new_invoice(100.0)
                transaction = self._collect(invoice, CREDIT_CARD)
                self.assertEqual(self._moved()[-1], 10_240)
                self.assertEqual(transaction.amount, 100.0)
                self.assertEqual(transaction.fusion_surcharge_amount, 2.4)
                self.assertEqual(transaction.fusion_surcharge_origin, "provider")
                self.assertEqual(transaction.payment_id.amount, 102.4)
                self.assertEqual(transaction.fusion_surcharge_move_id.amount_residual, 0.0)
                self.assertEqual(invoice.amount_residual, 0.0)

    def test_clover_adds_nothing_to_a_debit_card(self):
        transaction = self._collect(self.invoice, DEBIT_CARD, number=DEBIT)
        self.assertEqual(self._moved(), [10_000])
        self.assertFalse(transaction.fusion_surcharge_move_id)

    def test_people_are_told_that_clover_adds_one(self):
        self.assertIn("2.4 % is added", self.provider._clover_surcharge_notice())
        self.assertFalse(self.provider._clover_may_quote())

    def test_the_share_that_clover_gives_back_is_booked(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        self.simulator.post("batch/close")
        child = self._refund(15.0, transaction)
        self.assertEqual(self._moved("refund"), [1_536])
        self.assertEqual(child.amount, -15.0)
        self.assertEqual(child.fusion_surcharge_amount, -0.36)
        self.assertEqual(child.payment_id.amount, 15.36)
        self.assertEqual(child.fusion_surcharge_move_id.amount_residual, 0.0)

    def test_a_void_gives_all_of_it_back(self):
        transaction = self._collect(self.invoice, CREDIT_CARD)
        transaction.with_user(self.refunder).action_clover_void()
        self._commit()
        child = transaction.child_transaction_ids
        self.assertEqual(child.clover_returned_as, "void")
        self.assertEqual(child.payment_id.amount, 102.4)
        self.assertEqual(child.fusion_surcharge_move_id.amount_total, 2.4)

    def test_a_saved_card_charged_by_register_payment_is_booked_with_it(self):
        token = self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "partner_id": self.partner_a.id,
                "provider_ref": self.simulator.source_token(
                    self.provider._clover_get_public_key(), multipay=True
                ),
                "payment_details": "4242",
            }
        )
        line = self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda one: one.payment_provider_id == self.provider
        )
        register = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create(
                {
                    "journal_id": self.provider.journal_id.id,
                    "payment_method_line_id": line.id,
                    "payment_token_id": token.id,
                }
            )
        )
        payment = register._create_payments()
        self._commit()
        transaction = payment.payment_transaction_id
        self.assertEqual(transaction.state, "done", transaction.state_message)
        self.assertEqual(self._moved(), [10_240])
        self.assertEqual(payment.amount, 102.4)
        self.assertEqual(self.invoice.amount_residual, 0.0)
        self.assertEqual(transaction.fusion_surcharge_move_id.amount_residual, 0.0)
        self.assertTrue(payment.is_reconciled)

    def test_a_part_that_is_captured_takes_nothing_of_the_surcharge(self):
        self.provider.capture_manually = True
        source = self._collect(self.invoice, CREDIT_CARD)
        captured = source._capture(amount_to_capture=60.0)
        self._commit()
        self.assertEqual(self._moved("capture"), [6_144])
        self.assertEqual(captured.payment_id.amount, 61.44)
        self.assertEqual(captured.fusion_surcharge_move_id.amount_residual, 0.0)
        self.assertEqual(self.invoice.amount_residual, 40.0)

    def test_a_capture_books_what_clover_adds_to_it(self):
        self.provider.capture_manually = True
        source = self._collect(self.invoice, CREDIT_CARD)
        self.assertEqual(source.state, "authorized")
        self.assertFalse(source.fusion_surcharge_amount)
        captured = source._capture()
        self._commit()
        self.assertEqual(captured.state, "done", captured.state_message)
        self.assertEqual(self._moved("capture"), [10_240])
        self.assertEqual(captured.payment_id.amount, 102.4)
        self.assertEqual(captured.fusion_surcharge_move_id.amount_residual, 0.0)
