"""What can be switched: the simulated account and the open points of EnCompass's REST variant."""

from dataclasses import dataclass, field

DEFAULT_USER = "SIMGROUP/apiuser"
DEFAULT_PASSWORD = "sim-wex-password"
#: Of a simulator that nobody here wrote: its only user.
STRANGER = {"users": {"HARBOUR/robot": "tide-table-77"}}


@dataclass(frozen=True)
class WexSwitches:
    """Times in seconds, amounts in minor units; 0 means no limit, an empty text or list: any.

    Account
        ``users`` are Basic credentials (user -> password); ``denied_users`` are known but lack
        the privilege. ``org_bank_id`` and ``org_company_id``, when set, must be sent.
        ``merchant_codes`` are the vendors on file. ``credit_line`` bounds the sum of open limits.
    User-defined fields
        ``udf_slots`` at most, ``udf_max_length`` characters each; ``reference_slot`` is the one
        that the ledger shows as ``reference``.
    Creation
        ``awaiting_approval`` keeps every payment without a card until it is approved by
        ``POST /_sim/cards/<id>``; ``idempotency`` makes a repeated header ``idempotency_key``
        return the first card (off: it is ignored and a second card is made);
        ``answer_has_id``; ``error_shape`` is ``detailed``, ``message``, ``errors`` or ``ok`` (200
        without the word Success).
    Reading
        ``reveal_on_retrieve`` shows number and code again; ``query_shape`` is ``objects`` or
        ``ids``; ``query_lag_s`` is how long a new payment stays out of queries;
        ``query_ignores_filters`` returns everything.
    Cancellation
        ``cancel_verb`` is ``put`` (``payment_status`` closed) or ``patch`` (``status``
        cancelled).
    ``latency_s`` is spent on every call.
    """

    users: dict[str, str] = field(default_factory=lambda: {DEFAULT_USER: DEFAULT_PASSWORD})
    denied_users: list[str] = field(default_factory=list)
    org_bank_id: str = ""
    org_company_id: str = ""
    merchant_codes: list[str] = field(default_factory=list)
    currency: str = "USD"
    currencies: list[str] = field(default_factory=lambda: ["USD", "CAD"])
    credit_line: int = 0

    udf_slots: int = 5
    udf_max_length: int = 50
    reference_slot: int = 1

    awaiting_approval: bool = False
    idempotency: bool = False
    answer_has_id: bool = True
    error_shape: str = "detailed"

    reveal_on_retrieve: bool = True
    query_shape: str = "objects"
    query_lag_s: float = 0.0
    query_ignores_filters: bool = False
    cancel_verb: str = "put"
    latency_s: float = 0.0
