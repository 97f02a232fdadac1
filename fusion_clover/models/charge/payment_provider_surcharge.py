from odoo import models

from odoo.addons.fusion_payment_common.lib.errors import GatewayError
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.surcharge import CardKind

#: An amount whose surcharge shows the rate, in minor units.
SAMPLE_MINOR = 1_000_000


class PaymentProvider(models.Model):
    """Who adds a surcharge to card payments, and how customers are told."""

    _inherit = "payment.provider"

    def _clover_may_add_surcharge(self):
        """Ask Clover whether it adds a surcharge itself; when it does not say, it may."""
        self.ensure_one()
        try:
            return self._clover_client().merchants.payment_configs().surcharge_supported
        except GatewayError:
            return True

    def _clover_surcharge_notice(self, partner=None):
        """Return what people are told before they pay by card; empty when nothing is added."""
        self.ensure_one()
        if self.clover_surcharging == "clover":
            return self.env._(
                "Credit cards: a surcharge of %s is added. Debit and prepaid cards: none.",
                self._clover_percentage() or "-",
            )
        if not self._clover_may_quote():
            return ""
        rate = self._clover_own_rate(partner)
        if not rate:
            return ""
        return self.env._(
            "Credit cards: a surcharge of up to %s is added; you see it before the card is "
            "charged. Debit and prepaid cards: none.",
            rate,
        )

    def _clover_may_quote(self):
        """Return whether Odoo may add a surcharge of its own to new cards."""
        self.ensure_one()
        return self.clover_surcharging == "none" and not self.capture_manually

    def _clover_own_rate(self, partner):
        """Return the highest rate of our own surcharge as text; empty when there is none."""
        currency = self.company_id.currency_id
        # Elevated: shoppers and clerks need not see the rules.
        rules = self.env["fusion.surcharge.rule"].sudo()
        sample = Money(SAMPLE_MINOR, currency.name, currency.decimal_places)
        brands = [None, *rules._fields["brand"].get_values(self.env)]
        rates = [
            rules._quote(
                sample, company=self.company_id, kind=CardKind.CREDIT, brand=brand, partner=partner
            ).rate
            for brand in brands
        ]
        return f"{max(rates) * 100:f}".rstrip("0").rstrip(".") + " %" if max(rates) else ""
