import io
from datetime import timedelta
from zipfile import ZipFile

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.fusion_payment_common.lib.health import Level

from .comparison_common import ComparisonCommon, zone_where_it_is_noon


@tagged("post_install", "-at_install")
class TestComparison(ComparisonCommon):
    """Clover set against the books: what is found, how it is repaired, and that it adds up."""

    def test_books_that_agree_have_no_differences(self):
        self._refund(13.0)
        one = self._compared()
        self.assertEqual(self._found(one), {})
        self.assertEqual((one.clover_amount, one.odoo_amount, one.gap), (100.0, 100.0, 0.0))
        self.assertEqual((one.entry_count, one.open_count), (2, 0))
        self.assertEqual(one.timezone, "America/Toronto")
        self.assertIn("agree", one.conclusion)

    def test_a_declined_card_is_no_difference(self):
        transaction = self._paid(self._new_invoice(20.0), "4005571702222222")
        self.assertEqual(transaction.state, "error")
        self.assertEqual(self._found(self._compared()), {})

    def test_a_whole_refund_that_became_a_void_is_no_difference(self):
        child = self._refund()
        self.assertEqual((child.state, child.clover_returned_as), ("done", "void"))
        one = self._compared()
        self.assertEqual(self._found(one), {})
        self.assertEqual((one.clover_amount, one.odoo_amount), (0.0, 0.0))

    def test_money_in_clover_only_is_found_and_booked_for_the_customer(self):
        self._dashboard("payment", amount=5000)
        one = self._compared()
        self.assertEqual(self._found(one), {"clover_only": [50.0]})
        self.assertEqual(one.gap, 50.0)
        self.assertIn("knows of no such payment", one.difference_ids.evidence)
        # Nobody knows whose it is: the row to decide about is opened, nothing is booked.
        action = self._repair_all(one)
        self.assertEqual(action["res_model"], "clover.unmatched.payment")
        self.assertEqual(one.difference_ids.state, "open")
        self.assertIsNone(self._repair_all(one, self.partner_a))
        self.assertEqual((one.difference_ids.state, one.open_count), ("repaired", 0))
        self.assertEqual(self._found(self._compared()), {})

    def test_what_was_ignored_with_a_reason_stays_explained(self):
        self._dashboard("payment", amount=5000)
        one = self._compared()
        self._repair_all(one)
        self.unmatched.search([]).with_user(self.manager)._ignore("Cash box float")
        again = self._compared()
        self.assertEqual(self._found(again), {})
        self.assertEqual((again.gap, again.explained), (50.0, 50.0))
        self.assertEqual(again.difference_ids.reason, "Cash box float")

    def test_refunds_and_voids_of_known_payments_are_taken_in_by_the_comparison(self):
        other = self._paid(self._new_invoice(40.0))
        self._dashboard("refund", payment=self.charge_id, amount=1300)
        self._dashboard("refund", payment=other.provider_reference)
        one = self._compared()
        # They were missing, which stays on record, and are booked: nobody has to click.
        self.assertEqual(self._found(one), {})
        self.assertEqual(sorted(one.difference_ids.mapped("effect")), [-40.0, -13.0])
        self.assertEqual(set(one.difference_ids.mapped("state")), {"repaired"})
        self.assertEqual((one.gap, one.open_count), (-53.0, 0))
        self.assertEqual(self.transaction.child_transaction_ids.mapped("amount"), [-13.0])
        self.assertEqual(other.child_transaction_ids.mapped("amount"), [-40.0])
        self.assertEqual(self.move.activity_ids.summary, "Refunded at Clover")
        again = self._compared()
        self.assertEqual((self._found(again), again.difference_count, again.gap), ({}, 0, 0.0))

    def test_a_payment_that_odoo_gave_up_is_a_state(self):
        self._by_sql("payment_transaction", self.transaction, state="error", payment_id=None)
        one = self._compared()
        self.assertEqual(self._found(one), {"state": [113.0]})
        self._repair_all(one)
        self.assertEqual(self.transaction.state, "done")
        self.assertTrue(self.transaction.payment_id)
        self.assertEqual(self._found(self._compared()), {})

    def test_a_payment_that_is_not_booked_is_a_state(self):
        self._by_sql("payment_transaction", self.transaction, payment_id=None)
        one = self._compared()
        self.assertEqual(self._found(one), {"state": [113.0]})
        self.assertIn("not booked", one.difference_ids.evidence)
        self._repair_all(one)
        self.assertEqual(self.transaction.payment_id.amount, 113.0)
        self.assertEqual(self._found(self._compared()), {})

    def test_an_amount_that_differs_is_rebooked_and_closes_the_invoice(self):
        payment = self.transaction.payment_id
        payment.action_draft()
        payment.amount = 100.0
        payment.action_post()
        self.transaction.amount = 100.0
        one = self._compared()
        self.assertEqual(self._found(one), {"amount": [13.0]})
        self._repair_all(one)
        self.assertEqual((payment.amount, self.transaction.amount), (113.0, 113.0))
        self.assertEqual(self.move.amount_residual, 0.0)
        self.assertEqual(self._found(self._compared()), {})

    def test_another_currency_is_booked_apart(self):
        self._by_sql(
            "payment_transaction", self.transaction, currency_id=self.env.ref("base.USD").id
        )
        one = self._compared()
        self.assertEqual(list(self._found(one)), ["currency"])
        self._repair_all(one)
        self.assertEqual(self.transaction.state, "cancel")
        apart = self.unmatched.search([]).transaction_id
        self.assertEqual((apart.state, apart.amount, apart.currency_id.name), ("done", 113, "CAD"))
        self.assertEqual(self._found(self._compared()), {})

    def test_a_tip_and_a_surcharge_that_were_not_booked(self):
        tipped = self._dashboard("payment", amount=1000, tip_amount=150)
        self._configure(surcharge=True)
        added = self._dashboard("payment", amount=2000)
        self._configure(surcharge=False)
        for paid in (tipped, added):
            self._book_by_hand(paid["id"], paid["amount"] / 100)
        one = self._compared()
        self.assertEqual(self._found(one), {"surcharge": [0.48], "tip": [1.50]})
        self._repair_all(one)
        self.assertEqual(self._found(self._compared()), {})
        with_surcharge = self.env["payment.transaction"].search(
            [("provider_reference", "=", added["id"])]
        )
        self.assertEqual(with_surcharge.fusion_surcharge_amount, 0.48)
        self.assertEqual(with_surcharge.payment_id.amount, 20.48)
        self.assertEqual(with_surcharge.fusion_surcharge_move_id.amount_total, 0.48)

    def test_what_clover_never_had_leaves_the_books(self):
        ghost = self._book_by_hand("GHOST00000001", 25.0)
        one = self._compared()
        self.assertEqual(self._found(one), {"odoo_only": [-25.0]})
        self.assertEqual(one.difference_ids.clover_state, "not known")
        self._repair_all(one)
        self.assertEqual((ghost.state, ghost.payment_id.state), ("cancel", "canceled"))
        self.assertEqual(self._found(self._compared()), {})

    def test_one_payment_booked_twice_is_a_duplicate(self):
        second = self._book_by_hand(self.charge_id, 113.0)
        one = self._compared()
        self.assertEqual(self._found(one), {"duplicate": [-113.0]})
        self._repair_all(one)
        self.assertEqual(second.state, "cancel")
        self.assertEqual(self.transaction.state, "done")
        self.assertEqual(self._found(self._compared()), {})

    def test_one_intent_paid_twice_at_clover_is_a_duplicate_of_the_same_customer(self):
        name = self.transaction.clover_external_reference
        self._dashboard("payment", amount=11300, external_reference_id=name)
        one = self._compared()
        self.assertEqual(self._found(one), {"duplicate": [113.0]})
        self._repair_all(one)
        booked = self.unmatched.search([]).transaction_id
        self.assertEqual((booked.partner_id, booked.amount), (self.move.partner_id, 113.0))
        self.assertEqual(self._found(self._compared()), {})

    def test_what_was_booked_a_day_later_is_late_and_stays_accepted(self):
        self._by_sql(
            "payment_transaction",
            self.transaction,
            last_state_change=fields.Datetime.now() + timedelta(days=1),
        )
        one = self._compared()
        self.assertEqual(self._found(one), {"late": [0.0]})
        self._repair_all(one)
        again = self._compared()
        self.assertEqual((self._found(again), again.difference_count), ({}, 1))

    def test_a_payment_of_another_day_is_asked_for_and_is_no_difference(self):
        """Booked in the period, made before it."""
        self._set_clock_back(self.charge_id)
        self.assertEqual(self._found(self._compared()), {})

    def test_totals_by_tender_brand_and_deposit(self):
        self._refund(13.0)
        one = self._compared()
        totals = {
            (total.dimension, total.label): (total.count, total.clover_amount, total.gap)
            for total in one.total_ids
        }
        self.assertEqual(totals["tender", "Credit Card"], (2, 100.0, 0.0))
        self.assertEqual(totals["brand", "VISA"], (2, 100.0, 0.0))
        self.assertEqual(
            sum(total.clover_amount for total in one.total_ids if total.dimension == "deposit"),
            100.0,
        )

    def test_a_terminal_is_called_by_its_name(self):
        self._dashboard("payment", amount=700, device="9c0d2d0e-6f55-1c3a-0b5e-000000000000")
        terminal = self.env["clover.terminal"].sudo().create(
            {
                "name": "Front desk",
                "provider_id": self.provider.id,
                "merchant_ref": "M",
                "environment": "sandbox",
                "serial": "S1",
                "device_ref": "9c0d2d0e-6f55-1c3a-0b5e-000000000000",
            }
        )
        amounts = {
            total.label: total.clover_amount
            for total in self._compared().total_ids
            if total.dimension == "terminal"
        }
        self.assertEqual(amounts, {terminal.name: 7.0, "-": 113.0}, "the other one has none")

    def test_the_conclusion_says_who_has_more(self):
        self._dashboard("payment", amount=5000)
        one = self._compared()
        self.assertRegex(one.conclusion, r"^Clover has \$\s?50.00 more than the books had\..*: 1, ")
        self._by_sql("clover_comparison", one, gap=-50)
        self.assertRegex(one.conclusion, r"^The books had \$\s?50.00 more than Clover\..*: 1, ")
        self._by_sql("clover_comparison", one, gap=0)
        self.assertRegex(one.conclusion, r"^Clover and the books add up to the same\..*: 1, ")

    def test_a_clerk_is_called_by_their_name(self):
        one = self._compared()
        total = {one.dimension: one.label for one in one.total_ids}
        self.assertEqual(total["clerk"], "Robin Tremblay")
        self.assertEqual(one.entry_ids.mapped("employee_name"), ["Robin Tremblay"])

    def test_a_clerk_is_called_by_their_id_where_the_app_may_not_read_names(self):
        self.simulator.post("config", {"denied_areas": ["employees"]})
        one = self._compared()
        total = {one.dimension: one.label for one in one.total_ids}
        self.assertEqual(one.state, "done")
        self.assertEqual(total["clerk"], one.entry_ids[0].employee_ref)

    def test_clerks_of_the_same_name_are_told_apart(self):
        one = self._compared()
        entry = one.entry_ids[0]
        names = {entry.employee_ref: "Sam", "OTHER": "Sam", "THIRD": "Kim"}
        entry._name_clerks(one, names)
        self.env.invalidate_all()
        self.assertEqual(entry.employee_name, f"Sam ({entry.employee_ref})")

    def test_it_reads_pages_within_the_limits(self):
        for _ in range(104):
            self._dashboard("payment", amount=100)
        one = self._compared()
        self.assertEqual(one.entry_count, 105)
        self.assertEqual(self._found(one)["clover_only"], [1.0] * 104)
        calls = [call for call in self.simulator.requests() if "/payments" in call["path"]]
        # Two pages of what was made, one of what was changed.
        self.assertEqual(len([call for call in calls if call["path"].endswith("/payments")]), 3)
        self.assertEqual(one.call_count, 6)

    def test_clover_away_is_said_and_tried_again(self):
        self.simulator.fault("http_500", "*/properties", "GET", count=99)
        one = self.comparisons.create({"provider_id": self.provider.id})
        one.action_compare()
        with self.assertLogs("odoo.addons.fusion_clover", "WARNING"):
            self._run_schedule()
        self.assertEqual(one.state, "queued")
        self.assertTrue(one.message)
        self.simulator.delete("faults")
        self._run_schedule()
        self.assertEqual((one.state, one.message), ("done", False))

    def test_every_night_the_day_before_is_compared_once(self):
        comparisons = self.env["clover.comparison"].sudo()
        self.patch(type(comparisons), "_zone_of", lambda self, provider: zone_where_it_is_noon())
        comparisons._queue_yesterdays()
        comparisons._queue_yesterdays()
        queued = comparisons.search([("provider_id", "=", self.provider.id)])
        self.assertEqual((len(queued), queued.state), (1, "queued"))
        self.assertEqual(queued.date_from, queued.date_to)

    def test_a_comparison_that_was_made_stays_as_it_is(self):
        one = self._compared()
        with self.assertRaises(UserError):
            one.action_compare()
        with self.assertRaises(AccessError):
            one.date_to = one.date_from - timedelta(days=1)
        with self.assertRaises(AccessError):
            one.unlink()

    def test_nobody_writes_results_by_hand(self):
        self._dashboard("payment", amount=5000)
        found = self._compared().difference_ids
        for values in ({"state": "repaired"}, {"effect": 0}, {"partner_id": 1, "reason": "x"}):
            with self.assertRaises(AccessError):
                found.write(values)
        with self.assertRaises(AccessError):
            self.comparisons.create({"provider_id": self.provider.id, "state": "done"})
        draft = self.comparisons.create({"provider_id": self.provider.id})
        with self.assertRaises(AccessError):
            draft.gap = 0
        draft.date_from -= timedelta(days=1)
        with self.assertRaises(ValidationError):
            draft.date_to = draft.date_from - timedelta(days=1)
        found.partner_id = self.partner_a
        found._accept("Known")
        with self.assertRaises(AccessError):
            found.partner_id = False

    def test_a_difference_is_decided_once_and_with_a_reason(self):
        self._dashboard("payment", amount=5000)
        found = self._compared().difference_ids
        with self.assertRaises(UserError):
            found._accept(" ")
        found._accept("Known")
        with self.assertRaisesRegex(UserError, "decided"):
            found.action_repair()
        self.assertFalse(self.unmatched.search([]))

    def test_only_managers_compare(self):
        with self.assertRaises(AccessError):
            self.env["clover.comparison"].with_user(self.clerk).search([])

    def test_other_companies_do_not_see_it(self):
        one = self._compared()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="other_manager",
            groups="fusion_payment_common.group_fusion_manager",
            company_id=other.id,
            company_ids=[fields.Command.set(other.ids)],
        )
        self.assertFalse(one.with_user(stranger).search([]))

    def test_health_counts_what_is_open(self):
        probe = self.env["clover.comparison"].sudo()._probe_comparison
        self.assertEqual(probe(self.env.company).level, Level.WARNING)
        self._compared()
        self.assertEqual(probe(self.env.company).level, Level.OK)
        self._dashboard("payment", amount=5000)
        self._compared()
        finding = probe(self.env.company)
        self.assertEqual((finding.level, finding.value), (Level.WARNING, 1))

    def test_it_can_be_printed_and_opened_as_a_spreadsheet(self):
        self._dashboard("payment", amount=5000)
        one = self._compared()
        one.difference_ids._accept("=1+1")
        reports = self.env["ir.actions.report"].with_user(self.manager)
        html, _kind = reports._render_qweb_html(
            "fusion_clover.report_comparison", one.ids
        )
        self.assertIn(b"In Clover only", html)
        # What somebody wrote is text there, no formula.
        with ZipFile(io.BytesIO(one._spreadsheet())) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        self.assertIn(b"=1+1", parts["xl/sharedStrings.xml"])
        self.assertFalse([name for name, part in parts.items() if b"<f>" in part])

    def test_old_entries_go_and_results_stay(self):
        self._dashboard("payment", amount=5000)
        one = self._compared()
        before = one.difference_ids.evidence
        self.assertIn("America/Toronto", before)
        self.env["clover.comparison.entry"].sudo().search([]).unlink()
        self.env.invalidate_all()
        self.assertEqual(one.difference_ids.mapped("evidence"), [before])

    # === helpers ===

    def _configure(self, **switches):
        self.simulator.post("config", switches)
