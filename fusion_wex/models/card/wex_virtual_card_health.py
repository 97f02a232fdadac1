from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.health import Check, Finding, Level

from ... import const
from .wex_virtual_card import OPEN_STATES

#: Minutes after which a card that should have been looked at is late.
LATE_LOOK = 60
#: Hours after which a card that could not be read, although it was tried, is a matter for somebody.
UNREAD_HOURS = 24


class FusionHealthCheck(models.Model):
    """The check of virtual cards."""

    _inherit = "fusion.health.check"

    @api.model
    def _checks(self):
        """Override of `fusion_payment_common` to register the checks of this addon."""
        return [
            *super()._checks(),
            Check(
                "wex_cards",
                self.env._("Virtual cards"),
                "wex.virtual.card",
                "_probe_cards",
                remedy="_remedy_cards",
                remedy_label=self.env._("Open"),
            ),
        ]


class WexVirtualCard(models.Model):
    _inherit = "wex.virtual.card"

    @api.model
    def _probe_cards(self, company):
        """Return how the company's cards are; the value is how many are not booked."""
        accounts = self.env["wex.account"].search(
            [("company_id", "=", company.id), ("state", "!=", "disabled")]
        )
        if not accounts:
            return Finding(Level.OK, self.env._("No virtual cards are used in this company."))
        broken = accounts.filtered(lambda account: account.problem or account.look_problem)[:1]
        if broken:
            return Finding(
                Level.ERROR,
                self.env._(
                    "%(account)s cannot be used: %(problem)s.",
                    account=broken.name,
                    problem=broken.problem or broken.look_problem,
                ),
            )
        cards = [("company_id", "=", company.id)]
        unbooked = self.search_count([*cards, ("booking_problem", "!=", False)])
        if unbooked:
            return Finding(
                Level.ERROR, self.env._("%s virtual cards are not booked.", unbooked), unbooked
            )
        over = self.search_count([*cards, ("amount_open", "<", 0)])
        if over:
            return Finding(
                Level.WARNING,
                self.env._("%s virtual cards were charged more than they were over.", over),
                over,
            )
        unread = self._wex_count_unread(company)
        if unread:
            return Finding(
                Level.WARNING,
                self.env._("%s virtual cards could not be read at WEX for a day.", unread),
                unread,
            )
        late = fields.Datetime.now() - timedelta(minutes=LATE_LOOK)
        waiting = self.search_count([*cards, ("next_attempt_at", "<", late)])
        if waiting:
            return Finding(
                Level.WARNING,
                self.env._(
                    "%s virtual cards were not looked at for too long: does the scheduler run?",
                    waiting,
                ),
                waiting,
            )
        in_test = accounts.filtered(lambda account: account._wex_is_watermarked())
        if in_test:
            return Finding(
                Level.OK,
                self.env._(
                    "%s is in test state: its cards are worth nothing.", in_test[0].name
                ),
                0,
            )
        return Finding(Level.OK, self.env._("Virtual cards are issued and booked."), 0)

    @api.model
    def _wex_count_unread(self, company):
        since = fields.Datetime.now() - timedelta(hours=UNREAD_HOURS)
        return self.search_count(
            [
                ("company_id", "=", company.id),
                ("account_id.state", "!=", "disabled"),
                ("state", "in", OPEN_STATES),
                ("issued_at", "<", since),
                "|",
                ("looked_at", "=", False),
                ("looked_at", "<", since),
            ]
        )

    @api.model
    def _remedy_cards(self, company):
        """Open the cards, those that need somebody first."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"{const.MODULE}.wex_virtual_card_action"
        )
        return {**action, "domain": [("company_id", "=", company.id)]}
