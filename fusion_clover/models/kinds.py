"""The table of kinds: how each kind of operation is executed at Clover and reported to users.

``payment.transaction`` has one override per hook (``payment_transaction.py``), which looks the kind
up here. Each room registers its own kinds in its file ``kinds.py``:

* ``refund/kinds.py``: refund, void, capture
* ``charge/kinds.py``: charge, authorize, save_card
* ``terminal/kinds.py``: terminal_charge, terminal_refund, terminal_credit
"""

from datetime import UTC

from odoo.addons.fusion_payment_common.lib.outcome import Outcome
from odoo.addons.fusion_payment_common.tools.amounts import to_amount

from .. import const

#: Milliseconds by which Clover's clock may be behind Odoo's when a payment is looked up by time.
CLOCK_MARGIN_MS = 10 * 60 * 1000

#: Every kind of ``fusion.operation`` that Clover carries out.
KINDS = {}


class Kind:
    """One kind of operation. Instances are stateless; methods get everything as arguments.

    ``call``, ``lookup`` and ``retrieve`` follow the contract of ``fusion.operation.handler``: they
    read the database and return a function that only talks to Clover.
    """

    #: The client's request class; the operation stores an instance of it.
    request_class = None

    def request_of(self, operation):
        """Return the request that is stored with the operation."""
        # Elevated: only the ledger may read the stored request.
        return self.request_class.from_dict(operation.sudo().request_payload["request"])

    def call(self, transactions, operation, observer):
        """Return the function that sends the operation with its idempotency key."""
        raise NotImplementedError

    def lookup(self, transactions, operation, observer):
        """Return the function that looks up the outcome of the operation at Clover."""
        raise NotImplementedError

    def retrieve(self, transactions, operation, provider_reference, observer):
        """Return the function that reads the Clover object that a Manager has named.

        :raise NotImplementedError: Clover has no object for this kind of operation
        """
        raise NotImplementedError(f"nothing to read for operations of kind {operation.kind}")

    def apply_outcome(self, transaction, payment_data):
        """Set the transaction to the state that matches the outcome."""
        refusal = None
        if is_refused(payment_data):
            refusal = self.refusal(transaction, payment_data)
        transaction._fusion_apply_outcome(payment_data, declined_message=refusal)

    def recorded_values(self, transaction, payment_data):
        """Return the values to write on the transaction, taken from Clover's object."""
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
                transaction.env["payment.method"]._get_from_code(method_code).id
                or transaction.payment_method_id.id
            )
        recorded |= _surcharge_of_clover(transaction, payment_data)
        return {name: value for name, value in recorded.items() if value}

    def refusal(self, transaction, payment_data):
        """Return why no money moved, as a sentence that a customer can be told."""
        raise NotImplementedError

    def pending_message(self, transaction, payment_data):
        """Return the message while the outcome is unknown; None for the default message."""
        return None


def register(*names):
    """Return a decorator that registers a subclass of :class:`Kind` under these names.

    :raise ValueError: a class is already registered under one of the names
    """

    def decorate(kind_class):
        for name in names:
            if name in KINDS:
                raise ValueError(f"two classes for operations of kind {name}")
            KINDS[name] = kind_class()
        return kind_class

    return decorate


def kind_of(provider_code, name):
    """Return the :class:`Kind` of this name; None for other providers and for unknown kinds."""
    return KINDS.get(name) if provider_code == const.PROVIDER_CODE else None


def since_ms(operation):
    """Return the earliest time at which Clover may know the operation, in ms since 1970."""
    started_at = operation.started_at.replace(tzinfo=UTC)
    return int(started_at.timestamp() * 1000) - CLOCK_MARGIN_MS


def is_refused(payment_data):
    """Return whether certainly no money moved."""
    outcome = Outcome(payment_data["outcome"])
    return not payment_data.get("review") and outcome.moved_money == "no"


def _surcharge_of_clover(transaction, payment_data):
    """Return the values of a surcharge that Clover added to a charge, or refunded."""
    added = payment_data.get("additional_charges")
    is_moved = payment_data["outcome"] == Outcome.SUCCEEDED and not payment_data.get("review")
    if not added or not is_moved or transaction.fusion_surcharge_origin == "own":
        return {}
    amount = to_amount(added, transaction.currency_id)
    return {
        "fusion_surcharge_amount": -amount if transaction.amount < 0 else amount,
        "fusion_surcharge_origin": "provider",
    }
