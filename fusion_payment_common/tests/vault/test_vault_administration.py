"""The vault's key as the administrator meets it: settings and command line."""

import io
from contextlib import redirect_stdout

from odoo.cli.command import find_command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from ...lib.vault import Vault, generate_key
from ...tools.cursors import in_own_transaction
from .test_secret import SecretCommon

VAULT = "odoo.addons.fusion_payment_common.models.vault.vault"


@tagged("post_install", "-at_install")
class TestVaultSettings(SecretCommon, TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self._set_up_vault()
        self.settings = self.env["res.config.settings"]

    def test_the_settings_say_that_the_key_is_missing_and_where_it_goes(self):
        self.assertFalse(self.settings.create({}).fusion_vault_problem)
        self.keys = []
        with Form(self.settings) as form:
            self.assertIn("FUSION_VAULT_KEYS", form.fusion_vault_problem)

    def test_the_button_says_how_many_values_were_reencrypted(self):
        self._store()
        self.keys = [generate_key(), *self.keys]
        params = self.settings.create({}).action_fusion_rotate_vault()["params"]
        self.assertEqual(params["type"], "success")
        self.assertIn("1 values", params["message"])

    @mute_logger(VAULT)
    def test_the_button_says_when_old_keys_are_still_needed(self):
        self._store()
        self.keys = [generate_key()]
        params = self.settings.create({}).action_fusion_rotate_vault()["params"]
        self.assertEqual((params["type"], params["sticky"]), ("danger", True))
        self.assertIn("Keep the old keys", params["message"])

    def test_without_a_key_nothing_is_rotated(self):
        self.keys = []
        with self.assertRaisesRegex(UserError, "No encryption key"):
            self.settings.create({}).action_fusion_rotate_vault()

    def test_only_an_administrator_rotates_and_sees_the_token(self):
        manager = self._new_user("manages", "fusion_payment_common.group_fusion_manager")
        settings = self.settings.create({})
        for action in ("action_fusion_rotate_vault", "action_fusion_generate_health_token"):
            with self.assertRaises(AccessError):
                getattr(settings.with_user(manager), action)()

    def test_a_generated_token_is_long_and_new_each_time(self):
        parameters = self.env["ir.config_parameter"]
        tokens = set()
        for _time in range(2):
            self.settings.create({}).action_fusion_generate_health_token()
            tokens.add(parameters.get_param("fusion_payment_common.health_token"))
        self.assertEqual(len(tokens), 2)
        self.assertTrue(all(len(token) >= 43 for token in tokens))


@tagged("post_install", "-at_install")
class TestVaultCommand(SecretCommon, TransactionCase):
    """On real transactions, as the command runs; what is committed is removed again."""

    def setUp(self):
        super().setUp()
        self._set_up_vault()
        self.command = find_command("fusion_vault")
        self.secret_id = in_own_transaction(
            self.env, lambda env: env["fusion.secret"]._store("test", "plain", label="Test").id
        )
        self.addCleanup(in_own_transaction, self.env, self._remove)

    def _remove(self, env):
        env.cr.execute("DELETE FROM fusion_secret WHERE id = %s", [self.secret_id])

    def _run(self, action):
        output = io.StringIO()
        with redirect_stdout(output):
            status = self.command._with_database(self.env.cr.dbname, action)
        return status, output.getvalue()

    def test_check_says_whether_the_keys_open_what_is_stored(self):
        self.assertEqual(self._run("check"), (0, "The configured keys open the stored values.\n"))
        self.keys = [generate_key()]
        status, _output = self._run("check")
        self.assertIn("do not open", status)
        self.keys = []
        status, _output = self._run("check")
        self.assertIn("No encryption key is configured", status)

    def test_rotate_reencrypts_and_commits(self):
        new = generate_key()
        self.keys = [new, *self.keys]
        status, output = self._run("rotate")
        self.assertEqual(status, 0)
        self.assertRegex(output, r"^Re-encrypted under the first key: [1-9]")
        token = in_own_transaction(
            self.env, lambda env: env["fusion.secret"].browse(self.secret_id).payload
        )
        self.assertEqual(Vault([new]).decrypt(token), "plain")

    @mute_logger(VAULT)
    def test_rotate_fails_when_a_value_cannot_be_read(self):
        self.keys = [generate_key()]
        status, output = self._run("rotate")
        self.assertEqual(status, 1)
        self.assertIn(f"No configured key opens fusion.secret {self.secret_id}", output)
