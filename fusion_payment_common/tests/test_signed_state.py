from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user, tagged

SECRET = "a secret of at least twenty-four bytes"
HOSTS = {"erp.example.com"}


@tagged("post_install", "-at_install")
class TestSignedState(TransactionCase):
    def _issue(self, **kwargs):
        return self.env["fusion.signed.state"].sudo()._issue(
            kwargs.pop("purpose", "connect"),
            self.env.company,
            secret=SECRET,
            redirect_to="https://erp.example.com/back",
        )

    def _redeem(self, token, purpose="connect", secret=SECRET):
        return self.env["fusion.signed.state"].sudo()._redeem(
            purpose, token, secret=secret, allowed_hosts=HOSTS
        )

    def test_it_comes_back_for_the_record_it_was_issued_for(self):
        self.assertEqual(self._redeem(self._issue()), self.env.company)

    def test_it_works_once(self):
        token = self._issue()
        self._redeem(token)
        with self.assertRaisesRegex(UserError, "used before"):
            self._redeem(token)

    def test_another_key_opens_nothing(self):
        token = self._issue()
        with self.assertRaisesRegex(UserError, "not issued by this database"):
            self._redeem(token, secret="another secret of twenty-four bytes")

    def test_another_purpose_opens_nothing(self):
        with self.assertRaises(UserError):
            self._redeem(self._issue(), purpose="something else")

    def test_another_user_cannot_redeem_it(self):
        token = self._issue()
        other = new_test_user(self.env, login="other_admin", groups="base.group_system")
        states = self.env["fusion.signed.state"].sudo().with_user(other).sudo()
        with self.assertRaisesRegex(UserError, "another user"):
            states._redeem("connect", token, secret=SECRET, allowed_hosts=HOSTS)

    def test_an_empty_secret_signs_nothing(self):
        with self.assertRaises(ValueError):
            self.env["fusion.signed.state"].sudo()._issue(
                "connect", self.env.company, secret="", redirect_to="https://erp.example.com/back"
            )

    def test_expired_states_are_swept(self):
        self._issue()
        rows = self.env["fusion.signed.state"].sudo().search([])
        self.assertTrue(rows)
        rows.expires_at = "2020-01-01"
        self.env["fusion.signed.state"].sudo()._gc_expired()
        self.assertFalse(rows.exists())
