"""Charges: "Create a charge", "List charges", "Get a charge", docs.example.com."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import (
    ApiClient,
    Authorizer,
    CallContext,
    Observer,
)
from odoo.addons.fusion_payment_common.lib.transport import Response, Timeout, Transport

from .types import Charge, ChargeRequest


class ExampleClient:
    """One account at the provider. Methods raise a ``GatewayError`` that knows its outcome."""

    def __init__(
        self,
        origin: str,
        *,
        authorizer: Authorizer,
        transport: Transport,
        app_version: str,
        timeout: Timeout,
        observer: Observer | None = None,
    ) -> None:
        self._origin = origin
        self._api = ApiClient(
            transport,
            authorizer,
            user_agent=f"FusionPayments/{app_version}",
            default_timeout=timeout,
            error_mapper=map_error,
            observer=observer,
        )

    def charge(self, request: ChargeRequest, idempotency_key: str) -> Charge:
        """Charge the card; the same key, the same charge.

        :raises DeclinedError: the issuer said no.
        """
        body = {
            "amount": request.amount.minor,
            "currency": request.amount.currency.lower(),
            "source": request.source,
            "reference": request.reference,
        }
        url = f"{self._origin}/charges"
        return read_charge(self._api.call("POST", url, json=body, idempotency_key=idempotency_key))

    def find(self, reference: str) -> Charge | None:
        """The charge with our reference; None where the provider has none."""
        url = f"{self._origin}/charges"
        document = self._api.call("GET", url, params={"reference": reference})
        rows = document.get("data") if isinstance(document, Mapping) else None
        if not isinstance(rows, list):
            raise errors.MalformedResponseError("the list has no data", code="unexpected_shape")
        return read_charge(rows[0]) if rows else None

    def retrieve(self, charge_id: str) -> Charge:
        """The charge with this id.

        :raises NotFoundError: there is none.
        """
        url = f"{self._origin}/charges/{quote(charge_id, safe='')}"
        return read_charge(self._api.call("GET", url))


def read_charge(document: Any) -> Charge:
    """The charge in a JSON document.

    :raises MalformedResponseError: it is none; what became of it is unknown then.
    """
    source = document if isinstance(document, Mapping) else {}
    values: list[Any] = [source.get(name) for name in ("id", "amount", "currency", "status")]
    charge = Charge(*values)
    texts = (charge.id, charge.currency, charge.status)
    if type(charge.amount) is not int or not all(isinstance(text, str) for text in texts):
        raise errors.MalformedResponseError("the answer is no charge", code="unexpected_shape")
    return charge


def map_error(response: Response, _context: CallContext) -> errors.GatewayError | None:
    """What an answer that is not 2xx means; None: what its status means everywhere.

    "Errors", docs.example.com: 402 is the issuer's refusal. Decide on status and code, never on
    a text.
    """
    if response.status == 402:
        return errors.DeclinedError("the card was declined", code="card_declined")
    return None
