from odoo import api, fields, models
from odoo.exceptions import AccessError


class CloverComparison(models.Model):
    """The merchant to compare, for Managers, who need not have access to providers."""

    _inherit = "clover.comparison"

    provider_name = fields.Char(string="Clover Account", compute="_compute_provider_name")
    provider_choice = fields.Selection(
        "_selection_provider",
        string="Compare With",
        compute="_compute_provider_choice",
        inverse="_inverse_provider_choice",
        help="Managers need not have access to providers: their names are enough to choose.",
    )

    @api.model
    def _selection_provider(self):
        """Return the providers of the user's companies that can be compared, by name."""
        # Only the names are exposed.
        companies = self.env.companies
        mine = self._providers().filtered(lambda one: one.company_id in companies)
        return [
            (
                str(one.id),
                one.name if len(companies) == 1 else f"{one.name} ({one.company_id.name})",
            )
            for one in mine
        ]

    @api.depends("provider_id")
    def _compute_provider_name(self):
        for one in self:
            # Elevated: Managers need not have access to providers.
            one.provider_name = one.sudo().provider_id.name

    @api.depends("provider_id")
    def _compute_provider_choice(self):
        known = dict(self._selection_provider())
        for one in self:
            provider = one.provider_id
            if not provider and not one._origin:
                provider = one._default_provider()
            one.provider_choice = str(provider.id) if str(provider.id) in known else False

    def _inverse_provider_choice(self):
        for one in self:
            if one.provider_choice:
                one.provider_id = int(one.provider_choice)

    def _require_own_company(self):
        """Refuse a merchant of another company; record rules check only the values before a write.

        :raise AccessError: the merchant belongs to another company
        """
        # Elevated: users who may not read the company must not compare its merchant either.
        if not self.env.su and self.sudo().company_id - self.env.user.company_ids:
            raise AccessError(self.env._("Choose a merchant of one of your companies."))
