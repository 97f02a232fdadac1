from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from ..common import COLLECTION
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

    def _reveal(self, card, reason="The vendor asks by phone"):
        """What the dialog shows once the password was confirmed."""
        action = card.with_user(self.viewer).action_wex_reveal()
        secret = self.env["fusion.secret"].browse(action["context"]["default_secret_id"])
        secret = secret.with_user(self.viewer)
        secret._record_access(reason)
        return secret._open()

    def _reads(self, card):
        path = f"{COLLECTION}/{card.wex_id}"
        return [one for one in self.simulator.get("requests?method=GET") if one["path"] == path]

    def test_a_number_that_is_not_kept_is_read_from_wex_after_password_and_reason(self):
        self.account.keeps_number = False
        card = self._card()
        number = card._wex_secret().reveal_number()
        reads = len(self._reads(card))
        card.with_user(self.viewer).action_wex_reveal()
        self.assertEqual(len(self._reads(card)), reads, "WEX is not asked by the button")
        with self.assertRaisesRegex(UserError, "Say why"):
            self._reveal(card, reason="")
        self.assertEqual(len(self._reads(card)), reads)
        self.assertIn(number, self._reveal(card))
        self.assertFalse(card.secret_id.sudo().payload, "nothing is stored")
        access = self.env["fusion.secret.access"].sudo().search([])
        self.assertEqual((len(access), access.user_id), (1, self.viewer))
        self.assertEqual((card.state, len(card.secret_id)), ("opened", 1))

    def test_a_number_is_shown_without_an_encryption_key_as_well(self):
        self.keys.clear()
        card = self._card()
        self.assertIn(card.last4, self._reveal(card).splitlines()[0])

    def test_a_wex_that_shows_no_numbers_later_says_so(self):
        self.account.keeps_number = False
        self.account.profile_overrides = '{"reads_number_later": false}'
        card = self._card()
        with self.assertRaisesRegex(UserError, "does not show"):
            self._reveal(card)

    def test_the_number_of_a_card_that_has_ended_is_not_shown(self):
        self.account.keeps_number = False
        card = self._card()
        action = card.with_user(self.viewer).action_wex_reveal()
        secret = self.env["fusion.secret"].browse(action["context"]["default_secret_id"])
        self.simulator.act(card.reference, "expire")
        self._look(card)
        with self.assertRaisesRegex(UserError, "has ended"):
            card.with_user(self.viewer).action_wex_reveal()
        with self.assertRaisesRegex(UserError, "has ended"):
            secret.with_user(self.viewer)._record_access("A good reason")

    def test_numbers_are_not_exported_and_not_read(self):
        card = self._card()
        number = card._wex_secret().reveal_number()
        fields = list(card.with_user(self.viewer).fields_get())
        shown = str(card.with_user(self.viewer).read([name for name in fields]))
        self.assertNotIn(number, shown)
        self.assertNotIn(number, str(card.with_user(self.viewer).export_data(["display_name"])))
