from datetime import date

from odoo.tests import freeze_time, tagged

from .portal_common import PortalCommon


@tagged("post_install", "-at_install")
class TestTokenExpiry(PortalCommon):
    """The owner of a card that ends is told in time, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls.env["payment.token"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.card_method.id,
                "partner_id": cls.customer.id,
                "provider_ref": "CUSTOMER00001",
                "payment_details": "4242",
                "clover_expiry": "02/2028",
            }
        )

    def _run(self, day):
        with freeze_time(day):
            self.env.ref("fusion_clover.ir_cron_warn_of_expiring_cards").method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self):
        return self.env["mail.mail"].search([("recipient_ids", "in", self.customer.ids)])

    def test_the_last_day_is_the_last_of_its_month(self):
        self.assertEqual(self.card.clover_last_day, date(2028, 2, 29))
        self.card.clover_expiry = "12/2030"
        self.assertEqual(self.card.clover_last_day, date(2030, 12, 31))

    def test_the_owner_is_told_in_time_and_once(self):
        self._run("2028-01-10")
        self.assertEqual(len(self._mails()), 0)
        self._run("2028-01-20")
        (mail,) = self._mails()
        self.assertIn("4242", mail.subject)
        self.assertIn("02/2028", mail.body_html)
        self.assertIn("/my/payment_method", mail.body_html)
        self._run("2028-01-21")
        self._run("2028-02-28")
        self.assertEqual(len(self._mails()), 1)

    def test_a_card_with_a_new_end_is_told_of_again(self):
        self._run("2028-01-20")
        self.card.clover_expiry = "03/2028"
        self._run("2028-03-01")
        self.assertEqual(len(self._mails()), 2)

    def test_expired_and_deleted_cards_are_let_be(self):
        self._run("2028-03-01")
        self.card.clover_expiry = "05/2028"
        self.card.active = False
        self._run("2028-05-01")
        self.assertEqual(len(self._mails()), 0)

    def test_without_an_address_a_colleague_is_asked(self):
        self.customer.write({"email": False, "user_id": self.env.user.id})
        self._run("2028-01-20")
        self._run("2028-01-21")
        (activity,) = self.customer.activity_ids
        self.assertEqual(activity.user_id, self.env.user)
        self.assertEqual(activity.date_deadline, date(2028, 2, 29))
        self.assertIn("4242", activity.note)
