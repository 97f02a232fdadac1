from datetime import timedelta

from odoo import api, fields, models

from ... import const

#: Days for which networks hold an authorization, by Clover's brand word; others are taken for the
#: shortest. "Capture a charge", docs.clover.com.
AUTHORIZATION_DAYS = {"VISA": 7, "MC": 30, "MASTERCARD": 30}
SHORTEST_AUTHORIZATION_DAYS = 7
#: Days before an authorization lapses that somebody is told.
WARN_DAYS_BEFORE = 2


class PaymentTransaction(models.Model):
    """Authorizations lapse: somebody has to capture or release them in time."""

    _inherit = "payment.transaction"

    clover_authorized_until = fields.Datetime(
        string="Authorized Until",
        compute="_compute_clover_authorized_until",
        help="When the card's network lets go of the amount by itself.",
    )
    clover_lapse_warned_at = fields.Datetime(readonly=True, copy=False)

    @api.depends("state", "last_state_change", "clover_card_brand", "provider_code")
    def _compute_clover_authorized_until(self):
        for transaction in self:
            held = transaction.provider_code == const.PROVIDER_CODE
            if not held or transaction.state != "authorized" or not transaction.last_state_change:
                transaction.clover_authorized_until = False
                continue
            days = AUTHORIZATION_DAYS.get(
                transaction.clover_card_brand, SHORTEST_AUTHORIZATION_DAYS
            )
            transaction.clover_authorized_until = transaction.last_state_change + timedelta(
                days=days
            )

    @api.model
    def _cron_clover_warn_of_lapsing_authorizations(self):
        """Schedule an activity for every authorization that lapses soon, once each."""
        soon = fields.Datetime.now() + timedelta(days=WARN_DAYS_BEFORE)
        held = self.search(
            [
                ("provider_code", "=", const.PROVIDER_CODE),
                ("state", "=", "authorized"),
                ("clover_lapse_warned_at", "=", False),
            ]
        )
        cron = self.env["ir.cron"]
        for transaction in held.filtered(lambda tx: tx.clover_authorized_until <= soon):
            transaction._clover_warn_of_lapse()
            cron._commit_progress(1)

    def _clover_warn_of_lapse(self):
        """Tell whoever is in charge of the invoices or orders, or else a Manager."""
        self.ensure_one()
        self.clover_lapse_warned_at = fields.Datetime.now()
        note = self.env._(
            "%(amount)s on the card of %(partner)s (payment %(reference)s) is held until %(until)s "
            "only. Capture it, or void it, before.",
            amount=self.currency_id.format(self.amount),
            partner=self.partner_id.display_name,
            reference=self.reference,
            until=fields.Date.to_string(self.clover_authorized_until.date()),
        )
        in_charge = [(move, move.invoice_user_id) for move in self.invoice_ids] or [
            (order, order.user_id) for order in self.sale_order_ids
        ]
        alerts = self.env["fusion.alert"]
        for document, user in in_charge:
            alerts._schedule_once(
                document,
                f"lapse {self.reference}",
                alerts._recipient(self.company_id, preferred=user),
                date_deadline=self.clover_authorized_until.date(),
                summary=self.env._("Authorization lapses"),
                note=note,
            )
        operation = self.fusion_operation_ids.filtered(lambda one: one.kind == "authorize")[:1]
        if not in_charge and operation:
            operation._alert(note)
