from odoo import api, models, tools

#: What is read of an account to issue a card.
_READ_OF_ACCOUNT = (
    "active", "bank_number", "company_id", "company_number", "currency_id", "delivery_endpoint_id",
    "is_emailed_by_wex", "is_exact_amount", "keeps_number", "max_uses", "merchant_code", "name",
    "organisation", "password", "profile_overrides", "state", "udf_slots", "url", "username",
    "validity_days",
)  # fmt: skip



class WexAccount(models.Model):
    """What each request to `/proxy` reads of an account, cached by each process."""

    _inherit = "wex.account"

    @tools.ormcache("self.id", "self.env.uid")
    def _wex_facts(self):
        """Return ``(model, id, values)`` of what each request of the route reads.

        Cached by every process until one of them is written, as Odoo does with access rights and
        parameters.
        """
        records = {
            self: _READ_OF_ACCOUNT,
            self.currency_id: ("name", "decimal_places"),
            self.delivery_endpoint_id: ("wex_sends_card_data",),
            self.env.user: ("name", "tz"),
        }
        return tuple(
            (record._name, record.id, record.read(names, load=None)[0])
            for record, names in records.items()
            if record
        )

    def _wex_fill_cache(self, env=None):
        """Put the cached values into the record cache of an environment, without a query."""
        self.ensure_one()
        for model, record_id, values in self._wex_facts():
            (env or self.env)[model].browse(record_id)._update_cache(values, validate=False)

    @api.model
    def _wex_forget_facts(self, vals=None):
        """Clear the cache of every process if one of the written fields is cached.

        :param dict vals: what was written; None for whatever it was
        """
        if vals is None or not {"proxy_token", *_READ_OF_ACCOUNT}.isdisjoint(vals):
            self.env.registry.clear_cache()

    def unlink(self):
        """Override of `models` to clear what processes cache of the account."""
        result = super().unlink()
        self._wex_forget_facts()
        return result
