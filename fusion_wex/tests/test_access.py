from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import WexCommon


@tagged("post_install", "-at_install")
class TestAccess(WexCommon):
    def test_who_has_nothing_to_do_with_cards_reads_bills_that_cards_pay(self):
        self._issued()
        biller = self._new_user("biller", "account.group_account_invoice")
        (values,) = self.bill.with_user(biller).read()
        self.assertNotIn("wex_line_ids", values)
        self.assertIn("wex_card_label", values)

    def test_where_cards_are_sent_is_not_for_every_editor_of_contacts(self):
        editor = self._new_user("editor", "base.group_partner_manager")
        for name in ("wex_email", "wex_merchant_code"):
            with self.assertRaises(AccessError):
                self.vendor.with_user(editor).write({name: "mine@elsewhere.example"})

    def test_where_cards_are_sent_is_tracked(self):
        self.cr.precommit.run()
        vendor = self.vendor.with_context(tracking_disable=False, mail_notrack=False)
        vendor.write({"wex_email": "cards@acme.example", "wex_merchant_code": "ACME"})
        self.env.flush_all()
        self.cr.precommit.run()
        self.env.invalidate_all()
        values = self.vendor.message_ids.sudo().tracking_value_ids
        self.assertEqual(
            set(values.field_id.mapped("name")), {"wex_email", "wex_merchant_code"}
        )
