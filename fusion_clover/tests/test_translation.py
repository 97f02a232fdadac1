from odoo.tests import TransactionCase, tagged

from odoo.addons.http_routing.tests.common import MockRequest


@tagged("post_install", "-at_install")
class TestTranslation(TransactionCase):
    def test_what_the_card_form_says_is_translated_on_customers_pages(self):
        self.env["res.lang"]._activate_lang("fr_CA")
        with MockRequest(self.env):
            modules = self.env["ir.http"].get_translation_frontend_modules()
        self.assertIn("fusion_clover", modules)
        translations, _languages = self.env["ir.http"]._get_translations_for_webclient(
            modules, "fr_CA"
        )
        said = {one["id"]: one["string"] for one in translations["fusion_clover"]["messages"]}
        self.assertEqual(said["Use Another Card"], "Utiliser une autre carte")
