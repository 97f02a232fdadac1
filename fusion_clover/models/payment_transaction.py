import re
from datetime import UTC

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_payment_common.lib import idempotency
from odoo.addons.fusion_payment_common.lib.money import Money
from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.lib.redaction import contains_pan

from .. import const
from ..client.answers import charge_answer, find_charge
from ..client.declines import REASONS, DeclineReason
from ..client.types import ChargeRequest

#: A source token as Clover's card form returns it, or a customer id of 13 characters.
SOURCE_PATTERN = re.compile(r"clv_[0-9A-Za-z]{8,64}|[0-9A-Z]{13}")

#: Kinds of operations that take money from a card, or hold it there.
CHARGES = ("charge", "authorize")

#: Milliseconds by which Clover's clock may be behind ours when we look a payment up by time.
CLOCK_MARGIN_MS = 10 * 60 * 1000


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    clover_card_brand = fields.Char(string="Card Brand", readonly=True, copy=False)
    clover_card_last4 = fields.Char(string="Card Ends With", readonly=True, copy=False)
    clover_auth_code = fields.Char(string="Authorization Code", readonly=True, copy=False)
    clover_entry_type = fields.Char(
        string="Entry", readonly=True, copy=False, help="How the card was read, as Clover says."
    )
    clover_chip = fields.Json(
        readonly=True, copy=False, help="What a chip card told the terminal, for the receipt."
    )
    clover_order_ref = fields.Char(
        string="Clover Order", readonly=True, copy=False, index="btree_not_null"
    )
    clover_external_reference = fields.Char(
        string="Reference at Clover",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="How this payment is called in Clover's dashboard and on the gateway.",
    )

    # === BUSINESS METHODS - CHARGE === #

    def _clover_charge(self, source, *, entry_mode, check=None):
        """Charge the card behind ``source`` for this transaction, exactly once.

        The transaction must be committed: its reference is the intent. A second call for it, in a
        re-run or another tab, replays the first one's answer.

        :param str source: token from Clover's card form; anything that looks like a card number is
            refused before it is kept anywhere
        :param str entry_mode: ``moto`` when staff typed the card, ``ecom`` when the shopper did
        :param check: see :meth:`FusionOperation._perform`
        :return: the :class:`~odoo.addons.fusion_payment_common.lib.ledger.Answer`
        :raise UserError: nothing was sent; the message says why
        """
        intent = self._clover_charge_intent(source, entry_mode=entry_mode)
        return self._fusion_perform(intent, check=check)

    def _clover_charge_intent(self, source, *, entry_mode):
        """Return the intent to charge ``source``, or to authorize it only; see there.

        :raise UserError: ``source`` is no token of Clover's, or the merchant cannot take the amount
        """
        self.ensure_one()
        self._clover_check_source(source)
        self.provider_id._clover_check_payable(self.amount, self.currency_id)
        amount = self._fusion_money(self._fusion_requested_amount())
        kind = "authorize" if self.provider_id.capture_manually else "charge"
        # One key for both: the setting may change between two calls for the same transaction.
        key = self._clover_idempotency_key("charge")
        external_reference = idempotency.short_reference(key)
        request = ChargeRequest(
            amount=amount,
            source=source,
            external_reference_id=external_reference,
            description=self.reference,
            capture=kind == "charge",
            ecomind=entry_mode,
            client_ip=self._clover_client_address(),
            stored_credentials=self._clover_stored_credentials(source),
            **self._clover_surcharge_request(source),
        )
        return self._fusion_intent(
            kind,
            key=key,
            external_reference=external_reference,
            parameters={"amount": amount.minor, "currency": amount.currency, "source": source},
            payload={
                "provider_id": self.provider_id.id,
                "request": request.to_dict(),
                **self._clover_extra_payload(source),
            },
            lease_seconds=self._clover_lease_seconds(),
        )

    def _clover_surcharge_request(self, source):
        """Return what a request says about a surcharge of our own in its amount."""
        return {}

    def _clover_stored_credentials(self, source):
        """Return what Clover is told about the use of a saved card; None for a card just typed."""
        return None

    def _clover_extra_payload(self, source):
        """Return JSON-safe values that the operation needs besides the request."""
        return {}

    def _clover_check_source(self, source):
        """Refuse everything but a token of Clover's, and card numbers above all.

        :raise UserError: with no trace of what was given
        """
        if not isinstance(source, str) or contains_pan(source):
            raise UserError(
                self.env._("Card numbers are not accepted here. Use Clover's card form.")
            )
        if not SOURCE_PATTERN.fullmatch(source):
            raise UserError(
                self.env._("The card form returned nothing usable. Enter the card again.")
            )

    def _clover_idempotency_key(self, kind):
        # Elevated: the database's identity is part of the key, many databases share one app.
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return idempotency.derive_key(database, const.PROVIDER_CODE, kind, self.reference)

    def _clover_lease_seconds(self):
        """Return how long a call may take in seconds, a renewal of the token included."""
        # Elevated: system parameters are readable by administrators only.
        read_timeout = float(
            self.env["ir.config_parameter"]
            .sudo()
            .get_param(const.CHARGE_READ_TIMEOUT_PARAMETER, const.CHARGE_READ_TIMEOUT)
        )
        return 2 * (const.CONNECT_TIMEOUT + read_timeout) + 5

    # === OPERATION HANDLER === #

    def _fusion_prepare_call(self, operation, observer):
        """Override of `fusion_payment_common` to carry out operations at Clover."""
        if operation.provider_code != const.PROVIDER_CODE or operation.kind not in CHARGES:
            return super()._fusion_prepare_call(operation, observer)
        client = self._clover_client_of(operation, observer)
        request = self._clover_request_of(operation)
        key = operation.idempotency_key
        return lambda: charge_answer(client.charges.create(request, key), request)

    def _fusion_prepare_lookup(self, operation, observer):
        """Override of `fusion_payment_common` to find a charge by our reference."""
        if operation.provider_code != const.PROVIDER_CODE or operation.kind not in CHARGES:
            return super()._fusion_prepare_lookup(operation, observer)
        client = self._clover_client_of(operation, observer)
        request = self._clover_request_of(operation)
        started_at = operation.started_at.replace(tzinfo=UTC)
        since_ms = int(started_at.timestamp() * 1000) - CLOCK_MARGIN_MS
        return lambda: find_charge(client, request, since_ms)

    def _fusion_prepare_read(self, operation, provider_reference, observer):
        """Override of `fusion_payment_common` to read the charge that a Manager names."""
        if operation.provider_code != const.PROVIDER_CODE or operation.kind not in CHARGES:
            return super()._fusion_prepare_read(operation, provider_reference, observer)
        client = self._clover_client_of(operation, observer)
        request = self._clover_request_of(operation)
        return lambda: charge_answer(client.charges.retrieve(provider_reference), request)

    def _clover_request_of(self, operation):
        # Elevated: the request is kept for the ledger alone.
        return ChargeRequest.from_dict(operation.sudo().request_payload["request"])

    def _clover_client_of(self, operation, observer):
        # Elevated: the ledger acts for whoever started the operation.
        provider_id = operation.sudo().request_payload["provider_id"]
        return self.env["payment.provider"].sudo().browse(provider_id)._clover_client(observer)

    # === BUSINESS METHODS - PROCESSING === #

    def _extract_amount_data(self, payment_data):
        """Override of `payment` to compare what Clover took with what was asked."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._extract_amount_data(payment_data)
        if payment_data["outcome"] != Outcome.SUCCEEDED or payment_data.get("review"):
            return None
        money = Money(
            payment_data["amount"] - self._fusion_extras().minor,
            payment_data["currency"],
            self.currency_id.decimal_places,
        )
        return {"amount": float(money.major), "currency_code": money.currency}

    def _apply_updates(self, payment_data):
        """Override of `payment` to record Clover's answer and move to the state it stands for."""
        if self.provider_code != const.PROVIDER_CODE:
            super()._apply_updates(payment_data)
            return
        if self.state != "done":
            self.write(self._clover_recorded_values(payment_data))
        self._fusion_apply_outcome(
            payment_data, declined_message=self._clover_refusal_sentence(payment_data)
        )

    def _clover_recorded_values(self, payment_data):
        """Return what is kept of Clover's object on the transaction."""
        recorded = {
            "provider_reference": payment_data.get("provider_reference"),
            "clover_card_brand": payment_data.get("card_brand"),
            "clover_card_last4": payment_data.get("card_last4"),
            "clover_auth_code": payment_data.get("auth_code"),
            "clover_entry_type": payment_data.get("entry_type"),
            "clover_chip": {
                name: value for name, value in (payment_data.get("chip") or {}).items() if value
            },
            "clover_order_ref": payment_data.get("order_reference"),
            "clover_external_reference": payment_data.get("external_reference"),
        }
        method_code = const.BRAND_TO_METHOD_CODE.get(payment_data.get("card_brand"))
        if method_code:
            recorded["payment_method_id"] = (
                self.env["payment.method"]._get_from_code(method_code).id
                or self.payment_method_id.id
            )
        return {name: value for name, value in recorded.items() if value}

    def _clover_refusal_sentence(self, payment_data):
        """Return why nothing was charged, in words a clerk can say to a customer."""
        if payment_data["outcome"] == Outcome.NOT_SENT:
            return self.env._("Clover could not be reached. Nothing was charged. Try again.")
        if payment_data["outcome"] == Outcome.REJECTED:
            return self.env._(
                "Clover did not accept the request (%s). Nothing was charged. "
                "Tell your administrator if it happens again.",
                payment_data.get("error_code") or "-",
            )
        nobody_charged = self.env._("Nothing was charged.")
        sentences = {
            DeclineReason.INSUFFICIENT_FUNDS: self.env._(
                "The card was declined: there is not enough money on it."
            ),
            DeclineReason.EXPIRED_CARD: self.env._("The card has expired."),
            DeclineReason.INCORRECT_CVC: self.env._("The security code on the card is not right."),
            DeclineReason.INCORRECT_NUMBER: self.env._("The card number is not right."),
            DeclineReason.INVALID_EXPIRY: self.env._("The expiry date is not right."),
            DeclineReason.LIMIT_EXCEEDED: self.env._(
                "The card was used too often in a short time. Use another card or wait."
            ),
            DeclineReason.CARD_NOT_SUPPORTED: self.env._(
                "This kind of card is not accepted here. Use another card."
            ),
            DeclineReason.CONTACT_ISSUER: self.env._(
                "The bank does not allow this payment. The customer has to call the bank."
            ),
            DeclineReason.SUSPECTED_FRAUD: self.env._(
                "The bank does not allow this payment. The customer has to call the bank."
            ),
            DeclineReason.CARD_TOKEN_USED: self.env._("Enter the card again."),
            DeclineReason.CARD_ON_FILE_MISSING: self.env._(
                "The card is no longer on file. Enter the card again."
            ),
            DeclineReason.TRY_AGAIN: self.env._("The bank cannot be reached. Try again later."),
        }
        reason = REASONS.get(payment_data.get("decline_code")) or REASONS.get(
            payment_data.get("error_code")
        )
        sentence = sentences.get(
            reason,
            self.env._(
                "The customer's bank declined the card. Try another card, or ask the customer to "
                "call the bank."
            ),
        )
        return f"{sentence} {nobody_charged}"
