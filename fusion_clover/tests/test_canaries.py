from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.fusion_payment_common.tests.canaries import (
    PANS,
    captured_log,
    tables_with,
)

from .common import DECLINED, CloverCommon

#: Where credentials are kept on purpose, readable by administrators only.
CREDENTIALS = ("payment_provider", "clover_oauth_token")


@tagged("post_install", "-at_install")
class TestCanaries(CloverCommon):
    """Cards, tokens and credentials go through every way of collecting, and are found nowhere."""

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())

    def _collect(self, source, move):
        action = move.with_user(self.clerk).action_clover_collect_payment()
        wizard = self.env["clover.payment.wizard"].with_user(self.clerk).browse(action["res_id"])
        wizard.clover_prepare()
        return wizard.clover_charge(source)

    def test_nothing_of_a_card_or_a_credential_is_left_behind(self):
        sources = [self._source(), self._source(DECLINED), self._source()]
        with captured_log() as log:
            paid = self._new_invoice(10.0)
            self._collect(sources[0], paid)
            self.env.invalidate_all()
            refund = paid.transaction_ids.sudo()._refund(amount_to_refund=4.0)
            self.assertEqual(refund.state, "done")
            self._collect(sources[1], self._new_invoice(11.0))
            self.simulator.fault("http_500", when="before")
            self._collect(sources[2], self._new_invoice(12.0))
            for pan in PANS:
                for given in (pan, " ".join(pan), f"clv_{pan}"):
                    try:
                        self._collect(given, self._new_invoice(13.0))
                    except UserError as error:
                        self.assertNotIn(pan, str(error))
                    else:
                        self.fail("a card number was accepted")
            self.provider.clover_api_key = "wrong-canary-credential"
            self._collect(sources[2], self._new_invoice(14.0))
        secrets = [
            "sim-ecommerce-private-key",
            "sim-merchant-api-token",
            "wrong-canary-credential",
            self.provider.clover_app_secret,
        ]
        logged = log.getvalue()
        self.assertIn("fusion_payment_common", logged, "the log was captured")
        for canary in (*PANS, *secrets, *sources):
            self.assertNotIn(canary, logged)
        self.assertEqual(tables_with(self.env, PANS), [])
        self.assertEqual(tables_with(self.env, secrets, except_tables=CREDENTIALS), [])
        # The one-time token of an operation that is still open is kept to be able to repeat it.
        closed = sources[:2]
        self.assertEqual(tables_with(self.env, closed), [])
