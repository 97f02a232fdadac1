from odoo import fields, models

from .. import const


class ResPartner(models.Model):
    _inherit = "res.partner"

    wex_merchant_code = fields.Char(
        string="WEX Merchant Code",
        company_dependent=True,
        groups=const.USER_GROUP,
        tracking=True,
        help="The vendor's key at WEX; empty: the account's.",
    )
    wex_email = fields.Char(
        string="Remittance E-mail",
        groups=const.USER_GROUP,
        tracking=True,
        help="Where WEX sends cards; empty: the vendor's e-mail.",
    )

    wex_card_count = fields.Integer(
        string="Virtual Card Count",
        compute="_compute_wex_card_count",
        groups=const.USER_GROUP,
    )

    def _compute_wex_card_count(self):
        counts = dict(
            self.env["wex.virtual.card"]._read_group(
                [("partner_id", "child_of", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.wex_card_count = sum(
                count
                for vendor, count in counts.items()
                if vendor == partner or partner in (vendor.parent_id, vendor.commercial_partner_id)
            )

    def action_wex_show_cards(self):
        """Open the vendor's virtual cards."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"{const.MODULE}.wex_virtual_card_action"
        )
        return {**action, "domain": [("partner_id", "child_of", self.ids)]}

    def _wex_remittance_email(self):
        """Return where WEX sends the vendor's cards, or False."""
        vendor = self[:1]
        return vendor.wex_email or vendor.email or False
