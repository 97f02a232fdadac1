"""Rate how well documents match a payment made outside Odoo.

Not based on Clover's documentation: it compares what people compare by hand, weighted by how
convincing they find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 24 * 3600 * 1000

_WORD = re.compile(r"[0-9a-z]+")


class Why(StrEnum):
    """What a payment and a document have in common."""

    REFERENCE = "reference"
    AMOUNT = "amount"
    CUSTOMER = "customer"
    CARD = "card"
    SAME_DAY = "same_day"
    SAME_WEEK = "same_week"


#: A typed reference is enough by itself; an equal amount nearly is.
POINTS = {
    Why.REFERENCE: 60,
    Why.AMOUNT: 40,
    Why.CUSTOMER: 20,
    Why.CARD: 20,
    Why.SAME_DAY: 10,
    Why.SAME_WEEK: 5,
}
#: Candidates with fewer points are not suggested: an equal date alone proves nothing.
WORTH_SHOWING = 40


@dataclass(frozen=True, slots=True)
class Found:
    """An unmatched payment. Amounts in minor units, time in unix milliseconds.

    :param texts: texts that a person may have typed: note, reference.
    """

    amounts: frozenset[int]
    currency: str
    created_ms: int
    texts: tuple[str, ...] = ()
    cardholder: str = ""
    partner_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document it may belong to.

    :param key: identifies the document to the caller.
    :param names: its number and other references.
    """

    key: tuple[str, int]
    amount: int
    currency: str
    date_ms: int
    names: tuple[str, ...] = ()
    partner_id: int = 0
    partner_name: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate with its points and their reasons, the best reason first."""

    candidate: Candidate
    points: int
    reasons: tuple[Why, ...]


def suggestions(
    found: Found, candidates: Iterable[Candidate], *, most: int = 10
) -> list[Suggestion]:
    """Return the candidates with enough points, best first."""
    rated = (_rate(found, one) for one in candidates if one.currency == found.currency)
    worth = [one for one in rated if one.points >= WORTH_SHOWING]
    worth.sort(
        key=lambda one: (
            -one.points,
            abs(one.candidate.date_ms - found.created_ms),
            one.candidate.key,
        )
    )
    return worth[:most]


def _rate(found: Found, candidate: Candidate) -> Suggestion:
    days = abs(found.created_ms - candidate.date_ms) / DAY_MS
    applies = {
        Why.REFERENCE: _mentions(found.texts, candidate.names),
        Why.AMOUNT: candidate.amount in found.amounts,
        Why.CARD: bool(candidate.partner_id) and candidate.partner_id in found.partner_ids,
        Why.CUSTOMER: _same_person(found.cardholder, candidate.partner_name),
        Why.SAME_DAY: days <= 1,
        Why.SAME_WEEK: 1 < days <= 7,
    }
    reasons = tuple(why for why in POINTS if applies[why])
    return Suggestion(candidate, sum(POINTS[why] for why in reasons), reasons)


def _mentions(texts: Iterable[str], names: Iterable[str]) -> bool:
    """Return whether a text names one of the documents; "inv 2026 00012" names INV/2026/00012."""
    squeezed = ["".join(_WORD.findall(text.lower())) for text in texts]
    wanted = ["".join(_WORD.findall(name.lower())) for name in names]
    return any(len(name) >= 4 and name in text for name in wanted for text in squeezed)


def _same_person(cardholder: str, name: str) -> bool:
    """Return whether the names share two words; cards show "LEE/ANN" for Ann Lee."""
    ours, theirs = (set(_WORD.findall(text.lower())) for text in (name, cardholder))
    return len(ours & theirs) >= 2
