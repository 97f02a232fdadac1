import logging
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.fusion_payment_common.lib.errors import GatewayError, NotFoundError

from ... import const
from ...client.saving import forget

_logger = logging.getLogger(__name__)

#: Days before its expiry from which a card is labelled as expiring soon.
EXPIRES_SOON = 45
#: Hours between two attempts to remove a card at Clover; doubled with each attempt, up to a day.
REMOVAL_RETRY_HOURS = 1
REMOVAL_BATCH = 20


class PaymentToken(models.Model):
    """A card saved at Clover; ``provider_ref`` is the id of the Clover customer who owns it."""

    _inherit = "payment.token"

    clover_expiry = fields.Char(string="Expires", readonly=True, copy=False, help="MM/YYYY")
    clover_removal = fields.Selection(
        [("due", "To be removed"), ("done", "Removed")],
        string="At Clover",
        readonly=True,
        copy=False,
        help="Whether Clover has forgotten a card that was deleted here.",
    )
    clover_removal_at = fields.Datetime(
        string="Next Try", readonly=True, copy=False, index="btree_not_null"
    )
    clover_removal_tries = fields.Integer(readonly=True, copy=False, aggregator=None)

    # === LABEL === #

    def _build_display_name(self, *args, should_pad=True, **kwargs):
        """Override of `payment` to show when the card expires."""
        name = super()._build_display_name(*args, should_pad=should_pad, **kwargs)
        last_day = self.provider_code == const.PROVIDER_CODE and self.clover_last_day
        if not name or not last_day or not should_pad:
            return name
        today = fields.Date.context_today(self)
        if last_day < today:
            return self.env._("%(card)s (expired %(expiry)s)", card=name, expiry=self.clover_expiry)
        if last_day < today + timedelta(days=EXPIRES_SOON):
            return self.env._(
                "%(card)s (expires soon: %(expiry)s)", card=name, expiry=self.clover_expiry
            )
        return self.env._("%(card)s (expires %(expiry)s)", card=name, expiry=self.clover_expiry)

    @api.depends("clover_expiry")
    def _compute_display_name(self):
        """Override of `payment` to add the dependency on the expiry."""
        super()._compute_display_name()

    def _get_available_tokens(self, providers_ids, partner_id, is_validation=False, **kwargs):
        """Override of `payment` to offer saved cards to their owner only, and no expired ones.

        Anyone with an invoice's link can open it without logging in, but does not own the card.
        Expired cards are still listed where cards are managed, so that they can be deleted.
        """
        tokens = super()._get_available_tokens(
            providers_ids, partner_id, is_validation=is_validation, **kwargs
        )
        ours = tokens.filtered(lambda token: token.provider_code == const.PROVIDER_CODE)
        if self.env.user._is_public():
            return tokens - ours
        return tokens if is_validation else tokens - (ours - ours._clover_usable())

    @api.model
    def _clover_saved_for(self, partner, provider):
        """Return the cards (elevated) of a customer and of its company that can be charged today.

        :param provider: return only cards saved with this provider
        """
        owners = partner | partner.commercial_partner_id
        # Elevated: clerks may charge customers' cards without access to them.
        return self.sudo().search(
            [("provider_id", "=", provider.id), ("partner_id", "in", owners.ids)]
        )._clover_usable()

    def _clover_usable(self):
        """Return those of these cards that can be charged today."""
        today = fields.Date.context_today(self)
        return self.filtered(
            lambda token: token.active and (token.clover_last_day or today) >= today
        )

    # === REMOVAL AT CLOVER === #

    @api.model
    def _clover_put_away(self, provider):
        """Archive the cards of a provider that is about to be disconnected, and remove them there.

        Remove ``REMOVAL_BATCH`` cards now, while the connection works. The others are removed
        after the next connection.
        """
        # Elevated: users may not write customers' tokens.
        cards = self.sudo().search([("provider_id", "=", provider.id)])
        cards.active = False
        for card in cards[:REMOVAL_BATCH]:
            card._clover_remove()

    def _handle_archiving(self):
        """Override of `payment` to remove the card at Clover right after the commit."""
        super()._handle_archiving()
        ours = self.filtered(lambda token: token.provider_code == const.PROVIDER_CODE)
        if ours:
            ours.write({"clover_removal": "due", "clover_removal_at": fields.Datetime.now()})
            self.env.ref("fusion_clover.ir_cron_remove_saved_cards")._trigger()

    @api.model
    def _cron_clover_remove_cards(self):
        """Remove deleted cards at Clover; retry failed removals later."""
        domain = [
            ("active", "=", False),
            ("clover_removal", "=", "due"),
            ("clover_removal_at", "<=", fields.Datetime.now()),
        ]
        tokens = self.with_context(active_test=False)
        self.env["ir.cron"]._commit_progress(remaining=tokens.search_count(domain))
        while batch := tokens.search(domain, limit=REMOVAL_BATCH).try_lock_for_update():
            for token in batch:
                token._clover_remove()
                if not self.env["ir.cron"]._commit_progress(1):
                    return

    def _clover_remove(self):
        """Remove the card at Clover, or schedule the next attempt."""
        self.ensure_one()
        try:
            if not self.provider_id._clover_can_charge():
                self._clover_remove_later()
                return
            forget(self.provider_id._clover_client(), self.provider_ref)
        except NotFoundError:
            _logger.info("Saved card %s was already gone at Clover", self.id)
        except GatewayError as error:
            _logger.info("Saved card %s cannot be removed now: %s", self.id, type(error).__name__)
            self._clover_remove_later()
            return
        self.write({"clover_removal": "done", "clover_removal_at": False})

    def _clover_remove_later(self):
        hours = min(REMOVAL_RETRY_HOURS * 2**self.clover_removal_tries, 24)
        self.write(
            {
                "clover_removal_at": fields.Datetime.now() + timedelta(hours=hours),
                "clover_removal_tries": self.clover_removal_tries + 1,
            }
        )
