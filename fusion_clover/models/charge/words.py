"""Messages why a card was not charged, for clerks and shoppers; and the shopper's wait message."""

from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from ...client.declines import REASONS, DeclineReason

#: Reasons whose sentence is the same for shoppers and clerks.
PLAIN_REASONS = frozenset(
    {
        DeclineReason.INSUFFICIENT_FUNDS,
        DeclineReason.EXPIRED_CARD,
        DeclineReason.INCORRECT_CVC,
        DeclineReason.INCORRECT_NUMBER,
        DeclineReason.INVALID_EXPIRY,
        DeclineReason.LIMIT_EXCEEDED,
        DeclineReason.CARD_NOT_SUPPORTED,
        DeclineReason.CARD_TOKEN_USED,
        DeclineReason.CARD_ON_FILE_MISSING,
        DeclineReason.TRY_AGAIN,
    }
)


def refusal_for_clerk(env, payment_data):
    """Return why nothing was charged, as a sentence that a clerk can tell a customer."""
    if payment_data["outcome"] == Outcome.NOT_SENT:
        return env._("Clover could not be reached. Nothing was charged. Try again.")
    if payment_data["outcome"] == Outcome.REJECTED:
        return env._(
            "Clover did not accept the request (%s). Nothing was charged. "
            "Tell your administrator if it happens again.",
            payment_data.get("error_code") or "-",
        )
    nobody_charged = env._("Nothing was charged.")
    sentences = {
        DeclineReason.INSUFFICIENT_FUNDS: env._(
            "The card was declined: there is not enough money on it."
        ),
        DeclineReason.EXPIRED_CARD: env._("The card has expired."),
        DeclineReason.INCORRECT_CVC: env._("The security code on the card is not right."),
        DeclineReason.INCORRECT_NUMBER: env._("The card number is not right."),
        DeclineReason.INVALID_EXPIRY: env._("The expiry date is not right."),
        DeclineReason.LIMIT_EXCEEDED: env._(
            "The card was used too often in a short time. Use another card or wait."
        ),
        DeclineReason.CARD_NOT_SUPPORTED: env._(
            "This kind of card is not accepted here. Use another card."
        ),
        DeclineReason.CONTACT_ISSUER: env._(
            "The bank does not allow this payment. The customer has to call the bank."
        ),
        DeclineReason.SUSPECTED_FRAUD: env._(
            "The bank does not allow this payment. The customer has to call the bank."
        ),
        DeclineReason.CARD_TOKEN_USED: env._("Enter the card again."),
        DeclineReason.CARD_ON_FILE_MISSING: env._(
            "The card is no longer on file. Enter the card again."
        ),
        DeclineReason.TRY_AGAIN: env._("The bank cannot be reached. Try again later."),
    }
    sentence = sentences.get(
        _reason_of(payment_data),
        env._(
            "The customer's bank declined the card. Try another card, or ask the customer to "
            "call the bank."
        ),
    )
    return f"{sentence} {nobody_charged}"


def refusal_for_shopper(env, payment_data):
    """Return why nothing was charged, as a sentence for the shopper on the payment form."""
    outcome = payment_data["outcome"]
    if outcome == Outcome.NOT_SENT:
        return env._("The payment could not be sent. Nothing was charged. Try again.")
    if outcome == Outcome.REJECTED:
        return env._(
            "The payment could not be made. Nothing was charged. Contact us if it happens "
            "again."
        )
    if _reason_of(payment_data) in PLAIN_REASONS:
        return refusal_for_clerk(env, payment_data)
    return env._(
        "Your bank declined the card. Nothing was charged. Try another card, or call your "
        "bank."
    )


def pending_for_shopper(env):
    """Return the shopper's message while the outcome is unknown."""
    return env._(
        "We are checking whether your payment went through. Please do not pay again: you need "
        "not do anything."
    )


def _reason_of(payment_data):
    by_decline = REASONS.get(payment_data.get("decline_code"))
    return by_decline or REASONS.get(payment_data.get("error_code"))
