from datetime import date, timedelta

from odoo import api, fields, models

from ... import const
from .payment_token import EXPIRES_SOON


class PaymentToken(models.Model):
    """The end of a saved card: known, shown, and told to its owner in time, once."""

    _inherit = "payment.token"

    clover_last_day = fields.Date(
        string="Can Be Used Until",
        compute="_compute_clover_last_day",
        store=True,
        index="btree_not_null",
    )
    clover_warned_of = fields.Char(
        string="Owner Warned Of",
        readonly=True,
        copy=False,
        help="The end (MM/YYYY) of which the owner of the card has been told.",
    )

    @api.depends("clover_expiry")
    def _compute_clover_last_day(self):
        for token in self:
            if not token.clover_expiry:
                token.clover_last_day = False
                continue
            month, year = (int(part) for part in token.clover_expiry.split("/"))
            token.clover_last_day = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)

    @api.model
    def _cron_clover_warn_of_expiring_cards(self):
        """Tell the owners of cards that end soon; each card once for each end it has."""
        today = fields.Date.context_today(self)
        ending = self.search(
            [
                ("provider_code", "=", const.PROVIDER_CODE),
                ("clover_last_day", ">=", today),
                ("clover_last_day", "<=", today + timedelta(days=EXPIRES_SOON)),
            ]
        ).filtered(lambda token: token.clover_warned_of != token.clover_expiry)
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(ending))
        for token in ending.try_lock_for_update():
            token._clover_warn_of_expiry()
            if not cron._commit_progress(1):
                return

    def _clover_warn_of_expiry(self):
        """Write to the owner of the card; where there is no address, ask a colleague to."""
        self.ensure_one()
        self.clover_warned_of = self.clover_expiry
        if self.partner_id.email:
            template = self.env.ref("fusion_clover.mail_template_card_expires")
            template.send_mail(self.id)
            return
        alerts = self.env["fusion.alert"]
        alerts._schedule_once(
            self.partner_id,
            f"expiry {self.id} {self.clover_expiry}",
            alerts._recipient(self.company_id, preferred=self.partner_id.user_id),
            date_deadline=self.clover_last_day,
            summary=self.env._("Saved card expires"),
            note=self.env._(
                "Card %s can be charged no longer after that day, and its owner has no e-mail "
                "address. Ask for another card.",
                self.display_name,
            ),
        )
