import json
from dataclasses import dataclass
from typing import Any

from odoo import api, models

from odoo.addons.fusion_payment_common.lib import errors

from ... import const
from ...client.merchant_facts import read_facts
from ...client.webhooks import Kind, stored_notice

#: Attempts after which an object that Clover does not find counts as gone: Clover may send an event
#: a moment before the object can be read.
LOOKS_FOR_MISSING = 3
APP_KINDS = (Kind.APP_INSTALLED, Kind.APP_UPDATED, Kind.APP_UNINSTALLED)


@dataclass(frozen=True)
class Reading:
    """Clover's answer about the object of an event.

    :param value: the object, or a list of payments; None when Clover does not find it
    :param refused: Clover denied access to it
    """

    kind: Kind
    value: Any = None
    refused: bool = False


class CloverWebhook(models.AbstractModel):
    """Process events: read their object from Clover again and apply it to Odoo."""

    _inherit = "clover.webhook"

    # === READING === #

    def _fusion_prepare_event(self, event):
        """Override of the inbox to read the object of the event."""
        notice = self._notice_of(event)
        provider = notice and self._provider_of(notice.merchant_id, event.company_id)
        if not provider or not notice.meaning:
            return None
        if notice.meaning in APP_KINDS and provider.clover_token_id.error:
            # If the app was installed again, the tokens may work again.
            provider.clover_token_id._give_another_chance()
        client = provider._clover_client()
        is_patient = event.attempt_count < LOOKS_FOR_MISSING
        return lambda: _read(client, notice, is_patient=is_patient)

    @api.model
    def _notice_of(self, event):
        """Return the notice stored in an event, None if its shape is unknown."""
        try:
            return stored_notice(json.loads(event._body()))
        except ValueError:
            return None

    @api.model
    def _provider_of(self, merchant_id, company):
        """Return the merchant's provider (elevated), with its present settings."""
        # Elevated: Clover has no user.
        return (
            self.env["payment.provider"]
            .sudo()
            .search(
                [
                    ("code", "=", const.PROVIDER_CODE),
                    ("state", "!=", "disabled"),
                    ("clover_merchant_id", "=", merchant_id),
                    ("company_id", "=", company.id),
                ],
                limit=1,
            )
        )

    # === APPLYING === #

    def _fusion_handle_event(self, event, fetched=None):
        """Override of the inbox to apply the object that was read to Odoo.

        :param fetched: the :class:`Reading`; None if the event is not relevant to Odoo
        """
        notice = self._notice_of(event)
        provider = notice and self._provider_of(notice.merchant_id, event.company_id)
        if fetched is None or not provider:
            return "ignored"
        appliers = {
            Kind.PAYMENT_CREATED: self._apply_payments,
            Kind.PAYMENT_UPDATED: self._apply_payments,
            Kind.ORDER_CHANGED: self._apply_payments,
            Kind.APP_INSTALLED: self._apply_app,
            Kind.APP_UPDATED: self._apply_app,
            Kind.APP_UNINSTALLED: self._apply_app,
            Kind.MERCHANT_CHANGED: self._apply_merchant,
            Kind.CUSTOMER_CHANGED: self._apply_customer,
        }
        applied = appliers[fetched.kind](provider, notice, fetched)
        return "processed" if applied else "ignored"

    def _apply_payments(self, provider, _notice, reading):
        transactions = self.env["payment.transaction"]
        taken = [
            transactions._clover_take_reading(provider, payment) for payment in reading.value or ()
        ]
        return any(taken)

    def _apply_app(self, provider, notice, reading):
        """Show whether the connection works after the app was installed or removed.

        An OAuth connection needs nothing here: its tokens are renewed, or they are lost for good
        and an activity says so.
        """
        if notice.object_id not in ("", provider.clover_app_id or notice.object_id):
            # Another app of the merchant.
            return False
        if not reading.refused:
            provider.clover_connection_message = False
            return True
        if not provider.clover_token_id:
            provider.clover_connection_message = self.env._(
                "The app was removed at the merchant, and Clover refuses our tokens. Have the "
                "merchant install it again, then click Connect."
            )
        return True

    def _apply_merchant(self, provider, _notice, reading):
        if reading.value is None:
            return False
        facts = reading.value
        provider.write(
            {
                **provider._clover_facts_values(facts),
                "clover_connected_merchant": facts.merchant.name,
            }
        )
        return True

    def _apply_customer(self, provider, notice, reading):
        """Archive the saved card of a customer who no longer has one at Clover."""
        cards = (
            self.env["payment.token"]
            .sudo()
            .search(
                [("provider_id", "=", provider.id), ("provider_ref", "=", notice.object_id)]
            )
        )
        if not cards or reading.refused:
            return False
        if reading.value is None or not reading.value.source_ids:
            cards.active = False
        return True


def _read(client, notice, *, is_patient):
    """Return the :class:`Reading` of a notice's object, without using the database.

    :param is_patient: whether to retry when Clover does not find the object yet
    :raise GatewayError: Clover cannot answer now
    """
    readers = {
        "P": lambda: [client.payments.retrieve(notice.object_id)],
        "O": lambda: client.payments.of_order(notice.object_id),
        "A": client.merchants.retrieve,
        "M": lambda: read_facts(client),
        "C": lambda: client.customers.retrieve(notice.object_id),
    }
    try:
        return Reading(notice.meaning, readers[notice.kind]())
    except errors.NotFoundError:
        if notice.kind == "P" and is_patient and notice.action != "DELETE":
            raise
        return Reading(notice.meaning)
    except (errors.AuthenticationError, errors.PermissionDeniedError):
        if notice.kind != "A":
            raise
        return Reading(notice.meaning, refused=True)
