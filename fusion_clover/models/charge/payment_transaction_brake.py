from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ... import const

#: States of operations that count: declined, and those that may still be declined.
TRIES = ("declined", "in_flight", "unknown")


class PaymentTransaction(models.Model):
    """The brake against card testing: after too many declines a shopper has to wait.

    Thieves test stolen cards by the hundred on payment forms. The brake counts operations of the
    ledger, because they survive rollbacks and include attempts that are still under way.
    """

    _inherit = "payment.transaction"

    @api.model
    def _clover_brake_settings(self):
        """Return the limits ``(per customer or document, per IP address, window in minutes)``.

        A limit is a number of declines; 0 means no limit.
        """
        # Elevated: system parameters are readable by administrators only.
        parameters = self.env["ir.config_parameter"].sudo()
        return tuple(
            int(parameters.get_param(name, default))
            for name, default in const.BRAKE_PARAMETERS.items()
        )

    def _clover_brake(self):
        """Return a check that raises if this shopper was declined too often.

        :return: a function for the ledger's ``check``; it gets a separate environment
        """
        self.ensure_one()
        limit, address_limit, minutes = self._clover_brake_settings()
        documents = self._fusion_documents()
        same_shopper = Domain("partner_id", "=", self.partner_id.commercial_partner_id.id) | Domain(
            "partner_id", "=", self.partner_id.id
        )
        for model, name in (("account.move", "invoice_ids"), ("sale.order", "sale_order_ids")):
            ids = [res_id for document, res_id in documents if document == model]
            if ids:
                same_shopper |= Domain(name, "in", ids)
        address = self.clover_shopper_address
        reference = self.reference

        def check(env):
            transactions = env["payment.transaction"]
            since = fields.Datetime.now() - timedelta(minutes=minutes)
            recent = (
                Domain("provider_code", "=", const.PROVIDER_CODE)
                & Domain("clover_shopper_address", "!=", False)
                & Domain("reference", "!=", reference)
                & Domain("create_date", ">=", since)
            )
            tries = transactions._clover_count_tries
            if (limit and tries(recent & same_shopper) >= limit) or (
                address_limit
                and address
                and tries(recent & Domain("clover_shopper_address", "=", address)) >= address_limit
            ):
                raise UserError(
                    env._(
                        "Too many cards were declined. Nothing was charged. Try again in "
                        "%s minutes, or contact us.",
                        minutes,
                    )
                )

        return check

    @api.model
    def _clover_count_tries(self, domain):
        references = self.search(domain).mapped("reference")
        return self.env["fusion.operation"].search_count(
            [
                ("provider_code", "=", const.PROVIDER_CODE),
                ("reference", "in", references),
                ("state", "in", TRIES),
            ]
        )
