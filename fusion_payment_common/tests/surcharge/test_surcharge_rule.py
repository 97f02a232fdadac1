from datetime import date

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from ...lib.money import Money
from ..inbox.inbox_common import InboxCommon

BASE = Money(10_000, "CAD")
ON = date(2026, 11, 21)
CONFIRMED = {"is_notice_given": True, "is_disclosed": True, "is_total_displayed": True}


@tagged("post_install", "-at_install")
class TestSurchargeRule(InboxCommon, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.canada = cls.env.ref("base.ca")
        cls.states = cls.env.ref("base.us")
        cls.company = cls.env["res.company"].create({"name": "Card Shop"})
        cls.rules = cls.env["fusion.surcharge.rule"]

    def setUp(self):
        super().setUp()
        self._move_company("CA", "ON")

    def _state(self, country, code):
        return self.env["res.country.state"].search(
            [("country_id.code", "=", country), ("code", "=", code)]
        )

    def _move_company(self, country, state):
        self.company.country_id = self.env["res.country"].search([("code", "=", country)])
        self.company.state_id = self._state(country, state)

    def _rule(self, rate=2.4, cost=3.0, **values):
        defaults = {"company_id": self.company.id, "country_id": self.canada.id, **CONFIRMED}
        return self.rules.create({**defaults, "rate": rate, "merchant_cost": cost, **values})

    def _quote(self, kind="credit", brand="visa", base=BASE, **values):
        return self.rules._quote(
            base, company=self.company, kind=kind, brand=brand, on=ON, **values
        )

    def _partner(self, country, state=None):
        return self.env["res.partner"].create(
            {
                "name": "Customer",
                "country_id": self.env["res.country"].search([("code", "=", country)]).id,
                "state_id": self._state(country, state).id if state else False,
            }
        )

    def _says(self, expected_minor, expected_text, **values):
        result = self._quote(**values)
        self.assertEqual(result.surcharge.minor, expected_minor)
        self.assertIn(expected_text, self.rules._explain(result))

    # === QUOTES === #

    def test_without_a_rule_there_is_no_surcharge(self):
        self._says(0, "the company adds none")

    def test_a_credit_card_bears_the_companys_rate(self):
        self._rule(rate=1.5)
        self._says(150, "1.5 % as set by the company")

    def test_debit_prepaid_and_unknown_cards_bear_nothing(self):
        self._rule()
        self._says(0, "debit card", kind="debit")
        self._says(0, "debit card", brand="interac")
        self._says(0, "prepaid", kind="prepaid")
        for kind in ("unknown", "", None, "charge"):
            self._says(0, "not certain", kind=kind)

    def test_never_more_than_the_card_costs(self):
        self._rule(rate=2.4, cost=1.9)
        self._says(190, "no more than accepting the card costs")

    def test_an_unknown_cost_means_no_surcharge(self):
        self._rule(cost=0)
        self._says(0, "cost of acceptance is not known")

    def test_never_beside_a_surcharge_of_the_provider(self):
        self._rule()
        self._says(0, "the payment provider adds its own", provider_adds_one=True)

    def test_what_the_company_has_not_confirmed_is_named(self):
        self._rule(is_disclosed=False)
        self._says(0, "not confirmed yet: Disclosed")

    def test_a_company_in_quebec_adds_nothing_even_with_a_rule_for_the_country(self):
        self._rule()
        self._move_company("CA", "QC")
        self._says(0, "the law does not allow one")

    def test_a_company_without_its_province_adds_nothing(self):
        self._rule()
        self.company.state_id = False
        self._says(0, "no law is listed")

    def test_the_customers_place_counts_as_well(self):
        self._rule()
        self.assertEqual(self._quote(partner=self._partner("CA", "BC")).surcharge.minor, 240)
        self._says(0, "does not allow", partner=self._partner("CA", "QC"))
        self._says(0, "no law is listed", partner=self._partner("FR"))
        self._says(0, "no law is listed", partner=self._partner("CA"))
        nowhere = self.env["res.partner"].create({"name": "Walk-in"})
        self.assertEqual(self._quote(partner=nowhere).surcharge.minor, 240)

    def test_a_contact_lives_where_its_company_does(self):
        self._rule()
        parent = self._partner("CA", "QC")
        parent.is_company = True
        child = self.env["res.partner"].create({"name": "Clerk", "parent_id": parent.id})
        self._says(0, "does not allow", partner=child)

    def test_the_most_specific_rule_wins(self):
        self._rule(rate=1.0)
        self._rule(rate=1.1, brand="visa")
        self._rule(rate=1.2, state_id=self._state("CA", "ON").id)
        self._rule(rate=1.3, state_id=self._state("CA", "BC").id)
        self.assertEqual(self._quote(brand="amex").surcharge.minor, 120)
        self.assertEqual(self._quote(brand="visa").surcharge.minor, 120)
        self._rule(rate=1.4, state_id=self._state("CA", "ON").id, brand="visa")
        self.assertEqual(self._quote(brand="visa").surcharge.minor, 140)

    def test_an_archived_rule_adds_nothing(self):
        self._rule().active = False
        self._says(0, "the company adds none")

    def test_a_cap_that_was_lowered_later_holds_at_once(self):
        self._move_company("US", "TX")
        rule = self._rule(country_id=self.states.id, rate=3.0, cost=5.0)
        self.env.cr.execute("UPDATE fusion_surcharge_rule SET rate = 3.5 WHERE id = %s", [rule.id])
        self.env.invalidate_all()
        self._says(300, "the law allows no more", base=Money(10_000, "USD"))

    def test_rules_of_another_company_do_not_count(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        self._rule(company_id=other.id)
        self._says(0, "the company adds none")

    # === WHAT CAN BE SET === #

    def test_more_than_the_law_allows_cannot_be_set(self):
        with self.assertRaises(ValidationError) as caught:
            self._rule(rate=2.5)
        self.assertIn("At most 2.4 % is allowed in Canada", str(caught.exception))
        self.assertTrue(self._rule(rate=2.4))

    def test_where_it_is_prohibited_no_rate_can_be_set(self):
        with self.assertRaises(ValidationError) as caught:
            self._rule(rate=0.1, state_id=self._quebec().id)
        self.assertIn("not allowed in Quebec", str(caught.exception))
        self.assertTrue(self._rule(rate=0, state_id=self._quebec().id))

    def _quebec(self):
        return self._state("CA", "QC")

    def test_a_percentage_outside_of_reason_cannot_be_set(self):
        for values in ({"rate": -1}, {"rate": 100}, {"cost": -0.5}, {"cost": 100}):
            with self.assertRaises(ValidationError):
                self._rule(**values)

    def test_a_province_of_another_country_cannot_be_set(self):
        with self.assertRaises(ValidationError):
            self._rule(country_id=self.states.id, state_id=self._quebec().id, rate=0)

    @mute_logger("odoo.sql_db")
    def test_there_is_one_rule_per_place_and_brand(self):
        self._rule()
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            self._rule(rate=1.0)
        self.assertIn("fusion_surcharge_rule", str(caught.exception))
        self._rule(rate=1.0, active=False)

    def test_the_form_shows_the_law_its_source_and_an_example(self):
        rule = self._rule(rate=1.5)
        self.assertIn("At most 2.4 % since 2022-10-06", rule.legal_text)
        self.assertIn("Source:", rule.legal_text)
        self.assertIn("1.50", rule.example)
        with Form(rule) as form:
            form.state_id = self._quebec()
            form.rate = 0
            self.assertIn("Not allowed since", form.legal_text)

    # === RIGHTS === #

    def test_managers_set_the_rules_of_their_companies(self):
        manager = self._new_user("manages", "fusion_payment_common.group_fusion_manager",
                                 company=self.company)  # fmt: skip
        rule = self._rule().with_user(manager)
        rule.rate = 1.0
        other = self.env["res.company"].create({"name": "Other Company"})
        theirs = self._rule(company_id=other.id)
        self.assertNotIn(theirs, self.rules.with_user(manager).search([]))
        with self.assertRaises(AccessError):
            theirs.with_user(manager).rate = 1.0

    def test_collectors_get_quotes_but_no_rules(self):
        self._rule(rate=1.0)
        collector = self._new_user("collects", "fusion_payment_common.group_fusion_collector",
                                   company=self.company)  # fmt: skip
        rules = self.rules.with_user(collector)
        result = rules._quote(BASE, company=self.company, kind="credit", brand="visa", on=ON)
        self.assertEqual(result.surcharge.minor, 100)
        with self.assertRaises(AccessError):
            rules.search([])
