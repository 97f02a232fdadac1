import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.http import root
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import Form, HttpCase, TransactionCase, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import config, mute_logger

from ...lib.vault import Vault, generate_key
from ...models.vault import vault as fusion_vault
from ..inbox.inbox_common import CANARY, InboxCommon

REASON = "The supplier asks for it by phone"
VIEWER = "fusion_payment_common.group_fusion_card_viewer,base.group_partner_manager"


class SecretCommon(InboxCommon):
    def _set_up_vault(self, *keys):
        self.keys = list(keys) or [generate_key()]
        self.patch(type(self.env["fusion.vault"]), "_keys", lambda model: self.keys)
        self.partner = self.env["res.partner"].create({"name": "Supplier"})

    def _store(self, plain=CANARY, **values):
        values.setdefault("label", "Visa ending in 4242")
        # Elevated like the models that store: users cannot create secrets.
        secrets = self.env["fusion.secret"].sudo()
        return secrets._store("card_number", plain, record=self.partner, **values)

    def _column(self, secret):
        self.env.flush_all()
        self.env.cr.execute("SELECT payload FROM fusion_secret WHERE id = %s", [secret.id])
        return self.env.cr.fetchone()[0]


@tagged("post_install", "-at_install")
class TestVault(SecretCommon, TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self._set_up_vault()

    def test_what_is_stored_is_encrypted_and_comes_back(self):
        secret = self._store()
        self.assertNotIn(CANARY, self._column(secret))
        self.assertEqual(secret._open(), CANARY)

    def test_nothing_is_stored_without_a_key(self):
        self.keys = []
        with self.assertRaisesRegex(UserError, "No encryption key is configured"):
            self._store()
        self.assertFalse(self.env["fusion.secret"].sudo().search([]))

    def test_a_malformed_key_is_refused_without_being_shown(self):
        self.keys = ["not-a-key"]
        with self.assertRaisesRegex(UserError, "malformed") as caught:
            self._store()
        self.assertNotIn("not-a-key", str(caught.exception))

    def test_the_wrong_key_opens_nothing_and_says_what_to_do(self):
        secret = self._store()
        self.keys = [generate_key()]
        with self.assertRaisesRegex(UserError, "Add the key that was in use"):
            secret._open()

    def test_rotation_reencrypts_everything_under_the_first_key(self):
        secrets = [self._store(f"value {number}") for number in range(3)]
        old = self.keys[0]
        new = generate_key()
        self.keys = [new, old]
        rotation = self.env["fusion.vault"]._rotate()
        self.assertEqual((rotation.rotated, rotation.unreadable), (3, ()))
        self.keys = [new]
        self.assertEqual([secret._open() for secret in secrets], ["value 0", "value 1", "value 2"])

    def test_rotation_covers_more_rows_than_one_batch(self):
        self.patch(fusion_vault, "ROTATION_BATCH", 2)
        for number in range(5):
            self._store(f"value {number}")
        self.assertEqual(self.env["fusion.vault"]._rotate().rotated, 5)

    @mute_logger("odoo.addons.fusion_payment_common.models.vault.vault")
    def test_rotation_names_what_no_key_opens_and_goes_on(self):
        lost = self._store("lost")
        self.keys = [generate_key()]
        kept = self._store("kept")
        column = self._column(lost)
        rotation = self.env["fusion.vault"]._rotate()
        self.assertEqual(rotation.unreadable, (("fusion.secret", lost.id),))
        self.assertEqual(rotation.rotated, 1)
        self.assertEqual(self._column(lost), column)
        self.assertEqual(kept._open(), "kept")

    def test_rotation_covers_the_bodies_of_events(self):
        self._set_up_inbox()
        event = self._ingest(payload=f'{{"pan": "{CANARY}"}}')
        new = generate_key()
        self.keys = [new, self.keys[0]]
        self.env["fusion.vault"]._rotate()
        self.env.invalidate_all()
        self.assertIn(CANARY, Vault([new]).decrypt(event.payload))

    def test_the_value_cannot_be_revealed_after_its_time_and_is_wiped(self):
        now = fields.Datetime.now()
        secret = self._store(expires_at=now + timedelta(hours=1))
        self.assertEqual(secret._open(), CANARY)
        self.env["fusion.secret"].sudo()._gc_expired()
        self.assertTrue(self._column(secret))
        secret.expires_at = now - timedelta(seconds=1)
        with self.assertRaisesRegex(UserError, "no longer stored"):
            secret._open()
        self.env["fusion.secret"].sudo()._gc_expired()
        self.assertFalse(self._column(secret))
        self.assertTrue(secret.wiped_at)

    def test_no_user_reads_the_column(self):
        secret = self._store()
        viewer = self._new_user("viewer", VIEWER)
        system = self._new_user("system", "base.group_system," + VIEWER)
        for user in (viewer, system):
            with self.assertRaises(AccessError):
                secret.with_user(user).read(["payload"])
            self.assertNotIn("payload", secret.with_user(user).read()[0])

    def test_a_neutralized_copy_has_no_secrets_and_processes_nothing(self):
        self._set_up_inbox()
        secret = self._store()
        waiting = self._ingest("evt_1", payload=f'{{"pan": "{CANARY}"}}')
        done = self._ingest("evt_2", payload="kept")
        done.write({"state": "processed", "next_attempt_at": False})
        self.env.flush_all()
        for query in get_neutralization_queries(["fusion_payment_common"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(self._column(secret))
        self.assertTrue(secret.wiped_at)
        self.assertEqual((waiting.state, waiting.payload), ("ignored", False))
        self.assertEqual((done.state, done.payload), ("processed", "kept"))
        self._process()
        self.assertEqual(self.handled, [])

    def test_a_secret_is_not_copied(self):
        self.assertFalse(self.env["fusion.secret"].sudo().browse(self._store().copy().id).payload)


@tagged("post_install", "-at_install")
class TestVaultKeys(TransactionCase):
    def test_keys_come_from_the_configuration_and_the_environment_wins(self):
        vault = self.env["fusion.vault"]
        self.patch(config, "get", {"fusion_vault_keys": "one, two"}.get)
        with self.subTest("configuration"):
            self.startPatcher(patch.dict("os.environ", clear=True))
            self.assertEqual(vault._keys(), ["one", "two"])
        with self.subTest("environment"):
            self.startPatcher(patch.dict("os.environ", {"FUSION_VAULT_KEYS": "three\nfour"}))
            self.assertEqual(vault._keys(), ["three", "four"])

    def test_a_parameter_of_the_database_is_no_key(self):
        self.env["ir.config_parameter"].set_param("fusion_vault_keys", generate_key())
        self.startPatcher(patch.dict("os.environ", clear=True))
        self.patch(config, "get", lambda name, default=None: default)
        self.assertEqual(self.env["fusion.vault"]._keys(), [])


@tagged("post_install", "-at_install")
class TestReveal(SecretCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self._set_up_vault()
        self.viewer = self._new_user("viewer", VIEWER)
        self.secret = self._store()

    def _call(self, model, method, ids, *args):
        answer = self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": [ids, *args], "kwargs": {}},
        )
        self.env.invalidate_all()
        return answer

    def _log_in(self, user, *, confirmed):
        session = self.authenticate(user.login, user.login)
        if confirmed:
            session["identity-check-last"] = time.time()
            root.session_store.save(session)

    def _accesses(self):
        return self.env["fusion.secret.access"].search([("secret_id", "=", self.secret.id)])

    def test_a_permitted_person_who_confirmed_the_password_sees_it_and_is_recorded(self):
        self._log_in(self.viewer, confirmed=True)
        self.assertEqual(self._call("fusion.secret", "reveal", self.secret.ids, REASON), CANARY)
        access = self._accesses()
        self.assertEqual((access.user_id, access.reason), (self.viewer, REASON))
        self.assertEqual(access.ip_address, "127.0.0.1")
        self.assertEqual(access.company_id, self.env.company)

    def test_without_a_fresh_password_nothing_is_shown_or_recorded(self):
        self._log_in(self.viewer, confirmed=False)
        answer = self._call("fusion.secret", "reveal", self.secret.ids, REASON)
        self.assertEqual(answer["res_model"], "res.users.identitycheck")
        self.assertFalse(self._accesses())

    @mute_logger("odoo.http")
    def test_a_reason_is_required(self):
        self._log_in(self.viewer, confirmed=True)
        for reason in ("", "   ", "abc", None):
            with self.assertRaisesRegex(JsonRpcException, "UserError"):
                self._call("fusion.secret", "reveal", self.secret.ids, reason)
        self.assertFalse(self._accesses())

    @mute_logger("odoo.http")
    def test_who_is_not_permitted_sees_nothing(self):
        manager = self._new_user("manages", "fusion_payment_common.group_fusion_manager")
        self._log_in(manager, confirmed=True)
        with self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self._call("fusion.secret", "reveal", self.secret.ids, REASON)
        self.assertFalse(self._accesses())

    @mute_logger("odoo.http")
    def test_a_secret_of_another_company_is_not_revealed(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._new_user("stranger", VIEWER, company=other)
        self._log_in(stranger, confirmed=True)
        with self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self._call("fusion.secret", "reveal", self.secret.ids, REASON)
        self.assertFalse(self._accesses())

    @mute_logger("odoo.http")
    def test_who_cannot_read_the_document_cannot_reveal_its_secret(self):
        self.env["ir.rule"].create(
            {
                "name": "No suppliers",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {self.partner.id})]",
            }
        )
        self._log_in(self.viewer, confirmed=True)
        with self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self._call("fusion.secret", "reveal", self.secret.ids, REASON)
        self.assertFalse(self._accesses())

    def test_nobody_changes_or_deletes_the_record_of_a_reveal(self):
        self._log_in(self.viewer, confirmed=True)
        self._call("fusion.secret", "reveal", self.secret.ids, REASON)
        access = self._accesses()
        manager = self._new_user("manages", "fusion_payment_common.group_fusion_manager")
        for record in (access.with_user(manager), access.with_user(self.viewer), access.sudo()):
            # Users lack the right, the server itself is refused as well.
            refusal = UserError if record.env.su else AccessError
            with self.assertRaises(refusal):
                record.unlink()
            with self.assertRaises(UserError):
                record.write({"reason": "another"})
        self.assertTrue(access.exists())
        self.assertEqual(access.reason, REASON)
        with self.assertRaises(AccessError):
            access.with_user(self.viewer).create(
                {
                    "secret_id": self.secret.id,
                    "user_id": self.viewer.id,
                    "revealed_at": fields.Datetime.now(),
                    "reason": "made up",
                }
            )

    def test_viewers_see_their_own_reveals_and_managers_all(self):
        self._log_in(self.viewer, confirmed=True)
        self._call("fusion.secret", "reveal", self.secret.ids, REASON)
        accesses = self.env["fusion.secret.access"]
        manager = self._new_user("manages", "fusion_payment_common.group_fusion_manager")
        second = self._new_user("second", VIEWER)
        self.assertEqual(accesses.with_user(manager).search_count([]), 1)
        self.assertEqual(accesses.with_user(self.viewer).search_count([]), 1)
        self.assertEqual(accesses.with_user(second).search_count([]), 0)

    # === DIALOG === #

    def _dialog(self):
        action = self.secret.with_user(self.viewer).action_reveal()
        wizards = self.env["fusion.secret.reveal"].with_user(self.viewer)
        with Form(wizards.with_context(**action["context"])) as form:
            form.reason = REASON
        return form.save()

    def _value(self, wizard):
        return self._call("fusion.secret.reveal", "read", wizard.ids, ["value"])[0]["value"]

    def test_the_dialog_shows_the_value_after_the_reveal_and_stores_it_nowhere(self):
        wizard = self._dialog()
        self._log_in(self.viewer, confirmed=True)
        self.assertFalse(self._value(wizard))
        self._call("fusion.secret.reveal", "action_reveal", wizard.ids)
        self.assertEqual(self._value(wizard), CANARY)
        self.assertEqual(len(self._accesses()), 1)
        self.env.cr.execute("SELECT * FROM fusion_secret_reveal WHERE id = %s", [wizard.id])
        self.assertNotIn(CANARY, repr(self.env.cr.fetchall()))

    def test_the_dialog_forgets_the_value_after_a_minute(self):
        wizard = self._dialog()
        self._log_in(self.viewer, confirmed=True)
        self._call("fusion.secret.reveal", "action_reveal", wizard.ids)
        self.env.cr.execute(
            "UPDATE fusion_secret_access SET revealed_at = revealed_at - interval '61 seconds'"
        )
        self.env.invalidate_all()
        self.assertFalse(self._value(wizard))

    @mute_logger("odoo.http")
    def test_a_dialog_that_was_put_together_by_hand_shows_nothing(self):
        second = self._new_user("second", VIEWER)
        self._log_in(self.viewer, confirmed=True)
        self._call("fusion.secret", "reveal", self.secret.ids, REASON)
        forged = (
            self.env["fusion.secret.reveal"]
            .with_user(second)
            .create({"secret_id": self.secret.id, "access_number": self._accesses().id})
        )
        self._log_in(second, confirmed=True)
        with self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self._value(forged)
