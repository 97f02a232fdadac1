import ast
import re
import subprocess
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from ...models.receipt.payment_transaction_order import ORDER_TRIES
from ..refund.refund_common import RefundCommon

REPORT = "fusion_clover.report_receipt"


@tagged("post_install", "-at_install")
class TestReceipt(RefundCommon, HttpCase):
    """Receipts say what happened to the card; each is sent by itself once."""

    def setUp(self):
        super().setUp()
        self.partner_a.email = "paula@example.com"
        self.report = self.env["ir.actions.report"]

    def _text(self, transaction):
        html = self.report._render_qweb_html(REPORT, transaction.ids)[0].decode()
        return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&nbsp;", " ").split())

    def _send_due(self):
        self.env.ref("fusion_clover.ir_cron_clover_receipts").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self, transaction):
        return self.env["mail.mail"].search(
            [("model", "=", "payment.transaction"), ("res_id", "=", transaction.id)]
        )

    def test_a_receipt_says_who_what_card_and_under_which_names(self):
        text = self._text(self.transaction)
        for expected in (
            self.env.company.name,
            "Payment receipt",
            "SANDBOX",
            "113.00",
            "Visa •••• 4242",
            "Typed by staff",
            self.transaction.clover_auth_code,
            self.transaction.reference,
            self.transaction.provider_reference,
            self.transaction.clover_external_reference,
            self.move.name,
        ):
            self.assertIn(expected, text)

    def test_a_receipt_holds_no_card_number(self):
        self.assertNotIn("424242", self._text(self.transaction).replace(" ", ""))

    def test_a_surcharge_is_a_line_of_its_own_beside_what_the_card_was_charged(self):
        self.simulator.post("config", {"surcharge": True})
        text = self._text(self._paid(self._new_invoice(100.0)))
        self.assertRegex(text, r"Credit card surcharge \S*\s?2\.40")
        self.assertRegex(text, r"Charged to the card \S*\s?102\.40")

    def test_a_tip_is_a_line_of_its_own(self):
        self.transaction.clover_tip_amount = 17.0
        text = self._text(self.transaction)
        self.assertRegex(text, r"Tip \S*\s?17\.00")
        self.assertRegex(text, r"Charged to the card \S*\s?130\.00")

    def test_taxes_are_told_when_whole_documents_were_paid(self):
        tax = self.env["account.tax"].create({"name": "HST", "amount": 13.0})
        move = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[100.0], taxes=tax, post=True,
            currency=self.currency,
        )  # fmt: skip
        self.assertRegex(self._text(self._paid(move)), r"Taxes in this amount \S*\s?13\.00")
        self.assertNotIn("Taxes in this amount", self._text(self.transaction))

    def test_a_chip_card_shows_its_application(self):
        self.transaction.clover_entry_type = "EMV_CONTACT"
        self.transaction.clover_chip = {
            "application_label": "VISA CREDIT",
            "application_id": "A0000000031010",
            "cvm_result": "PIN",
        }
        text = self._text(self.transaction)
        for expected in ("Chip", "VISA CREDIT", "A0000000031010", "PIN"):
            self.assertIn(expected, text)

    def test_a_refund_receipt_comes_with_the_original_on_a_second_page(self):
        refund = self._refund(50.0)
        html = self.report._render_qweb_html(REPORT, refund.ids)[0].decode()
        self.assertEqual(html.count("page-break-before: always"), 1)
        first, second = html.split("page-break-before: always")
        self.assertIn("Refund receipt", first)
        self.assertIn("50.00", first)
        self.assertIn(self.transaction.reference, first)
        self.assertIn("Payment receipt", second)
        self.assertIn("113.00", second)

    def test_the_receipt_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_CA")
        self.partner_a.lang = "fr_CA"
        self.transaction.partner_lang = "fr_CA"
        html = self.report._render_qweb_html(REPORT, self.transaction.ids)[0].decode()
        self.assertIn('data-oe-lang="fr_CA"', html)

    def test_there_is_no_receipt_where_no_money_moved(self):
        declined = self._paid(self._new_invoice(20.0), "4005571702222222")
        with self.assertRaisesRegex(UserError, "there is no receipt"):
            declined.action_clover_print_receipt()
        with self.assertRaisesRegex(UserError, "there is no receipt"):
            declined.action_clover_send_receipt()
        self.assertFalse(self._mails(declined))

    def test_nothing_is_sent_unless_the_company_wants_it(self):
        self._send_due()
        self.assertFalse(self._mails(self.transaction))

    def test_a_receipt_is_sent_by_itself_once(self):
        self.env.company.clover_send_receipts = True
        paid = self._paid(self._new_invoice(20.0))
        self.assertTrue(paid.clover_receipt_due)
        self._send_due()
        self._send_due()
        paid.clover_receipt_due = True
        self._send_due()
        mail = self._mails(paid)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.email_to, "paula@example.com")
        self.assertIn("20.00", mail.body_html)
        self.assertIn(paid.reference, mail.subject)
        self.assertEqual(len(paid.clover_receipt_ids), 1)

    def test_two_at_once_send_one(self):
        receipts = self.env["clover.receipt"].sudo()
        self.assertTrue(receipts._claim(self.transaction, "a@example.com"))
        self.assertFalse(receipts._claim(self.transaction, "a@example.com"))

    def test_on_request_it_is_sent_again(self):
        clerk = self.transaction.with_user(self.clerk)
        clerk.action_clover_send_receipt()
        clerk.action_clover_send_receipt()
        self.assertEqual(len(self._mails(self.transaction)), 2)
        self.assertEqual(self.transaction.clover_receipt_ids.mapped("is_resent"), [True, True])

    def test_the_invoice_sends_and_prints_its_receipts(self):
        move = self.move.with_user(self.clerk)
        self.assertTrue(move.clover_has_receipts)
        self.assertEqual(move.action_clover_print_receipts()["report_name"], REPORT)
        move.action_clover_send_receipts()
        self.assertEqual(len(self._mails(self.transaction)), 1)
        self.assertFalse(self._new_invoice(5.0).clover_has_receipts)

    def test_without_an_address_nothing_is_sent_and_the_clerk_is_told(self):
        self.partner_a.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self.transaction.action_clover_send_receipt()
        self.assertFalse(self.transaction.clover_receipt_ids)

    def test_without_a_pdf_program_the_mail_itself_says_all(self):
        with patch.object(type(self.report), "get_wkhtmltopdf_state", lambda _report: "install"):
            self.transaction.action_clover_send_receipt()
        mail = self._mails(self.transaction)
        self.assertFalse(mail.attachment_ids)
        self.assertIn(self.transaction.clover_auth_code, mail.body_html)

    def test_a_customer_opens_the_receipt_from_the_invoice_and_nobody_else(self):
        url = self.move._clover_receipt_url(self.transaction)
        page = self.url_open(self.move.get_portal_url())
        self.assertIn(f"/card_receipt/{self.transaction.id}", page.text)
        with patch.object(type(self.report), "get_wkhtmltopdf_state", lambda _report: "install"):
            shown = self.url_open(url)
            self.assertEqual(shown.status_code, 200)
            self.assertIn(self.transaction.clover_auth_code, shown.text)
            stranger = self.url_open(url.split("?")[0])
            self.assertNotIn(self.transaction.clover_auth_code, stranger.text)
            other = self._new_invoice(5.0)
            wrong = self.url_open(other._clover_receipt_url(self.transaction))
            self.assertEqual(wrong.status_code, 404)

    def test_the_pdf_is_made_once_and_kept(self):
        if self.report.get_wkhtmltopdf_state() not in ("ok", "upgrade", "workers"):
            self.skipTest("no wkhtmltopdf here")
        calls = []
        run = subprocess.run

        def counted(command, *args, **kwargs):
            calls.append(command)
            return run(command, *args, **kwargs)

        report = self.report.with_context(force_report_rendering=True)
        with patch("odoo.addons.base.models.ir_actions_report.subprocess.run", counted):
            first = report._render_qweb_pdf(REPORT, self.transaction.ids)[0]
            made = len(calls)
            again = report._render_qweb_pdf(REPORT, self.transaction.ids)[0]
        self.assertTrue(first.startswith(b"%PDF"))
        self.assertEqual(made, 1)
        self.assertEqual(len(calls), made)
        self.assertTrue(again.startswith(b"%PDF"))


@tagged("post_install", "-at_install")
class TestReferences(RefundCommon):
    """A payment is found by what it is called at Clover, and there by what it is called here."""

    def _read_orders(self):
        self.env.ref("fusion_clover.ir_cron_clover_orders").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _order_at_clover(self):
        return self.provider._clover_client().charges.retrieve(self.charge_id).order_id

    def test_the_order_is_read_after_the_charge(self):
        self.assertFalse(self.transaction.clover_order_ref)
        self._read_orders()
        self.assertEqual(self.transaction.clover_order_ref, self._order_at_clover())

    def test_the_memo_of_the_payment_names_all_that_people_look_for(self):
        self._read_orders()
        self.transaction._clover_complete_memo()
        memo = self.transaction.payment_id.memo
        for name in (
            self.transaction.reference,
            self.transaction.provider_reference,
            self.transaction.clover_external_reference,
            self.transaction.clover_order_ref,
        ):
            self.assertEqual(memo.count(name), 1, memo)

    def test_clover_not_answering_loses_nothing_and_is_asked_again(self):
        self.simulator.fault("http_503", f"/v1/charges/{self.charge_id}", "GET", count=5)
        self._read_orders()
        self.assertFalse(self.transaction.clover_order_ref)
        self.assertEqual(self.transaction.clover_order_tries, 1)
        self.simulator.post("faults?replace=1", [])
        self._read_orders()
        self.assertTrue(self.transaction.clover_order_ref)

    def test_a_payment_without_an_order_is_not_asked_about_for_ever(self):
        self.transaction.clover_order_tries = ORDER_TRIES
        asked = len(self.simulator.requests(f"/v1/charges/{self.charge_id}"))
        self._read_orders()
        self.assertEqual(len(self.simulator.requests(f"/v1/charges/{self.charge_id}")), asked)

    def test_the_dashboard_opens_at_the_order(self):
        action = self.transaction.with_user(self.clerk).action_clover_open_dashboard()
        order = self._order_at_clover()
        self.assertEqual(action["type"], "ir.actions.act_url")
        self.assertTrue(action["url"].endswith(f"/orders/m/SIMMERCHANT01/orders/{order}"))

    def test_payments_and_transactions_are_found_by_every_name(self):
        self._read_orders()
        for model, view, field, expected in (
            (
                "payment.transaction",
                "payment.payment_transaction_search",
                "reference",
                self.transaction,
            ),
            (
                "account.payment",
                "account.view_account_payment_search",
                "payment_transaction_id",
                self.transaction.payment_id,
            ),
        ):
            arch = self.env[model].get_view(self.env.ref(view).id, "search")["arch"]
            domain = re.search(rf'<field name="{field}"[^>]*filter_domain="([^"]+)"', arch)[1]
            for name in ("provider_reference", "clover_order_ref", "clover_external_reference"):
                text = domain.replace("&#39;", "'").replace("self", repr(self.transaction[name]))
                found = self.env[model].search(ast.literal_eval(text))
                self.assertEqual(found, expected, f"{model} by {name}")
