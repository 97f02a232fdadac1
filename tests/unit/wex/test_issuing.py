"""What the ledger is told about an issue, a search, a cancellation and a card's activity."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import Answer, after_repeat
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_wex.client.activity import Activity, read_activity
from odoo.addons.fusion_wex.client.cancelling import carry_out_cancel, find_cancel
from odoo.addons.fusion_wex.client.errors import (
    CardDataUnavailableError,
    CardRefusedError,
    FundingError,
    Remedy,
)
from odoo.addons.fusion_wex.client.issuing import (
    ABSENCE_NOT_PROVEN,
    ACCEPTED_AND_GONE,
    TOO_EARLY,
    carry_out_issue,
    find_issue,
    repeat_issue,
    sealed_text,
    unsealed,
)
from odoo.addons.fusion_wex.client.remedies import remedy_of_code
from odoo.addons.fusion_wex.client.types import (
    Authorization,
    Capabilities,
    CardSecret,
    CardStatus,
    IssuedCard,
    PostedTransaction,
)

from .builders import CARD_ID, NUMBER, REFERENCE, card_request
from .test_resolution import card

SENT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SECRET = CardSecret(NUMBER, "123", 9, 2027)


@dataclass
class Issuer:
    """Answers what the test says; ``asked`` holds the references it was searched for."""

    cards: dict = field(default_factory=dict)
    status: CardStatus = CardStatus.OPEN
    secret: CardSecret | Exception = field(default_factory=lambda: SECRET)
    refusal: Exception | None = None
    is_gone: bool = False
    asked: list = field(default_factory=list)
    capabilities: Capabilities = Capabilities(frozenset(), True, False, absence_after_s=120)

    def create(self, request):
        if self.refusal:
            raise self.refusal
        return IssuedCard(card(), self.secret)

    def find_by_reference(self, reference):
        self.asked.append(reference)
        return self.cards.get(reference, [])

    def retrieve(self, card_id):
        if self.is_gone:
            raise errors.NotFoundError("gone")
        return card(id=card_id, status=self.status)

    def cancel(self, card_id):
        return card(id=card_id, status=CardStatus.CLOSED)

    def reveal(self, card_id):
        if isinstance(self.secret, Exception):
            raise self.secret
        return self.secret


def search(issuer, *, after_s=3600, witness=None, trusted=False, **known):
    return find_issue(
        issuer,
        card_request(),
        str.upper,
        sent_at=SENT,
        now=SENT + timedelta(seconds=after_s),
        witness=witness,
        is_search_trusted=trusted,
        **known,
    )


def test_the_number_reaches_the_ledger_sealed_only():
    answer = carry_out_issue(Issuer(), card_request(), lambda text: f"<{len(text)}>")
    assert answer.outcome is Outcome.SUCCEEDED
    assert answer.data["sealed"] == f"<{len(sealed_text(SECRET))}>"
    assert NUMBER not in str(answer)


def test_without_a_seal_the_number_is_dropped():
    answer = carry_out_issue(Issuer(), card_request(), None)
    assert (answer.outcome, answer.data["sealed"]) == (Outcome.SUCCEEDED, None)


def test_a_card_over_another_amount_is_for_a_person_and_its_number_is_dropped():
    answer = carry_out_issue(Issuer(), card_request(amount=Decimal("149.00")), str)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.review
    assert answer.data["sealed"] is None


def test_sealing_is_undone_with_and_without_a_code():
    assert unsealed(sealed_text(SECRET)) == SECRET
    bare = CardSecret(NUMBER, None, 1, 2030)
    assert unsealed(sealed_text(bare)) == bare


def test_a_found_card_is_adopted_with_its_number():
    answer = search(Issuer(cards={REFERENCE: [card()]}))
    assert (answer.outcome, answer.provider_reference) == (Outcome.SUCCEEDED, CARD_ID)
    assert answer.data["sealed"] == sealed_text(SECRET).upper()


def test_a_found_card_whose_number_is_not_shown_is_adopted_without():
    hidden = Issuer(cards={REFERENCE: [card()]}, secret=CardDataUnavailableError("hidden"))
    answer = search(hidden)
    assert (answer.outcome, answer.data["sealed"]) == (Outcome.SUCCEEDED, None)


def test_a_number_that_cannot_be_read_now_is_asked_for_again():
    away = Issuer(cards={REFERENCE: [card()]}, secret=errors.UnknownOutcomeError("away"))
    with pytest.raises(errors.UnknownOutcomeError):
        search(away)


def test_an_empty_search_proves_nothing_before_its_time():
    assert search(Issuer(), after_s=119, trusted=True).error_code == TOO_EARLY


def test_an_empty_search_proves_nothing_where_the_search_was_never_seen_to_work():
    assert search(Issuer()).error_code == ABSENCE_NOT_PROVEN
    assert search(Issuer(), witness="OTHER").error_code == ABSENCE_NOT_PROVEN


def test_an_empty_search_proves_absence_where_it_finds_another_card_at_the_same_time():
    issuer = Issuer(cards={"OTHER": [card(reference="OTHER")]})
    assert search(issuer, witness="OTHER") is None
    assert issuer.asked == [REFERENCE, "OTHER"]


def test_an_empty_search_proves_absence_where_somebody_vouches_for_it():
    issuer = Issuer()
    assert search(issuer, trusted=True) is None
    assert issuer.asked == [REFERENCE]


def test_a_payment_whose_id_is_known_is_read_by_it_whatever_the_search_shows():
    answer = search(Issuer(), trusted=True, known_id=CARD_ID, was_accepted=True)
    assert (answer.outcome, answer.provider_reference) == (Outcome.SUCCEEDED, CARD_ID)


@pytest.mark.parametrize("known_id", [CARD_ID, None])
def test_a_payment_that_was_accepted_is_never_believed_to_be_absent(known_id):
    gone = {"known_id": known_id, "was_accepted": True}
    answer = search(Issuer(is_gone=True), trusted=True, **gone)
    assert (answer.outcome, answer.error_code) == (Outcome.UNKNOWN, ACCEPTED_AND_GONE)
    assert answer.review
    assert search(Issuer(is_gone=True), after_s=119, **gone).error_code == TOO_EARLY
    assert search(Issuer(is_gone=True), **gone).error_code == ABSENCE_NOT_PROVEN


@pytest.mark.parametrize(
    ("refusal", "code", "remedy"),
    [
        (FundingError("no", code="InsufficientCreditLimit"), None, Remedy.FUNDING),
        (CardRefusedError("no", code="http_422"), None, Remedy.REFUSED),
        (errors.AuthenticationError("no"), "AuthenticationError", Remedy.CONFIGURATION),
    ],
)
def test_a_refusal_of_a_repeated_create_decides(refusal, code, remedy):
    with pytest.raises(errors.RequestRejectedError) as raised:
        repeat_issue(Issuer(refusal=refusal), card_request(), None)
    error = raised.value
    assert error.code == (code or refusal.code)
    answer = after_repeat(Answer.from_error(error), error=error)
    assert answer.outcome is Outcome.REJECTED
    assert remedy_of_code(answer.error_code, answer.outcome) is remedy


def test_a_lost_answer_to_a_repeated_create_decides_nothing():
    with pytest.raises(errors.UnknownOutcomeError):
        repeat_issue(Issuer(refusal=errors.UnknownOutcomeError("lost")), card_request(), None)


def test_two_cards_under_one_reference_are_for_a_person():
    answer = search(Issuer(cards={REFERENCE: [card(), card(id="another")]}))
    assert answer.outcome is Outcome.UNKNOWN
    assert "2 cards" in answer.review


def test_a_card_is_cancelled_by_its_reference_where_its_id_is_not_known():
    issuer = Issuer(cards={REFERENCE: [card()]})
    answer = carry_out_cancel(issuer, "", REFERENCE)
    assert (answer.outcome, answer.provider_reference) == (Outcome.SUCCEEDED, CARD_ID)


@pytest.mark.parametrize(
    ("status", "is_done"),
    [(CardStatus.OPEN, False), (CardStatus.CLOSED, True), (CardStatus.EXPIRED, True)],
)
def test_a_cancellation_is_done_when_the_card_is_seen_to_be_closed(status, is_done):
    answer = find_cancel(Issuer(status=status), CARD_ID, REFERENCE)
    assert (answer is not None) is is_done


def activity(*results, posted=(), status=CardStatus.OPEN):
    return Activity(
        card=card(status=status),
        authorizations=tuple(
            Authorization(str(number), CARD_ID, Decimal(amount), result)
            for number, (result, amount) in enumerate(results)
        ),
        transactions=tuple(
            PostedTransaction(str(number), CARD_ID, Decimal(amount))
            for number, amount in enumerate(posted)
        ),
    )


@pytest.mark.parametrize(
    ("results", "posted", "held"),
    [
        ((), (), "0"),
        ((("approved", "50"),), (), "50"),
        ((("approved", "50"), ("reversed", "50")), (), "0"),
        ((("approved", "50"), ("declined", "90")), ("20",), "30"),
        ((("approved", "50"),), ("60",), "0"),
    ],
)
def test_what_is_held_is_what_was_approved_and_may_still_be_posted(results, posted, held):
    assert activity(*results, posted=posted).held == Decimal(held)


def test_a_declined_attempt_does_not_use_a_card():
    assert not activity(("declined", "90")).is_used
    assert activity(("approved", "1")).is_used
    assert activity(posted=("1",)).is_used


def test_the_activity_of_a_card_that_is_not_shown_yet_cannot_be_read():
    with pytest.raises(errors.NotFoundError):
        read_activity(Issuer(), "", REFERENCE)


@pytest.mark.parametrize(
    ("code", "outcome", "remedy"),
    [
        ("InsufficientCreditLimit", "rejected", Remedy.FUNDING),
        ("InvalidUserCredentials", "rejected", Remedy.CONFIGURATION),
        ("AuthenticationError", "rejected", Remedy.CONFIGURATION),
        ("no_credentials", "rejected", Remedy.CONFIGURATION),
        ("UserDefinedFieldValidationFailed", "rejected", Remedy.REFUSED),
        ("http_422", "rejected", Remedy.REFUSED),
        (None, "declined", Remedy.REFUSED),
        ("anything", "not_sent", Remedy.UNAVAILABLE),
        ("AwaitingApproval", "pending", Remedy.AWAITING_APPROVAL),
        ("Failed", "unknown", Remedy.UNKNOWN),
    ],
)
def test_the_remedy_is_told_from_what_the_ledger_keeps(code, outcome, remedy):
    assert remedy_of_code(code, outcome) is remedy
