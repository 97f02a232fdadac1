from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.health import Finding, Level

from ... import const

#: Warn when a connection that does not renew itself has fewer days of life left.
WARN_DAYS = 14


class CloverOAuthToken(models.Model):
    _inherit = "clover.oauth.token"

    @api.model
    def _probe_connection(self, company):
        """Return the state of the company's connection; its value is the tokens' age in seconds."""
        provider = self._provider_of(company)
        if not provider:
            return Finding(Level.OK, self.env._("Clover is switched off in this company."))
        if provider.clover_connection_state == "broken":
            return Finding(Level.ERROR, provider.clover_status_connection)
        if provider.state == "enabled" and self.env["ir.config_parameter"].get_param(
            const.SANDBOX_ORIGIN_PARAMETER
        ):
            return Finding(Level.WARNING, provider.clover_status_advanced)
        token = provider.clover_token_id
        if not token:
            by_hand = provider.clover_rest_api_token or provider.clover_api_key
            return Finding(
                Level.OK if by_hand else Level.WARNING, provider.clover_status_connection
            )
        return self._finding_of(token)

    def _finding_of(self, token):
        now = fields.Datetime.now()
        age = max(0.0, (now - token.rotated_at).total_seconds()) if token.rotated_at else None
        left = token.refresh_expires_at and (token.refresh_expires_at - now).days
        if token.refresh_expires_at and left < WARN_DAYS:
            return Finding(
                Level.WARNING,
                self.env._(
                    "The connection ends in %s days and was not renewed: does the scheduler run?",
                    max(left, 0),
                ),
                age,
            )
        return Finding(
            Level.OK,
            self.env._(
                "Connected to %(merchant)s (%(environment)s).",
                merchant=token.merchant_name or token.merchant_id,
                environment=dict(token._fields["environment"]._description_selection(self.env))[
                    token.environment
                ],
            ),
            age,
        )

    @api.model
    def _remedy_connection(self, company):
        """Open the provider, whose form says what to do; only administrators can read it."""
        provider = self._provider_of(company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Clover"),
            "res_model": "payment.provider",
            "res_id": provider.id,
            "views": [(False, "form")],
        }

    @api.model
    def _provider_of(self, company):
        # Elevated: providers are readable by administrators only.
        return self.env["payment.provider"].sudo().search(
            [
                ("code", "=", const.PROVIDER_CODE),
                ("state", "!=", "disabled"),
                ("company_id", "=", company.id),
            ],
            limit=1,
        )
