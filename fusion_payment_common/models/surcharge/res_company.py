from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    fusion_surcharge_product_id = fields.Many2one(
        "product.product",
        string="Surcharge Product",
        domain="[('type', '=', 'service')]",
        help="Empty: the product that came with Fusion Payments.",
    )

    @api.constrains("fusion_surcharge_product_id")
    def _check_fusion_surcharge_product(self):
        for company in self:
            company._fusion_surcharge_product()

    def _fusion_surcharge_product(self):
        """Return the product of surcharges.

        :raise ValidationError: its taxes are not included in the price. The total must be the exact
            amount charged to the card, and not every total has a matching price without tax.
        """
        self.ensure_one()
        # Elevated: collectors need no access to products.
        product = (
            self.sudo().fusion_surcharge_product_id
            or self.env.ref("fusion_payment_common.product_surcharge").sudo()
        )
        taxes = product.taxes_id._filter_taxes_by_company(self)
        if any(not tax.price_include for tax in taxes):
            raise ValidationError(
                self.env._(
                    "The taxes of %s have to be included in its price: what the card was charged "
                    "is the total.",
                    product.display_name,
                )
            )
        return product.with_company(self)
