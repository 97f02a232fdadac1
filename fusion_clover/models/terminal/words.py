from odoo import api, models

from ...client.terminal_errors import (
    ASLEEP,
    CANCELLED,
    CONFLICT,
    INDETERMINATE,
    REFUSES_APP,
    UNAVAILABLE,
    UNSUPPORTED,
)
from ...client.terminal_outcomes import Situation

#: The situation for each error code that the ledger stores.
SITUATION_OF_CODE = {
    ASLEEP: Situation.ASLEEP,
    CANCELLED: Situation.CANCELLED,
    CONFLICT: Situation.CONFLICT,
    INDETERMINATE: Situation.INDETERMINATE,
    REFUSES_APP: Situation.APP_REFUSED,
    UNAVAILABLE: Situation.UNAVAILABLE,
    UNSUPPORTED: Situation.UNSUPPORTED,
    "needs_oauth": Situation.NOT_SET_UP,
    "no_access_token": Situation.NOT_SET_UP,
    **{str(situation): situation for situation in Situation},
}


class PaymentTransaction(models.Model):
    """Messages for clerks about payments on a terminal: one sentence per situation."""

    _inherit = "payment.transaction"

    @api.model
    def _clover_terminal_sentence(self, situation):
        """Return the clerk's sentence for a situation: what it means and what to do."""
        return {
            Situation.APPROVED: self.env._("Approved."),
            Situation.PARTIAL: self.env._(
                "The card's bank approved a part of the amount only. Keep it, or give it back?"
            ),
            Situation.AMOUNT_DIFFERS: self.env._(
                "Clover took another amount than was asked for. A manager has to look at it."
            ),
            Situation.GIVEN_BACK: self.env._(
                "Clover shows this payment as given back. A manager has to look at it."
            ),
            Situation.VOIDED: self.env._("The payment was taken back again at Clover."),
            Situation.DECLINED: self.env._("The card was declined. Try another card."),
            Situation.UNDECIDED: self.env._("Clover is still working on this payment."),
            Situation.CANCELLED: self.env._("Cancelled."),
            Situation.INVALID: self.env._(
                "Clover did not accept the request. Tell your administrator if it happens again."
            ),
            Situation.TOKEN_REFUSED: self.env._(
                "Clover refuses our access. An administrator has to reconnect."
            ),
            Situation.APP_REFUSED: self.env._(
                "Clover does not let this app use terminals. An administrator has to check the "
                "Remote App ID (RAID) and the app's permissions, then reconnect."
            ),
            Situation.NOT_SET_UP: self.env._(
                "Terminals need a connection by Connect. Ask an administrator."
            ),
            Situation.NOT_FOUND: self.env._("Clover does not know what was asked for."),
            Situation.CONFLICT: self.env._(
                "The terminal is busy with another request. Odoo tries again; cancel, or use "
                "another terminal."
            ),
            Situation.TOO_MANY: self.env._("Clover asks us to wait a moment."),
            Situation.INDETERMINATE: self.env._(
                "Clover cannot say whether the payment was made. Odoo is finding out."
            ),
            Situation.UNSUPPORTED: self.env._("This terminal cannot do that. Choose another one."),
            Situation.UNAVAILABLE: self.env._(
                "The terminal is busy or has no connection. Start Cloud Pay Display on it; Odoo "
                "tries again."
            ),
            Situation.ASLEEP: self.env._(
                "The terminal does not answer. Wake it up and start Cloud Pay Display on it."
            ),
            Situation.NO_ANSWER: self.env._(
                "The answer got lost. Odoo is finding out what became of it."
            ),
            Situation.BROKEN_ANSWER: self.env._(
                "Clover's answer cannot be read. Odoo is finding out what became of it."
            ),
            Situation.NOT_SENT: self.env._("Clover could not be reached."),
            Situation.ON_SCREEN: self.env._("The payment is on the terminal's screen."),
            Situation.UNREACHABLE: self.env._(
                "The terminal cannot be asked what became of the payment. Bring it back online."
            ),
            Situation.NOBODY_PAID: self.env._("Nobody paid at the terminal in time."),
            Situation.NEVER_ARRIVED: self.env._("The payment never reached the terminal."),
        }[situation]
