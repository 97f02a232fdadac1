from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .books_common import BooksCommon

VIEWER = (
    "fusion_wex.group_wex_user,fusion_payment_common.group_fusion_card_viewer,"
    "base.group_allow_export"
)


@tagged("post_install", "-at_install")
class TestReveal(BooksCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls._new_user("wex_viewer", VIEWER)

    def test_who_may_not_see_numbers_sees_none(self):
        card = self._card()
        with self.assertRaises(AccessError):
            card.with_user(self.clerk).action_wex_reveal()
        self.assertFalse(self.env["fusion.secret.access"].sudo().search([]))

    def test_a_reveal_asks_for_the_password_and_a_reason_and_is_recorded(self):
        card = self._card()
        number = card._wex_secret().reveal_number()
        self.authenticate("wex_viewer", "wex_viewer")
        action = card.with_user(self.viewer).action_wex_reveal()
        self.assertEqual(action["res_model"], "fusion.secret.reveal")
        params = {"model": "fusion.secret", "method": "reveal", "kwargs": {}}
        args = [[card.secret_id.id], "The vendor asks by phone"]
        first = self.make_jsonrpc_request(
            "/web/dataset/call_kw", {**params, "args": args}
        )
        self.assertEqual(first["res_model"], "res.users.identitycheck", "core's password dialog")
        self.assertNotIn(number, str(first))
        self.assertFalse(self.env["fusion.secret.access"].sudo().search([]))

    def test_a_number_that_is_not_kept_is_read_from_wex_for_some_minutes(self):
        self.account.keeps_number = False
        card = self._card()
        self.assertFalse(card.secret_id)
        card.with_user(self.viewer).action_wex_reveal()
        secret = card.secret_id.sudo()
        self.assertTrue(secret.payload)
        self.assertLess((secret.expires_at - secret.create_date).total_seconds(), 660)

    def test_a_wex_that_shows_no_numbers_later_says_so(self):
        self.account.keeps_number = False
        self.account.profile_overrides = '{"reads_number_later": false}'
        card = self._card()
        with self.assertRaisesRegex(UserError, "does not show"):
            card.with_user(self.viewer).action_wex_reveal()

    def test_numbers_are_not_exported_and_not_read(self):
        card = self._card()
        number = card._wex_secret().reveal_number()
        fields = list(card.with_user(self.viewer).fields_get())
        shown = str(card.with_user(self.viewer).read([name for name in fields]))
        self.assertNotIn(number, shown)
        self.assertNotIn(number, str(card.with_user(self.viewer).export_data(["display_name"])))
