from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .comparison_common import ComparisonCommon


@tagged("post_install", "-at_install")
class TestComparisonProvider(ComparisonCommon):
    """Which merchant a Manager compares, who need not have access to providers."""

    def test_a_manager_without_access_to_providers_makes_a_comparison_in_the_form(self):
        today = fields.Date.today()
        form = Form(self.env["clover.comparison"].with_user(self.manager))
        self.assertEqual(form.provider_choice, str(self.provider.id))
        form.date_from, form.date_to = today - timedelta(days=1), today + timedelta(days=1)
        one = form.save()
        self.assertEqual(one.sudo().provider_id, self.provider)
        one.action_compare()
        self._run_schedule()
        self.assertEqual((one.state, one.provider_name), ("done", self.provider.name))
        Form(one)

    def test_a_manager_chooses_among_the_merchants_of_their_companies(self):
        second = self.provider.copy({"name": "Clover Airport", "state": "test"})
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.provider.copy({"state": "test", "company_id": other.id})
        choices = dict(self.comparisons._selection_provider())
        self.assertEqual(choices[str(second.id)], "Clover Airport")
        self.assertNotIn(str(elsewhere.id), choices)
        one = self.comparisons.create({"provider_choice": str(second.id)})
        self.assertEqual(one.sudo().provider_id, second)
        with self.assertRaisesRegex(AccessError, "one of your companies"):
            self.comparisons.create({"provider_choice": str(elsewhere.id)})
        with self.assertRaisesRegex(AccessError, "one of your companies"):
            one.provider_id = elsewhere

    def test_companies_are_named_where_there_are_several(self):
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.provider.copy({"state": "test", "company_id": other.id})
        self.manager.company_ids += other
        both = self.comparisons.with_context(allowed_company_ids=self.manager.company_ids.ids)
        choices = dict(both._selection_provider())
        self.assertEqual(choices[str(elsewhere.id)], f"{elsewhere.name} (Other)")
        self.assertEqual(
            choices[str(self.provider.id)],
            f"{self.provider.name} ({self.provider.company_id.name})",
        )
