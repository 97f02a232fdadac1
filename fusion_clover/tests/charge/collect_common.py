from odoo.fields import Command

from ..common import APPROVED, CloverCommon


class CollectCommon(CloverCommon):
    """A clerk at the Collect Payment dialog."""

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())

    def _open(self, document, user=None):
        user = user or self.clerk
        action = document.with_user(user).action_clover_collect_payment()
        self.assertEqual((action["res_model"], action["target"]), ("clover.payment.wizard", "new"))
        return self.env["clover.payment.wizard"].with_user(user).browse(action["res_id"])

    def _pay(self, wizard, number=APPROVED):
        source = self._source(number)
        wizard.clover_prepare()
        status = wizard.clover_charge(source)
        self.env.invalidate_all()
        return status

    @classmethod
    def _new_order(cls, amount=200.0, **values):
        """A sent quotation in Canadian dollars that asks for nothing before it is confirmed."""
        cls.product_a.write({"list_price": amount, "taxes_id": False, "invoice_policy": "order"})
        pricelist = cls.env["product.pricelist"].sudo().create(
            {"name": "Canada", "currency_id": cls.currency.id}
        )
        line = {"product_id": cls.product_a.id, "price_unit": amount, "tax_ids": False}
        order = cls.env["sale.order"].sudo().create(
            {
                "partner_id": cls.partner_a.id,
                "pricelist_id": pricelist.id,
                "payment_term_id": False,
                "require_signature": False,
                "require_payment": False,
                "order_line": [Command.create(line)],
                **values,
            }
        )
        order.action_quotation_sent()
        return order
