import logging
from datetime import UTC, timedelta
from functools import partial

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.tools.cursors import in_own_transaction, own_environment

from ... import const
from ...client.activity import read_activity
from ...client.errors import Remedy, remedy_of
from ...client.types import CardStatus
from .wex_virtual_card import FINAL_STATES

_logger = logging.getLogger(__name__)

#: Minutes between two readings of a card that can be charged, and of one that has ended: credits
#: and late charges still come in.
OPEN_PAUSE = 30
ENDED_PAUSE = 24 * 60
#: Days after its end for which a card is still read.
READ_AFTER_END_DAYS = 30
#: Days for which an approved authorization keeps its amount from being released after the end.
HOLD_DAYS = 10


class WexVirtualCard(models.Model):
    """Follows a card: it is read from WEX regularly; a push only says that it should be read."""

    _name = "wex.virtual.card"
    _inherit = ["wex.virtual.card", "fusion.queue.mixin"]

    authorization_ids = fields.One2many("wex.card.authorization", "card_id", readonly=True)
    amount_authorized = fields.Monetary(string="Authorized", readonly=True)
    settled_at = fields.Datetime(
        readonly=True, copy=False, help="Since when WEX says that it has matched the charges."
    )
    ended_at = fields.Datetime(readonly=True, copy=False)
    looked_at = fields.Datetime(string="Last Looked At", readonly=True, copy=False)
    alerted = fields.Char(readonly=True, copy=False)

    _due_idx = models.Index("(next_attempt_at) WHERE next_attempt_at IS NOT NULL")

    def action_wex_look(self):
        """Read the cards from WEX now."""
        self.env["wex.card.request"]._wex_check_may(const.USER_GROUP)
        self.check_access("read")
        # Elevated: nobody writes cards by hand.
        self.sudo().next_attempt_at = self.env.cr.now().replace(microsecond=0)
        self.sudo()._queue_wake()

    # === QUEUE === #

    @api.model
    def _queue_lanes(self):
        """Override of the queue: one worker, whose calls run side by side."""
        return ("fusion_wex.ir_cron_look_at_cards",)

    @api.model
    def _queue_prepare(self, claims):
        """Override of the queue: read each card with everything that happened to it."""
        prepared = []
        with own_environment(self.env) as env:
            for claim in claims:
                card = env[self._name].browse(claim.record_id)
                if card.account_id.state == "disabled":
                    prepared.append((claim, None))
                    continue
                try:
                    issuer = card.account_id._wex_client()
                except errors.GatewayError as error:
                    prepared.append((claim, partial(_raise, error)))
                    continue
                call = partial(read_activity, issuer, card.wex_id or "", card.reference)
                prepared.append((claim, call))
        return prepared

    @api.model
    def _queue_finish(self, claim, outcome):
        """Override of the queue: store what was read, and book it."""
        if outcome.error is not None and not isinstance(outcome.error, errors.GatewayError):
            _logger.error("Card %s cannot be read", claim.record_id, exc_info=outcome.error)
        in_own_transaction(
            self.env,
            lambda env: env[self._name].browse(claim.record_id)._wex_store_reading(outcome),
        )

    def _wex_store_reading(self, outcome):
        """Apply a reading, and plan the next one."""
        self.ensure_one()
        self.env.cr.execute("SELECT id FROM wex_virtual_card WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset()
        card = self.with_company(self.company_id)
        if outcome.value is not None:
            card._wex_apply_activity(outcome.value)
            card.account_id._wex_note_look_problem(False)
        elif isinstance(outcome.error, errors.GatewayError):
            if remedy_of(outcome.error) is Remedy.CONFIGURATION:
                card.account_id._wex_note_look_problem(str(outcome.error))
        card.write(
            {
                "lease_owner": False,
                "lease_until": False,
                "next_attempt_at": card._wex_next_reading_at(),
            }
        )

    def _wex_next_reading_at(self):
        """Return when the card is read at WEX next; False when its time is over."""
        now = fields.Datetime.now()
        if self.ended_at and self.ended_at < now - timedelta(days=READ_AFTER_END_DAYS):
            return False
        pause = ENDED_PAUSE if self.ended_at else OPEN_PAUSE
        return now + timedelta(minutes=pause)

    # === WHAT WAS READ === #

    def _wex_apply_activity(self, activity):
        """Store what WEX says about the card, book it, and alert the people concerned.

        Repeatable, and safe in any order: rows are known by WEX's ids, amounts are sums.

        :param activity: a :class:`~odoo.addons.fusion_wex.client.activity.Activity`
        """
        self.ensure_one()
        foreign = self._wex_store_rows(activity)
        if activity.card.status is CardStatus.SETTLED and not self.settled_at:
            self.settled_at = fields.Datetime.now()
        self.write(
            {
                "wex_id": self.wex_id or activity.card.id or False,
                "wex_status": activity.card.raw_status,
                "amount_authorized": float(activity.held),
                "looked_at": fields.Datetime.now(),
                "ended_at": self.ended_at
                or (self._wex_has_ended(activity) and fields.Datetime.now()),
                "state": self._wex_new_state(activity),
            }
        )
        if activity.is_used:
            # Whatever the setting: a security code is not kept after authorization.
            self._wex_delete_code()
        if not foreign:
            self._wex_book(self._wex_book_activity)
        elif self._wex_book(self._wex_book_charges):
            self._wex_alert_foreign_currency(foreign)
        if self.ended_at:
            # Elevated: users do not write secrets.
            self.secret_id.sudo().filtered(lambda one: not one.wiped_at)._wipe()
        self._wex_alert_overcharge_or_expiry()
        self._wex_reissue_if_asked()

    def _wex_store_rows(self, activity):
        """Keep what is new, and return the charges that are not in the card's currency."""
        known = set(self.authorization_ids.mapped("wex_id"))
        self.env["wex.card.authorization"].create(
            [
                {
                    "card_id": self.id,
                    "wex_id": one.id,
                    "amount": float(one.amount),
                    "result": one.result,
                    "authorized_at": one.authorized_at
                    and one.authorized_at.astimezone(UTC).replace(tzinfo=None),
                    "merchant_name": one.merchant_name,
                    "approval_code": one.approval_code,
                    "decline_reason": one.decline_reason or one.decline_code,
                }
                for one in activity.authorizations
                if one.id not in known
            ]
        )
        known = set(self.transaction_ids.mapped("wex_id"))
        foreign = [
            one
            for one in activity.transactions
            if one.currency not in (None, self.currency_id.name)
        ]
        self.env["wex.card.transaction"].create(
            [
                {
                    "card_id": self.id,
                    "wex_id": one.id,
                    "amount": float(one.amount),
                    "transaction_date": one.transaction_date,
                    "posting_date": one.posting_date,
                    "merchant_name": one.merchant_name,
                }
                for one in activity.transactions
                if one.id not in known and one not in foreign
            ]
        )
        return foreign

    def _wex_has_ended(self, activity):
        """Return whether the card can no longer be charged.

        A simulated card knows no calendar: its own validity counts.
        """
        if activity.card.is_simulated and self.valid_until:
            return self.valid_until < fields.Date.context_today(self)
        if activity.card.status is CardStatus.SETTLED:
            # WEX may say so before its list shows the charge: nothing is released too early.
            is_listed = self.currency_id.compare_amounts(
                self.amount_posted + self.account_id.tolerance, self.amount
            )
            return is_listed >= 0 or self.settled_at < fields.Datetime.now() - timedelta(
                days=HOLD_DAYS
            )
        return activity.has_ended

    def _wex_new_state(self, activity):
        """Return the state of the card; an ended card stays ended."""
        posted = self.amount_posted
        if posted and self.currency_id.compare_amounts(
            posted + self.account_id.tolerance, self.amount
        ) >= 0:
            return "cleared"
        if self.state in FINAL_STATES:
            return self.state
        if self._wex_has_ended(activity):
            return "cancelled" if activity.card.status is CardStatus.CLOSED else "expired"
        if posted:
            return "partly_used"
        if activity.held:
            return "authorized"
        return "opened" if self.opened_at else "issued"

    # === BOOKS === #

    def _wex_book_charges(self):
        self._wex_book_issue()
        self._wex_book_transactions()

    def _wex_book_activity(self):
        """Book the charges; of a card that has ended, what is left as well. Repeatable."""
        self._wex_book_charges()
        if not self.ended_at:
            return
        left = self.amount_open - self._wex_amount_held()
        is_small = abs(self.amount_open) <= self.account_id.tolerance
        if self.currency_id.is_zero(self.amount_open):
            return
        if is_small and self.account_id.difference_account_id:
            self._wex_write_off(self.amount_open)
        elif self.currency_id.compare_amounts(left, 0) > 0:
            self._wex_release(left)
            self._wex_report_release(left)

    def _wex_amount_held(self):
        """Return what the vendor may still post: authorized, unless the card ended long ago."""
        oldest = fields.Datetime.now() - timedelta(days=HOLD_DAYS)
        is_over = self.ended_at and self.ended_at <= oldest
        return 0.0 if is_over else self.amount_authorized

    # === PEOPLE === #

    def _wex_alert_foreign_currency(self, charges):
        """Note on the card that an accountant has to book charges in another currency."""
        shown = ", ".join(f"{one.amount} {one.currency}" for one in charges)
        self.booking_problem = self.env._(
            "Charged in another currency, which is not booked: %s. Nothing is released.", shown
        )
        summary = self.env._("Card %s cannot be booked", self.name)
        self._wex_alert_once("foreign", summary, self.booking_problem)

    def _wex_report_release(self, amount):
        note = self.env._(
            "%(amount)s of card %(card)s were not charged and are released. Open again: %(bills)s.",
            amount=self.currency_id.format(amount),
            card=self.display_name,
            bills=", ".join(self.request_id.move_ids.mapped("display_name")) or "-",
        )
        for move in self.request_id.move_ids:
            move.message_post(body=note)
        if self.state != "cancelled":
            summary = self.env._("Bills of %s are open again", self.name)
            self._wex_alert_once("released", summary, note)

    def _wex_alert_overcharge_or_expiry(self):
        """Alert about a card that was charged too much, or expires without being charged."""
        over = -self.amount_open
        if self.currency_id.compare_amounts(over, self.account_id.tolerance) > 0:
            self._wex_alert_once(
                "over",
                self.env._("Card %s was charged too much", self.name),
                self.env._(
                    "%(posted)s were charged to a card over %(amount)s. Ask the vendor for "
                    "%(over)s, or dispute it at WEX.",
                    posted=self.currency_id.format(self.amount_posted),
                    amount=self.currency_id.format(self.amount),
                    over=self.currency_id.format(over),
                ),
            )
        days = self.account_id.reminder_days
        soon = fields.Date.add(fields.Date.context_today(self), days=days)
        is_waited_for = self.state in ("issued", "opened", "partly_used")
        if is_waited_for and days and self.valid_until and self.valid_until <= soon:
            self._wex_alert_once(
                "expiring",
                self.env._("Card %s is about to expire", self.name),
                self.env._(
                    "%(vendor)s has not charged %(open)s of the card; it ends on %(date)s. Remind "
                    "the vendor.",
                    vendor=self.vendor_name,
                    open=self.currency_id.format(self.amount - self.amount_posted),
                    date=fields.Date.to_string(self.valid_until),
                ),
            )

    def _wex_alert_once(self, code, summary, note):
        """Schedule one activity of this kind for the clerk, or for a manager; never a second."""
        self.ensure_one()
        codes = (self.alerted or "").split()
        if code in codes:
            return
        self.alerted = " ".join([*codes, code])
        alerts = self.env["fusion.alert"]
        person = alerts._recipient(
            self.company_id, preferred=self.requested_by_id, group=const.MANAGER_GROUP
        )
        alerts._schedule_once(self, code, person, summary=summary, note=note)


def _raise(error):
    """Raise the error of a call that cannot be made, in the place of the call."""
    raise error
