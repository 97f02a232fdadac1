from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common import DECLINED
from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestCollectSeveral(CollectCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.moves = cls.move + cls._new_invoice(30.0) + cls._new_invoice(12.5)

    def test_several_invoices_are_paid_by_one_charge_and_each_is_reconciled(self):
        wizard = self._open(self.moves)
        self.assertEqual((wizard.amount_due, wizard.amount), (155.5, 155.5))
        self.assertEqual(self._pay(wizard)["state"], "approved")
        self.assertEqual([one["amount"] for one in self._charges()], [15550])
        self.assertEqual(self.moves.mapped("amount_residual"), [0, 0, 0])
        payments = self.moves.transaction_ids.payment_id
        self.assertEqual((len(payments), payments.amount), (1, 155.5))
        self.assertTrue(payments.is_reconciled)

    def test_a_part_pays_the_oldest_first(self):
        older = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[70.0], taxes=[], post=True,
            currency=self.currency, invoice_date="2019-01-01",
        )  # fmt: skip
        wizard = self._open(self.move + older)
        wizard.amount = 100.0
        self._pay(wizard)
        self.assertEqual((older.amount_residual, self.move.amount_residual), (0, 83.0))
        self.assertEqual(self._open(self.move).amount, 83.0)

    def test_every_invoice_of_the_batch_is_held_until_the_outcome_is_known(self):
        wizard = self._open(self.moves)
        self.simulator.fault("timeout_after", delay_s=0)
        self.assertEqual(self._pay(wizard)["state"], "checking")
        for move in self.moves:
            with self.assertRaisesRegex(UserError, "Do not charge again"):
                self._open(move)
        self.assertEqual(len(self._charges()), 1)

    def test_after_a_decline_every_invoice_is_free_again(self):
        self.assertEqual(self._pay(self._open(self.moves), DECLINED)["state"], "declined")
        self.assertEqual(self._open(self.moves[2]).amount, 12.5)
        self.assertEqual(self._charges(), [])

    def test_one_of_them_paid_meanwhile_stops_the_charge(self):
        wizard = self._open(self.moves)
        source = self._source()
        wizard.clover_prepare()
        self._pay(self._open(self.moves[1]))
        with self.assertRaisesRegex(UserError, "paid in the meantime"):
            wizard.clover_charge(source)
        self.assertEqual([one["amount"] for one in self._charges()], [3000])

    def test_many_invoices_have_a_short_reference(self):
        moves = self.moves + self._new_invoice(1.0) + self._new_invoice(2.0)
        wizard = self._open(moves)
        self.assertEqual(wizard.clover_prepare(), f"{moves[0].name}+4")
        self._pay(wizard)
        self.assertEqual(set(moves.mapped("amount_residual")), {0})

    def test_invoices_of_two_customers_are_refused(self):
        other = self.init_invoice(
            "out_invoice", partner=self.partner_b, amounts=[5.0], taxes=[], post=True,
            currency=self.currency,
        )  # fmt: skip
        with self.assertRaisesRegex(UserError, "one customer"):
            self._open(self.move + other)

    def test_contacts_of_one_company_are_one_customer(self):
        contact = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.partner_a.id, "type": "invoice"}
        )
        other = self.init_invoice(
            "out_invoice", partner=contact, amounts=[5.0], taxes=[], post=True,
            currency=self.currency,
        )  # fmt: skip
        wizard = self._open(self.move + other)
        self.assertEqual(wizard.partner_id, self.partner_a)
        self._pay(wizard)
        self.assertEqual((self.move + other).mapped("amount_residual"), [0, 0])

    def test_invoices_in_two_currencies_are_refused(self):
        dollars = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[5.0], taxes=[], post=True,
            currency=self._enable_currency("USD"),
        )  # fmt: skip
        with self.assertRaisesRegex(UserError, "one currency"):
            self._open(self.move + dollars)

    def test_a_draft_among_them_is_named(self):
        draft = self._new_invoice(7.0)
        draft.button_draft()
        with self.assertRaisesRegex(UserError, "has to be posted and unpaid"):
            self._open(self.move + draft)
        self.assertEqual(self.simulator.requests("/v1/charges"), [])


@tagged("post_install", "-at_install")
class TestCompanies(CollectCommon):
    """Two companies, each with its own merchant; one clerk who works for both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company(name="Second Company")
        company = cls.other["company"]
        cls.other_provider = cls.provider.copy(
            {
                "company_id": company.id,
                "clover_merchant_id": "OTHERMERCHANT",
                "clover_api_key": "sim-ecommerce-private-key",
                "clover_rest_api_token": "sim-merchant-api-token",
                "state": "test",
                "journal_id": cls.other["default_journal_bank"].id,
            }
        )
        cls.clerk.company_ids = [Command.link(company.id)]
        cls.other_move = cls.init_invoice(
            "out_invoice", partner=cls.partner_a, amounts=[40.0], taxes=[], post=True,
            currency=cls.currency, company=company,
        )  # fmt: skip

    def test_each_company_charges_through_its_own_merchant(self):
        clerk = self.clerk
        both = {"allowed_company_ids": clerk.company_ids.ids}
        for move, provider in (
            (self.move, self.provider),
            (self.other_move, self.other_provider),
        ):
            wizard = self._open(move.with_context(**both))
            self._pay(wizard)
            transaction = move.transaction_ids
            self.assertEqual(transaction.provider_id, provider)
            self.assertEqual(transaction.company_id, move.company_id)
            self.assertEqual(transaction.payment_id.company_id, move.company_id)
            self.assertEqual(move.amount_residual, 0)

    def test_invoices_of_two_companies_are_refused(self):
        both = {"allowed_company_ids": self.clerk.company_ids.ids}
        with self.assertRaisesRegex(UserError, "one company"):
            self._open((self.move + self.other_move).with_context(**both))

    def test_a_company_without_clover_offers_nothing(self):
        self.other_provider.state = "disabled"
        self.env.invalidate_all()
        both = {"allowed_company_ids": self.clerk.company_ids.ids}
        move = self.other_move.with_user(self.clerk).with_context(**both)
        self.assertFalse(move.clover_can_collect)
        with self.assertRaisesRegex(UserError, "connected for its company"):
            self._open(self.other_move.with_context(**both))
