import hashlib

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ... import const

#: Credentials that differ between a sandbox app or merchant and a production one.
PROVEN_FIELDS = ("clover_app_id", "clover_rest_api_token", "clover_api_key")


class PaymentProvider(models.Model):
    """What Clover reports about the merchant, and which credentials have worked in the sandbox."""

    _inherit = "payment.provider"

    clover_tested_at = fields.Datetime(
        string="Last Tested", readonly=True, copy=False, help="When Test Connection succeeded last."
    )
    clover_merchant_country = fields.Char(string="Merchant's Country", readonly=True, copy=False)
    clover_merchant_currency = fields.Char(string="Merchant's Currency", readonly=True, copy=False)
    clover_gateway = fields.Char(string="Gateway", readonly=True, copy=False)
    clover_gateway_features = fields.Char(readonly=True, copy=False)
    clover_surcharging = fields.Selection(
        [
            ("unknown", "Not known"),
            ("none", "Clover adds no surcharge"),
            ("clover", "Clover adds a surcharge"),
        ],
        string="Clover's Surcharge",
        readonly=True,
        copy=False,
        default="unknown",
    )
    clover_surcharge_rate = fields.Char(
        readonly=True, copy=False, help="As Clover writes it, a fraction of the amount."
    )
    clover_sandbox_hashes = fields.Json(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Of credentials that have worked in the sandbox: they cannot work in production.",
    )

    # === CONSTRAINTS === #

    @api.constrains("state", "code", *PROVEN_FIELDS)
    def _check_clover_credentials_are_for_production(self):
        """Refuse to enable the provider with credentials that are known to be the sandbox's."""
        for provider in self.filtered(lambda one: one.code == const.PROVIDER_CODE):
            if provider.state != "enabled":
                continue
            labels = [
                provider._fields[name]._description_string(self.env)
                for name in provider._clover_sandbox_credentials()
            ]
            if labels:
                raise ValidationError(
                    self.env._(
                        "Clover cannot be enabled with sandbox credentials: %(fields)s worked in "
                        "the sandbox. Enter those of the production app or merchant (Clover keeps "
                        "both apart), choose Enabled, save, and connect again. To go on testing, "
                        "stay in Test Mode.",
                        fields=", ".join(labels),
                    )
                )

    # === BUSINESS METHODS === #

    def _clover_sandbox_credentials(self):
        """Return the names of the credential fields that are known to hold sandbox values."""
        # Elevated: secrets are compared by their hashes, not shown.
        provider = self.sudo()
        known = set(provider.clover_sandbox_hashes or ())
        hashes = provider._clover_credential_hashes()
        return [name for name, digest in hashes.items() if digest in known]

    def _clover_credential_hashes(self):
        return {
            name: hashlib.sha256(f"{name} {self[name]}".encode()).hexdigest()
            for name in PROVEN_FIELDS
            if self[name]
        }

    def _clover_remember_sandbox_credentials(self, name):
        """Remember that the sandbox accepted a credential; do nothing in production.

        :param str name: the field of that credential, one of ``PROVEN_FIELDS``; empty: do nothing
        """
        self.ensure_one()
        if self.state == "enabled":
            return
        # Elevated: only the system writes this list.
        provider = self.sudo()
        accepted = provider._clover_credential_hashes().get(name)
        known = set(provider.clover_sandbox_hashes or ())
        if accepted and accepted not in known:
            provider.clover_sandbox_hashes = sorted({*known, accepted})

    def _clover_facts_values(self, facts):
        """Return the values of the fields above, from Clover's present answer.

        :param facts: the :class:`~odoo.addons.fusion_clover.client.merchant_facts.MerchantFacts`
        """
        merchant, configs, gateway = facts.merchant, facts.configs, facts.gateway
        surcharging = "unknown"
        if configs:
            surcharging = "clover" if configs.surcharge_supported else "none"
        currency = facts.properties and facts.properties.default_currency
        return {
            "clover_merchant_country": merchant.country,
            "clover_merchant_currency": currency or merchant.currency,
            "clover_gateway": gateway and self._clover_gateway_in_words(gateway),
            "clover_gateway_features": gateway and self._clover_features_in_words(gateway),
            "clover_surcharging": surcharging,
            **self._clover_saving_values(gateway),
            "clover_surcharge_rate": configs and configs.surcharge_rate,
        }

    def _clover_saving_values(self, gateway):
        """Return whether the gateway says that cards can be saved; None if it could not be read."""
        if not gateway:
            return {"clover_saves_cards": "unknown"}
        if gateway.supports_multi_pay_token:
            return {"clover_saves_cards": "yes"}
        return {"clover_saves_cards": "no", "allow_tokenization": False}

    def _clover_gateway_in_words(self, gateway):
        name = gateway.payment_gateway_api or gateway.account_name
        if not gateway.is_real_processor:
            return self.env._("%s (approves everything, moves no money)", name)
        return name

    def _clover_features_in_words(self, gateway):
        features = {
            self.env._("saved cards"): gateway.supports_multi_pay_token,
            self.env._("tips"): gateway.supports_tipping,
            self.env._("changing a tip later"): gateway.supports_tip_adjust,
            self.env._("credits without a payment"): gateway.supports_naked_credit,
        }
        return ", ".join(name for name, offered in features.items() if offered) or False

    def _clover_facts_in_words(self):
        """Return a text that names the connected merchant and its features."""
        self.ensure_one()
        unknown = self.env._("not known")
        sentences = [
            self.env._(
                "Merchant %(name)s (%(country)s), currency %(currency)s.",
                name=self.clover_connected_merchant,
                country=self.clover_merchant_country or "-",
                currency=self.clover_merchant_currency or "-",
            ),
            self.env._(
                "Gateway %(gateway)s, features: %(features)s.",
                gateway=self.clover_gateway or unknown,
                features=self.clover_gateway_features or unknown,
            ),
            self._clover_surcharge_in_words(),
            self._clover_currency_warning(),
        ]
        return " ".join(sentence for sentence in sentences if sentence)

    def _clover_surcharge_in_words(self):
        if self.clover_surcharging == "clover":
            return self.env._(
                "Clover adds a surcharge of its own (%s of the amount) to credit cards.",
                self._clover_percentage() or "-",
            )
        if self.clover_surcharging == "none":
            return self.env._("Clover adds no surcharge.")
        return self.env._("Whether Clover adds a surcharge could not be read.")

    def _clover_percentage(self):
        try:
            return f"{float(self.clover_surcharge_rate or '') * 100:g} %"
        except ValueError:
            return ""

    def _clover_currency_warning(self):
        """Return a warning if the merchant settles in a currency other than the company's."""
        currency = self.clover_merchant_currency
        if not currency or currency == self.company_id.currency_id.name:
            return ""
        return self.env._(
            "The company's currency is %(company)s: invoices in %(merchant)s only can be paid.",
            company=self.company_id.currency_id.name,
            merchant=currency,
        )
