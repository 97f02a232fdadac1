from odoo.tests import tagged

from odoo.addons.fusion_payment_common.tests.canaries import PANS, captured_log, tables_with

from .charge.portal_common import PortalCommon
from .common import APPROVED, DECLINED
from .test_canaries import CREDENTIALS


@tagged("post_install", "-at_install")
class TestCanariesPortal(PortalCommon):
    """A customer's cards go through every way of the portal, and are found nowhere."""

    def _type_card_numbers_where_a_token_belongs(self):
        """What a broken or malicious page would send."""
        for pan in PANS:
            result = self._process(self._begin(self._portal_invoice(9.0)), pan)
            self.assertNotEqual(result["state"], "done")
            self.assertNotIn(pan, str(result))

    def test_nothing_of_a_customers_card_is_left_behind(self):
        with captured_log() as log:
            token = self._saved_card()
            self.authenticate("paula_portal", "paula_portal")
            again = self._begin(self._portal_invoice(7.0), token=token)
            self.assertEqual(self._transaction(again).state, "done")
            declined = self._source(DECLINED)
            refused = self._process(self._begin(self._portal_invoice(8.0)), declined)
            self.assertNotEqual(refused["state"], "done")
            self._type_card_numbers_where_a_token_belongs()
            token.active = False
        logged = log.getvalue()
        self.assertIn("fusion_payment_common", logged, "the log was captured")
        numbers = (*PANS, APPROVED, DECLINED)
        credentials = ("sim-ecommerce-private-key", "sim-merchant-api-token")
        for canary in (*numbers, *credentials, declined):
            self.assertNotIn(canary, logged)
        self.assertEqual(tables_with(self.env, [*numbers, declined]), [])
        self.assertEqual(tables_with(self.env, credentials, except_tables=CREDENTIALS), [])
