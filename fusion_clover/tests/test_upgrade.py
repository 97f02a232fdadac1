from odoo.fields import Command
from odoo.modules.module import load_script
from odoo.tests import tagged

from .common import CloverCommon


def migration(name):
    """Return a migration script, which cannot be imported: its folder is a version."""
    return load_script(f"fusion_clover/migrations/19.0.2.0.0/{name}-migration.py", name)


@tagged("post_install", "-at_install")
class TestUpgrade(CloverCommon):
    """Providers of an earlier version, and of other companies, are completed by an upgrade."""

    def _upgrade(self):
        migration("post").migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_a_provider_from_before_the_card_form_gets_it(self):
        old = self.provider.copy({"state": "disabled"})
        for provider in (self.provider, old):
            provider.write(
                {
                    "inline_form_view_id": False,
                    "allow_tokenization": False,
                    "module_id": False,
                    "payment_method_ids": [Command.clear()],
                }
            )
        self._upgrade()
        for provider in (self.provider, old):
            self.assertEqual(
                provider.inline_form_view_id, self.env.ref("fusion_clover.inline_form")
            )
            self.assertTrue(provider.allow_tokenization)
            self.assertEqual(provider.module_id, self.env.ref("base.module_fusion_clover"))
            self.assertIn(
                self.env.ref("payment.payment_method_card"),
                provider.with_context(active_test=False).payment_method_ids,
            )
        self.assertTrue(self.env.ref("payment.payment_method_card").active)

    def test_a_gateway_that_cannot_save_cards_is_not_asked_to(self):
        self.provider.write(
            {
                "inline_form_view_id": False,
                "clover_saves_cards": "no",
                "allow_tokenization": False,
            }
        )
        self._upgrade()
        self.assertFalse(self.provider.allow_tokenization)

    def test_what_an_administrator_decided_stays(self):
        self.provider.allow_tokenization = False
        name = self.provider.name = "Cards at Acme"
        self._upgrade()
        self._upgrade()
        self.assertFalse(self.provider.allow_tokenization)
        self.assertEqual(self.provider.name, name)

    def test_nothing_is_renamed_where_there_was_no_comparison(self):
        # Another addon of the same name is 19.0.1.10.0. What it renames elsewhere is seen by the
        # upgrade of dev/test.sh.
        with self.assertQueryCount(1):
            migration("pre").migrate(self.env.cr, "19.0.1.10.0")

    def test_the_installed_record_is_complete(self):
        record = self.env.ref("fusion_clover.payment_provider_clover").sudo()
        self.assertTrue(record.inline_form_view_id)
        self.assertTrue(record.module_id)
