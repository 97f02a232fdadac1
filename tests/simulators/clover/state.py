"""What the simulated Clover knows, in memory."""

from dataclasses import dataclass, field
from typing import Any

from ..core.ids import vendor_id
from .cards import Card
from .devices import Device


@dataclass
class Merchant:
    """A merchant account; amounts of its charges are in ``currency``'s minor units."""

    id: str
    name: str
    country: str
    currency: str
    locale: str
    order_tender_id: str = field(default_factory=vendor_id)
    employee_id: str = field(default_factory=vendor_id)
    employee_name: str = "Robin Tremblay"


@dataclass
class SourceToken:
    """A ``clv_`` token. Single-use unless ``multi_pay``."""

    id: str
    merchant_id: str
    card: Card
    created_ms: int
    multi_pay: bool = False
    used: bool = False


@dataclass
class Refund:
    """A referenced refund; ``surcharge`` is the share of the surcharge given back on top.

    ``status`` is the platform's word; only ``SUCCESS`` has moved money.
    """

    id: str
    charge_id: str
    merchant_id: str
    amount: int
    currency: str
    created_ms: int
    reason: str | None
    external_reference_id: str | None
    metadata: Any
    surcharge: int = 0
    voided: bool = False
    status: str = "SUCCESS"


@dataclass
class Charge:
    """A charge and, under the same id, a platform payment. Amounts in minor units."""

    id: str
    merchant_id: str
    order_id: str
    amount: int
    currency: str
    created_ms: int
    source: str
    card: Card
    captured: bool
    status: str
    ecomind: str
    tip_amount: int = 0
    tax_amount: int | None = None
    surcharge: int = 0
    authorized_amount: int = 0
    captured_later: bool = False
    auth_code: str = ""
    ref_num: str = ""
    transaction_no: str = ""
    modified_ms: int = 0
    customer_id: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    voided: bool = False
    void_id: str | None = None
    external_payment_id: str | None = None
    device_id: str | None = None
    entry_type: str = "KEYED"
    is_cash: bool = False
    offline: bool = False
    echo: dict[str, Any] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def paid(self) -> bool:
        """Whether the issuer said yes."""
        return self.status == "succeeded"

    @property
    def refundable(self) -> int:
        """What a refund without an amount gives back: the original amount with its tip."""
        return self.amount + self.tip_amount

    @property
    def refunded(self) -> int:
        """Sum of the refunds, surcharge shares not counted."""
        return sum(refund.amount for refund in self.refunds if refund.status == "SUCCESS")

    @property
    def external_reference_id(self) -> str | None:
        """The merchant's reference, at most 12 characters."""
        return self.echo.get("external_reference_id")


@dataclass
class Credit:
    """Money given to a card without a payment."""

    id: str
    merchant_id: str
    amount: int
    currency: str
    created_ms: int
    card: Card
    device_id: str = ""


@dataclass
class Customer:
    """A customer with at most one card on file."""

    id: str
    merchant_id: str
    created_ms: int
    email: str | None
    fields: dict[str, Any]
    card_id: str | None = None
    token: SourceToken | None = None


@dataclass
class Order:
    """An Ecommerce order."""

    id: str
    merchant_id: str
    created_ms: int
    currency: str
    email: str | None
    items: list[dict[str, Any]]
    amount: int
    amount_paid: int = 0
    amount_returned: int = 0
    status: str = "created"
    charge_ids: list[str] = field(default_factory=list)
    paid_ms: int | None = None


class State:
    """Everything but OAuth, idempotency keys and rates, which live beside their rules."""

    def __init__(self, devices: list[Device]) -> None:
        self.merchants: dict[str, Merchant] = {}
        self.tokens: dict[str, SourceToken] = {}
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, Refund] = {}
        self.credits: dict[str, Credit] = {}
        self.customers: dict[str, Customer] = {}
        self.orders: dict[str, Order] = {}
        self.card_uses: dict[str, int] = {}
        self.batch_closed_ms = 0
        self.devices = devices

    def charges_of(self, merchant: Merchant) -> list[Charge]:
        """The merchant's charges, newest first."""
        return [c for c in reversed(self.charges.values()) if c.merchant_id == merchant.id]

    def refunds_of(self, merchant: Merchant) -> list[Refund]:
        """The merchant's refunds, newest first."""
        return [r for r in reversed(self.refunds.values()) if r.merchant_id == merchant.id]

    def credits_of(self, merchant: Merchant) -> list[Credit]:
        """The merchant's credits, newest first."""
        return [c for c in reversed(self.credits.values()) if c.merchant_id == merchant.id]
