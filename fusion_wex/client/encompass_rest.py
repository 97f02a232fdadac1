"""WEX EnCompass, merchant logs over REST/JSON: one payment to one vendor is one card.

WEX publishes no documentation of the REST interface. The meaning of its objects is documented for
the SOAP twin: CreateMerchantLog, QueryMerchantLogs, RetrieveMerchantLog, CancelMerchantLog and
ResendNotification of services.encompass-suite.com/services/APService.asmx.
"""

from __future__ import annotations

import re
from typing import Any

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import ApiClient, Observer
from odoo.addons.fusion_payment_common.lib.transport import Transport

from .encompass_answers import (
    read_authorization,
    read_card,
    read_secret,
    read_transaction,
    reader_of,
)
from .encompass_errors import AWAITING, SUCCESS, error_mapper, error_of_code, response_code
from .encompass_request import create_body
from .errors import AwaitingApprovalError, CardDataUnavailableError
from .interface import CardIssuer
from .profile import EncompassProfile, Verb
from .reading import Reader
from .settings import AccountSettings
from .types import (
    Authorization,
    Capabilities,
    CardRequest,
    CardSecret,
    CardStatus,
    IssuedCard,
    PostedTransaction,
    VirtualCard,
)

_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}")
#: A reference that no card carries, used to check the account.
_NO_REFERENCE = "connection-check"


class EncompassRest(CardIssuer):
    """See :class:`CardIssuer`. Every call is one request, except where its docstring says more.

    :param observer: receives every HTTP exchange, redacted.
    :raises ConfigurationError: the settings are invalid.
    """

    def __init__(
        self,
        settings: AccountSettings,
        transport: Transport,
        *,
        app_version: str,
        observer: Observer | None = None,
    ) -> None:
        self._settings = settings
        self._profile = EncompassProfile.configured(settings.profile)
        self._endpoint = settings.endpoint(self._profile.path)
        self._headers = {"Authorization": settings.authorization()}
        self._api = ApiClient(
            transport,
            user_agent=f"FusionPayments/{app_version}",
            default_timeout=settings.timeout,
            error_mapper=error_mapper(self._profile, self._endpoint),
            observer=observer,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Return the profile's capabilities."""
        profile = self._profile
        return Capabilities(
            controls=profile.controls,
            reveals_later=profile.reads_number_later,
            resends=profile.resend is not None,
            absence_after_s=profile.absence_after_s,
        )

    def check(self) -> None:
        """Search for a reference that no card carries."""
        self.find_by_reference(_NO_REFERENCE)

    def create(self, request: CardRequest) -> IssuedCard:
        """See :meth:`CardIssuer.create`.

        If the answer has a card but no id, one query reads the id.
        """
        body = create_body(request, self._settings, self._profile)
        reader = self._object(Verb("POST", "", body), "the payment", must_succeed=True)
        card = read_card(reader, self._profile)
        if card.status is CardStatus.AWAITING_APPROVAL:
            raise AwaitingApprovalError(
                "the payment awaits approval at WEX",
                code=AWAITING,
                provider_reference=card.id or None,
            )
        secret = read_secret(reader)
        if not card.id and secret is None:
            raise errors.MalformedResponseError(
                "the answer has neither a card nor an id", code="unexpected_shape"
            )
        return IssuedCard(card if card.id else self._identified(card, request), secret)

    def retrieve(self, card_id: str) -> VirtualCard:
        """See :meth:`CardIssuer.retrieve`; parts of the number in the answer are dropped."""
        return self._card(self._read(card_id), card_id)

    def reveal(self, card_id: str) -> CardSecret:
        """See :meth:`CardIssuer.reveal`."""
        if not self._profile.reads_number_later:
            raise CardDataUnavailableError(
                "this WEX account does not show numbers later", code="number_not_shown"
            )
        secret = read_secret(self._read(card_id))
        if secret is None:
            raise CardDataUnavailableError(
                "WEX does not show the number of this card",
                code="number_not_shown",
                provider_reference=card_id,
            )
        return secret

    def find_by_reference(self, reference: str) -> list[VirtualCard]:
        """See :meth:`CardIssuer.find_by_reference`.

        Search by reference only: WEX could read a time filter in another time zone and hide the
        very card.

        A list may hold whole payments or bare ids; rows that do not show their reference are read
        one by one. Rows with another reference are dropped, in case a server ignores the filter.
        """
        rows = self._query(reference)
        cards = [self._card_of_row(row) for row in rows]
        found = [card for card in cards if card.reference == reference]
        # A full list may leave out the card, and a card that hides its reference may be the one.
        is_complete = len(rows) < self._profile.query_limit
        if not found and not (is_complete and all(card.reference for card in cards)):
            raise errors.UnknownOutcomeError(
                "WEX's list does not prove that there is no such card", code="incomplete_list"
            )
        return found

    def cancel(self, card_id: str) -> VirtualCard:
        """See :meth:`CardIssuer.cancel`: a read, the cancellation, and a read to verify it."""
        card = self.retrieve(card_id)
        if card.status in (CardStatus.CLOSED, CardStatus.EXPIRED):
            return card
        self._object(self._profile.cancel, "the cancellation", card_id)
        card = self.retrieve(card_id)
        if card.status is not CardStatus.CLOSED:
            raise errors.UnknownOutcomeError(
                "WEX accepted the cancellation but does not show the card as closed",
                code="cancel_not_confirmed",
                provider_reference=card_id,
            )
        return card

    def list_authorizations(self, card_id: str) -> list[Authorization]:
        """See :meth:`CardIssuer.list_authorizations`."""
        reader = self._object(self._profile.authorizations, "the list", card_id)
        rows = reader.rows("authorizations")
        return [read_authorization(reader.nested(row, "a row"), card_id) for row in rows]

    def list_transactions(self, card_id: str) -> list[PostedTransaction]:
        """See :meth:`CardIssuer.list_transactions`."""
        reader = self._object(self._profile.transactions, "the list", card_id)
        rows = reader.rows("transactions")
        return [read_transaction(reader.nested(row, "a row"), card_id) for row in rows]

    def resend(self, card_id: str) -> None:
        """See :meth:`CardIssuer.resend`."""
        verb = self._profile.resend
        if verb is None:
            raise errors.ConfigurationError(
                "this WEX account cannot send a card again", code="resend_not_available"
            )
        self._object(verb, "the notification", card_id)

    # --- calls --------------------------------------------------------------------------------

    def _read(self, card_id: str) -> Reader:
        return self._object(Verb("GET", "/{id}"), "the payment", card_id)

    def _card(self, reader: Reader, card_id: str) -> VirtualCard:
        card = read_card(reader, self._profile)
        if card.id != card_id:
            raise reader.complaint("is not the one that was asked for")
        return card

    def _query(self, reference: str) -> list[Any]:
        names = self._profile.query
        values: dict[str, Any] = {
            "reference": reference,
            "limit": self._profile.query_limit,
        }
        filters = {names[key]: value for key, value in values.items() if value and names[key]}
        verb = self._profile.find
        if verb.method == "GET":
            document = self._call(verb, params=filters)
        else:
            document = self._call(verb, json={**(verb.body or {}), **filters})
        if isinstance(document, list):
            return document
        reader = reader_of(document, self._profile, "the list")
        _raise_unless_done(reader)
        return reader.rows("logs")

    def _card_of_row(self, row: Any) -> VirtualCard:
        if isinstance(row, str) and row:
            return self.retrieve(row)
        card = read_card(reader_of(row, self._profile, "a row"), self._profile)
        if not card.id:
            raise errors.MalformedResponseError("a row has no id", code="unexpected_shape")
        return card if card.reference is not None else self.retrieve(card.id)

    def _identified(self, card: VirtualCard, request: CardRequest) -> VirtualCard:
        """Return ``card`` with its id if a query already finds it; the card exists either way."""
        try:
            found = self.find_by_reference(request.reference)
        except errors.GatewayError:
            return card
        same = [one for one in found if one.last4 in (None, card.last4)]
        return same[0] if len(found) == len(same) == 1 else card

    def _object(
        self, verb: Verb, what: str, card_id: str | None = None, *, must_succeed: bool = False
    ) -> Reader:
        """Call and read the answer as one object; an empty answer is an empty object."""
        json = None if verb.body is None else dict(verb.body)
        document = self._call(verb, card_id, json=json)
        reader = reader_of({} if document is None else document, self._profile, what)
        _raise_unless_done(reader, must_succeed=must_succeed)
        return reader

    def _call(self, verb: Verb, card_id: str | None = None, **options: Any) -> Any:
        path = verb.path
        if card_id is not None:
            if not _ID.fullmatch(card_id):
                raise errors.ConfigurationError("the WEX id is malformed", code="invalid_id")
            path = path.replace("{id}", card_id)
        url = f"{self._endpoint}{path}"
        return self._api.call(verb.method, url, headers=self._headers, **options)


def _raise_unless_done(reader: Reader, *, must_succeed: bool = False) -> None:
    """Raise unless the message of a 2xx says success; a create must have such a message.

    A payment that awaits approval may be read like any other.

    :raises GatewayError: see :func:`error_of_code`.
    """
    message = reader.text("message")
    code = response_code(message)
    if code == SUCCESS or (not must_succeed and (message is None or code == AWAITING)):
        return
    raise error_of_code(
        code, http_status=200, detail=message, provider_reference=reader.text("id")
    )
