"""Issue one card for the ledger: carry out, look up, read; results are of type ``Answer``.

A number never leaves this module in clear: ``seal`` encrypts it; without ``seal`` it is dropped.
The ledger stores ``{"card": facts, "sealed": ciphertext or None}``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from odoo.addons.fusion_payment_common.lib.errors import NotFoundError, RequestRejectedError
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .errors import CardDataUnavailableError
from .interface import CardIssuer
from .resolution import MISMATCH, Verdict, card_outcome, resolve
from .types import CardRequest, CardSecret, VirtualCard

#: Encrypts text; None if numbers are not kept.
Seal = Callable[[str], str] | None

ABSENCE_NOT_PROVEN = "absence_not_proven"
ACCEPTED_AND_GONE = "accepted_and_gone"
TOO_EARLY = "too_early"
SEVERAL_CARDS = "several_cards"


def carry_out_issue(issuer: CardIssuer, request: CardRequest, seal: Seal) -> Answer:
    """Create the card; raises the errors of :meth:`.CardIssuer.create`."""
    issued = issuer.create(request)
    return issue_answer(issued.card, request, issued.secret, seal)


def repeat_issue(issuer: CardIssuer, request: CardRequest, seal: Seal) -> Answer:
    """Create the card again, after a search has proven that the first create made none.

    So any rejection of this create is final for the card, even one because of the account's
    settings; the code still gives the remedy.

    :raises RequestRejectedError: of exactly this class: there is no card and there will be none.
    """
    try:
        return carry_out_issue(issuer, request, seal)
    except RequestRejectedError as error:
        raise RequestRejectedError(
            str(error),
            code=error.code or type(error).__name__,
            http_status=error.http_status,
            provider_reference=error.provider_reference,
            request_id=error.request_id,
            detail=error.detail,
        ) from error


def issue_answer(
    card: VirtualCard, request: CardRequest, secret: CardSecret | None, seal: Seal
) -> Answer:
    """Return the answer of an existing card to its request.

    A card that differs from the request needs a person: ``review`` says why.
    """
    outcome = card_outcome(card, request)
    data: dict[str, Any] = {"card": card.to_dict(), "sealed": None}
    if outcome == MISMATCH:
        return Answer(
            outcome=Outcome.UNKNOWN,
            provider_reference=card.id or None,
            data=data,
            error_code=MISMATCH,
            review=f"WEX made a card over {card.limit} {card.currency or ''}, asked for were "
            f"{request.amount} {request.currency}",
        )
    if outcome is Outcome.SUCCEEDED and secret is not None and seal is not None:
        data["sealed"] = seal(sealed_text(secret))
    return Answer(outcome=outcome, provider_reference=card.id or None, data=data)


def find_issue(
    issuer: CardIssuer,
    request: CardRequest,
    seal: Seal,
    *,
    sent_at: datetime,
    now: datetime,
    witness: str | None,
    is_search_trusted: bool,
    known_id: str | None = None,
    was_accepted: bool = False,
) -> Answer | None:
    """Return the outcome of a create whose answer was lost; None: it certainly had no effect.

    Absence is believed only if the search is known to work: either a person confirms it, or the
    same kind of search finds ``witness``, the reference of another card that certainly exists, in
    the same minute. A create that the issuer has accepted is never believed to be absent.

    :param sent_at: when the last create was sent, ``now``: both aware.
    :param known_id: the issuer's id of the payment, if it was reported.
    :param was_accepted: the issuer has said that it accepted the create.
    """
    known = _retrieved(issuer, known_id)
    if known:
        return read_issue(issuer, known, request, seal)
    found = issuer.find_by_reference(request.reference)
    resolution = resolve(
        request,
        found,
        sent_at=sent_at,
        now=now,
        absence_after_s=issuer.capabilities.absence_after_s,
    )
    if resolution.card is not None:
        return read_issue(issuer, resolution.card, request, seal)
    if resolution.verdict is Verdict.SEVERAL:
        return Answer(
            outcome=Outcome.UNKNOWN,
            error_code=SEVERAL_CARDS,
            review=f"WEX has {len(found)} cards with reference {request.reference}: "
            + ", ".join(card.id for card in found),
        )
    if resolution.verdict is Verdict.TOO_EARLY:
        return Answer(outcome=Outcome.UNKNOWN, error_code=TOO_EARLY, under_way=True)
    works = is_search_trusted or (witness and issuer.find_by_reference(witness))
    if not works:
        return Answer(outcome=Outcome.UNKNOWN, error_code=ABSENCE_NOT_PROVEN)
    return _gone(known_id) if was_accepted else None


def _retrieved(issuer: CardIssuer, card_id: str | None) -> VirtualCard | None:
    try:
        return issuer.retrieve(card_id) if card_id else None
    except NotFoundError:
        return None


def _gone(card_id: str | None) -> Answer:
    return Answer(
        outcome=Outcome.UNKNOWN,
        error_code=ACCEPTED_AND_GONE,
        review=f"WEX accepted the payment ({card_id or 'without an id'}) and does not show it any "
        "more",
    )


def read_issue(
    issuer: CardIssuer, card: VirtualCard, request: CardRequest, seal: Seal
) -> Answer:
    """Return the answer for a card that was found, with its number if that is kept and shown.

    :raises GatewayError: the number could not be read now; try again later.
    """
    answer = issue_answer(card, request, None, seal)
    if answer.outcome is not Outcome.SUCCEEDED or seal is None:
        return answer
    try:
        secret = issuer.reveal(card.id)
    except CardDataUnavailableError:
        return answer
    return issue_answer(card, request, secret, seal)


def sealed_text(secret: CardSecret) -> str:
    """Return number, expiry and code as the readable lines of text that are encrypted."""
    return (
        f"{secret.reveal_number()}\n{secret.expiry_month:02d}/{secret.expiry_year}\n"
        f"{secret.reveal_security_code() or ''}"
    )


def unsealed(text: str) -> CardSecret:
    """Return the secret in a text of :func:`sealed_text`.

    :raises ValueError: the text was not made by :func:`sealed_text`.
    """
    number, expiry, code = text.split("\n")
    month, year = expiry.split("/")
    return CardSecret(number, code or None, int(month), int(year))
