from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.lib.health import Level

from .reading_common import OutsideCommon


@tagged("post_install", "-at_install")
class TestUnmatched(OutsideCommon):
    """Payments made outside Odoo, and what a Manager says they were."""

    def test_a_payment_made_in_the_dashboard_is_listed_once(self):
        unmatched = self._outside(
            amount=5230, tip_amount=230, note="for the desk", cardholder="A B"
        )
        self._hear(f"P:{unmatched.payment_ref}", moment=1700000000009)
        self.assertEqual(self.unmatched.search([]), unmatched)
        self.assertEqual(unmatched.amount, 54.60)
        self.assertEqual((unmatched.tip_amount, unmatched.currency_id.name), (2.30, "CAD"))
        self.assertEqual((unmatched.card_brand, unmatched.card_last4), ("VISA", "4242"))
        self.assertEqual((unmatched.note, unmatched.cardholder_name), ("for the desk", "A B"))
        self.assertEqual((unmatched.state, unmatched.environment), ("open", "sandbox"))

    def test_no_money_is_no_entry(self):
        paid = self._dashboard("payment", amount=900)
        self._dashboard("refund", payment=paid["id"])
        self.assertEqual(self._hear(f"P:{paid['id']}", "CREATE").state, "ignored")
        self.assertFalse(self.unmatched.search([]))

    def test_one_that_is_voided_later_needs_no_decision(self):
        unmatched = self._outside()
        self._dashboard("refund", payment=unmatched.payment_ref)
        self._hear(f"P:{unmatched.payment_ref}")
        self.assertEqual(unmatched.state, "ignored")
        self.assertIn("Voided", unmatched.ignore_reason)

    def test_the_invoice_that_the_note_names_is_suggested_first(self):
        named, same = self._new_invoice(70.0), self._new_invoice(50.0)
        unmatched = self._outside(note=f"Paid {named.name} by phone")
        best, second = unmatched._suggestions()
        self.assertEqual(best.candidate.key, ("account.move", named.id))
        self.assertEqual(second.candidate.key, ("account.move", same.id))
        self.assertIn(named.name, unmatched.suggestion)
        self.assertIn("named in the note", unmatched.suggestion)

    def test_it_is_matched_with_an_invoice_and_booked_once(self):
        move = self._new_invoice(50.0)
        unmatched = self._outside()
        dialog = self.env["clover.unmatched.match"].browse(unmatched.action_match()["res_id"])
        line = dialog.line_ids.filtered(lambda one: one.document == move)
        line.with_user(self.manager).action_choose()
        self.assertEqual(unmatched.state, "matched")
        transaction = unmatched.sudo().transaction_id
        self.assertEqual((transaction.state, transaction.amount), ("done", 50.0))
        self.assertEqual(transaction.provider_reference, unmatched.payment_ref)
        self.assertIn(move.payment_state, ("in_payment", "paid"))
        self.assertEqual(unmatched.decided_by_id, self.manager)
        with self.assertRaisesRegex(UserError, "clover_manager.* decided"):
            line.with_user(self.manager).action_choose()
        self.assertEqual(self._count(unmatched), 1)
        # Clover tells of it again: it is known now.
        self._hear(f"P:{unmatched.payment_ref}")
        self.assertEqual(self._count(unmatched), 1)

    def test_refunds_made_meanwhile_are_booked_with_it(self):
        move = self._new_invoice(50.0)
        unmatched = self._outside()
        self._dashboard("refund", payment=unmatched.payment_ref, amount=2000)
        unmatched._match(move)
        children = unmatched.sudo().transaction_id.child_transaction_ids
        self.assertEqual(children.mapped("amount"), [-20.0])

    def test_what_clover_added_is_booked_beside_the_invoice(self):
        self.simulator.post("config", {"surcharge": True, "surcharge_rate": 0.024})
        move = self._new_invoice(50.0)
        unmatched = self._outside()
        self.assertEqual((unmatched.amount, unmatched.surcharge_amount), (51.20, 1.20))
        unmatched._match(move)
        transaction = unmatched.sudo().transaction_id
        self.assertEqual((transaction.amount, transaction.fusion_surcharge_amount), (50.0, 1.20))
        self.assertEqual(unmatched.sudo().payment_id.amount, 51.20)
        self.assertIn(move.payment_state, ("in_payment", "paid"))

    def test_it_is_matched_with_a_transaction_that_waits(self):
        transaction = self._pending(50.0)
        unmatched = self._outside()
        unmatched._match(transaction)
        self.assertEqual((transaction.state, unmatched.state), ("done", "matched"))
        self.assertEqual(transaction.provider_reference, unmatched.payment_ref)

    def test_a_transaction_of_another_amount_is_refused(self):
        transaction = self._pending(49.0)
        unmatched = self._outside()
        with self.assertRaisesRegex(UserError, "49.00"):
            unmatched._match(transaction)
        self.assertEqual((transaction.state, unmatched.state), ("pending", "open"))

    def test_one_that_somebody_entered_by_hand_is_only_linked(self):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_a.id,
                "amount": 50.0,
                "currency_id": self.currency.id,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        unmatched = self._outside()
        self.assertIn(
            ("account.payment", payment.id), [one.candidate.key for one in unmatched._suggestions()]
        )
        unmatched._match(payment)
        self.assertEqual((unmatched.state, unmatched.payment_id), ("matched", payment))
        self.assertEqual(self._count(unmatched), 0)
        # It is offered to no other payment.
        keys = [one.candidate.key for one in self._outside()._suggestions()]
        self.assertNotIn(("account.payment", payment.id), keys)

    def test_a_payment_on_account_is_created(self):
        unmatched = self._outside()
        with self.assertRaisesRegex(UserError, "customer who paid"):
            unmatched.action_create_payment()
        unmatched.partner_id = self.partner_a
        unmatched.action_create_payment()
        payment = unmatched.payment_id
        self.assertEqual((payment.amount, payment.partner_id), (50.0, self.partner_a))
        self.assertEqual((unmatched.state, payment.payment_type), ("created", "inbound"))
        self.assertEqual(self._count(unmatched), 1)

    def test_what_was_voided_meanwhile_is_not_booked(self):
        unmatched = self._outside()
        self._dashboard("refund", payment=unmatched.payment_ref)
        with self.assertRaisesRegex(UserError, "VOIDED"):
            unmatched._match(self._new_invoice(50.0))
        self.assertEqual(self._count(unmatched), 0)

    def test_ignoring_needs_a_reason(self):
        unmatched = self._outside()
        with self.assertRaisesRegex(UserError, "Say why"):
            unmatched._ignore("  ")
        dialog = self.env["clover.unmatched.ignore"].with_user(self.manager)
        dialog.create({"unmatched_ids": unmatched.ids, "reason": "Other shop"}).action_ignore()
        self.assertEqual((unmatched.state, unmatched.ignore_reason), ("ignored", "Other shop"))
        self.assertEqual(self._count(unmatched), 0)

    def test_only_managers_see_and_decide(self):
        unmatched = self._outside().sudo()
        for user in (self.clerk, self.refunder):
            with self.assertRaises(AccessError):
                unmatched.with_user(user).read(["amount"])
            with self.assertRaises(AccessError):
                unmatched.with_user(user).sudo(False)._match(self.move)

    def test_the_health_page_counts_them(self):
        company = self.provider.company_id
        self.assertEqual(self.unmatched._probe_unmatched(company).level, Level.OK)
        self._outside()
        finding = self.unmatched._probe_unmatched(company)
        self.assertEqual((finding.level, finding.value), (Level.WARNING, 1))

    def _pending(self, amount):
        transactions = self.env["payment.transaction"]
        transaction = transactions.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": f"WAITS-{amount}",
                "amount": amount,
                "currency_id": self.currency.id,
                "partner_id": self.partner_a.id,
                "operation": "offline",
            }
        )
        transaction._set_pending()
        return transaction

    def _count(self, unmatched):
        """Return how many transactions there are for its money."""
        return self.env["payment.transaction"].search_count(
            [
                ("provider_reference", "=", unmatched.payment_ref),
                ("operation", "!=", "refund"),
            ]
        )
