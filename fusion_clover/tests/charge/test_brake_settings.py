from lxml import etree

from odoo.tests import tagged

from ..common import DECLINED
from .portal_common import PortalCommon


@tagged("post_install", "-at_install")
class TestBrakeSettings(PortalCommon):
    """An administrator decides how many declined cards are enough."""

    def _save(self, **values):
        self.env["res.config.settings"].create(values).execute()
        self.env.invalidate_all()

    def test_the_form_shows_what_applies_without_having_been_set(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(
            (
                settings.clover_declines_per_customer,
                settings.clover_declines_per_address,
                settings.clover_declines_window,
            ),
            (5, 20, 60),
        )

    def test_a_lower_limit_stops_the_next_card_and_says_so(self):
        self._save(clover_declines_per_customer=1, clover_declines_window=15)
        self.assertEqual(self._pay(number=DECLINED)["state"], "declined")
        calls = len(self.simulator.requests("/v1/charges"))
        result = self._pay()
        self.assertEqual(result["state"], "refused")
        self.assertIn("Too many cards were declined", result["message"])
        self.assertIn("15 minutes", result["message"])
        self.assertEqual(len(self.simulator.requests("/v1/charges")), calls)

    def test_zero_means_no_limit_and_is_kept(self):
        self._save(clover_declines_per_customer=0, clover_declines_per_address=0)
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.clover_declines_per_customer, 0)
        self.assertEqual(settings.clover_declines_per_address, 0)
        for _number in range(6):
            self.assertEqual(self._pay(number=DECLINED)["state"], "declined")

    def test_no_age_limit_of_refunds_is_kept_as_well(self):
        self._save(clover_refund_age_limit_days=0)
        self.assertEqual(self.env["payment.transaction"]._clover_refund_age_limit(), 0)

    def test_the_settings_page_has_the_block(self):
        arch = self.env["res.config.settings"].get_view(view_type="form")["arch"]
        names = etree.fromstring(arch).xpath("//setting[@id='clover_brake']//field/@name")
        self.assertEqual(
            names,
            [
                "clover_declines_per_customer",
                "clover_declines_per_address",
                "clover_declines_window",
            ],
        )
