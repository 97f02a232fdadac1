"""What the simulated EnCompass knows, in memory. Amounts are in minor units."""

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

#: Visa's range for test numbers; the rest is random, the last digit fits.
_BIN = "411111"
OPEN, WAITING, CLOSED = "open", "waiting_for_approval", "closed"


@dataclass
class Authorization:
    """An attempt to charge; ``open`` is what it still holds of the limit."""

    amount: int
    response: str
    at: str
    merchant_name: str
    category: str
    decline_code: str | None = None
    decline_reason: str | None = None
    approval_code: str | None = None
    open: int = 0
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])


@dataclass
class Posting:
    """Money that moved; a credit is positive too and says so."""

    amount: int
    at: str
    is_credit: bool
    merchant_name: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])


@dataclass
class MerchantLog:
    """One payment to one vendor; without a number while it waits for approval."""

    merchant_code: str
    amount: int
    credit_limit: int
    currency: str
    udf: list[str]
    created_at: str
    created_s: float
    echo: dict[str, Any]
    status: str = OPEN
    number: str | None = None
    security_code: str = ""
    expiration: str = ""
    min_auth_date: str | None = None
    max_auth_date: str | None = None
    max_auth_count: int | None = None
    is_exact_match: bool = False
    authorizations: list[Authorization] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def posted(self) -> int:
        """What was charged, credits taken off."""
        return sum(-p.amount if p.is_credit else p.amount for p in self.postings)

    @property
    def held(self) -> int:
        """What open authorisations hold."""
        return sum(one.open for one in self.authorizations)

    @property
    def available(self) -> int:
        """What may still be authorised."""
        return self.credit_limit - self.posted - self.held

    def reference(self, slot: int) -> str | None:
        """The user-defined field in ``slot``."""
        return self.udf[slot] if len(self.udf) > slot else None


class State:
    """All payments, oldest first, and the numbers given out."""

    def __init__(self) -> None:
        self.logs: dict[str, MerchantLog] = {}
        self.by_key: dict[str, str] = {}
        self._by_udf: dict[str, list[MerchantLog]] = {}
        self._numbers: set[str] = set()

    def add(self, log: MerchantLog) -> None:
        """Keep a payment."""
        self.logs[log.id] = log
        for value in set(log.udf):
            self._by_udf.setdefault(value, []).append(log)

    def with_udf(self, value: str) -> list[MerchantLog]:
        """Payments that have ``value`` in any user-defined field, oldest first."""
        return self._by_udf.get(value, [])

    def find(self, name: str, slot: int) -> MerchantLog | None:
        """A payment by its id, or the first one with this reference."""
        if name in self.logs:
            return self.logs[name]
        return next((log for log in self.with_udf(name) if log.reference(slot) == name), None)

    def new_number(self) -> str:
        """A card number never given out before, with a right check digit."""
        while True:
            body = f"{_BIN}{secrets.randbelow(10**9):09d}"
            number = body + _check_digit(body)
            if number not in self._numbers:
                self._numbers.add(number)
                return number


def _check_digit(body: str) -> str:
    doubled = [int(d) * (1 if i % 2 else 2) for i, d in enumerate(reversed(body))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)
