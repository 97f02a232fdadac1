"""Making a payment: validation, magic amounts, the card, the ledger.

Magic amounts (currency units), for tests and demonstrations of what can go wrong:

==========  ===============================================================
6660.01     StandardFieldValidationFailed
6660.02     UserDefinedFieldValidationFailed
6660.03     InsufficientCreditLimit
6660.04     UnavailableAtThisTime (503, nothing made)
6660.05     Failed, and nothing was made
6660.06     Failed, although the card was made
6660.07     AwaitingApproval
6660.08     NoPrivilege
6660.09     InvalidOrganization
6660.10     a code nobody has heard of, nothing made
==========  ===============================================================
"""

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import fields
from .errors import WexError, invalid
from .state import OPEN, WAITING, MerchantLog

if TYPE_CHECKING:
    from .simulator import WexSimulator

_MAGIC = {
    666001: "StandardFieldValidationFailed",
    666002: "UserDefinedFieldValidationFailed",
    666003: "InsufficientCreditLimit",
    666004: "UnavailableAtThisTime",
    666005: "Failed",
    666008: "NoPrivilege",
    666009: "InvalidOrganization",
    666010: "SomethingElse",
}
_FAILED_ALTHOUGH_MADE = 666006
_AWAITING = 666007

_KNOWN = frozenset(
    {
        "merchant_code", "total_amount", "user_defined_fields", "invoices", "org_bank_id",
        "org_company_id", "min_auth_date", "max_auth_date", "max_auth_count", "credit_limit",
        "billing_currency", "is_exact_match", "delivery_method", "delivery_address",
    }
)  # fmt: skip
_INVOICE = frozenset({"invoice_number", "invoice_date", "total_amount", "description"})
_YEARS_VALID = 2


class Creating:
    """The rules of a create."""

    def __init__(self, simulator: "WexSimulator") -> None:
        self._sim = simulator

    def create(self, body: dict[str, Any], key: str | None) -> MerchantLog:
        """Make the payment, and its card unless somebody has to approve it first.

        :raises WexError: it was refused; nothing was made, but for the one magic amount.
        """
        log = self._validated(body)
        self._refuse_magic(log.amount)
        self._check_line(log)
        if self._sim.switches.awaiting_approval or log.amount == _AWAITING:
            log.status = WAITING
        self._sim.state.add(log)
        if log.status == OPEN:
            self.issue(log, key)
        if log.amount == _FAILED_ALTHOUGH_MADE:
            raise WexError("Failed", "The request failed")
        return log

    def issue(self, log: MerchantLog, key: str | None = None) -> None:
        """Give the payment its card."""
        now = datetime.fromtimestamp(self._sim.clock.now(), UTC)
        log.status = OPEN
        log.number = self._sim.state.new_number()
        log.security_code = f"{secrets.randbelow(1000):03d}"
        log.expiration = f"{now.year + _YEARS_VALID}-{now.month:02d}-01T00:00:00Z"
        self._sim.record("card_issue", log, log.credit_limit, idempotency_key=key)

    def _validated(self, body: dict[str, Any]) -> MerchantLog:
        fields.known(body, _KNOWN, "merchant log")
        switches = self._sim.switches
        merchant_code = fields.text(body, "merchant_code", required=True) or ""
        if switches.merchant_codes and merchant_code not in switches.merchant_codes:
            raise invalid("merchant_code is not in the vendor file")
        for name in ("org_bank_id", "org_company_id"):
            expected = getattr(switches, name)
            if expected and fields.text(body, name) != expected:
                raise WexError("InvalidOrganization", f"{name} is not valid")
        amount = fields.amount(body, "total_amount")
        if amount is None:
            raise invalid("total_amount is required")
        self._check_delivery(body)
        return MerchantLog(
            merchant_code=merchant_code,
            amount=amount,
            credit_limit=fields.amount(body, "credit_limit") or amount,
            currency=self._currency(body),
            udf=self._udf(body),
            created_at=self._sim.clock.iso(),
            created_s=self._sim.clock.now(),
            echo={"invoices": _invoices(body)},
            is_exact_match=fields.flag(body, "is_exact_match"),
            max_auth_count=_count(body),
            **self._window(body),
        )

    def _currency(self, body: dict[str, Any]) -> str:
        currency = fields.text(body, "billing_currency") or self._sim.switches.currency
        if currency not in self._sim.switches.currencies:
            raise invalid("billing_currency is not supported in this programme")
        return currency

    def _udf(self, body: dict[str, Any]) -> list[str]:
        values = body.get("user_defined_fields", [])
        switches = self._sim.switches
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise WexError("UserDefinedFieldValidationFailed", "must be a list of strings")
        if len(values) > switches.udf_slots:
            raise WexError("NoUDFsDefined", f"only {switches.udf_slots} fields are defined")
        if any(len(item) > switches.udf_max_length for item in values):
            raise WexError("UserDefinedFieldValidationFailed", "a value is too long")
        return values

    def _window(self, body: dict[str, Any]) -> dict[str, str | None]:
        first, last = fields.day(body, "min_auth_date"), fields.day(body, "max_auth_date")
        if last is not None and last < max(first or "", self._sim.today()):
            raise invalid("max_auth_date is in the past or before min_auth_date")
        return {"min_auth_date": first, "max_auth_date": last}

    @staticmethod
    def _check_delivery(body: dict[str, Any]) -> None:
        method = fields.text(body, "delivery_method")
        address = fields.text(body, "delivery_address")
        if method not in (None, "None", "Email", "Fax", "Both"):
            raise invalid("delivery_method is not valid")
        if method == "Email" and "@" not in (address or ""):
            raise invalid("delivery_address is not an e-mail address")

    @staticmethod
    def _refuse_magic(amount: int) -> None:
        if amount in _MAGIC:
            raise WexError(_MAGIC[amount], "magic amount")

    def _check_line(self, log: MerchantLog) -> None:
        line = self._sim.switches.credit_line
        if not line:
            return
        used = sum(
            one.credit_limit for one in self._sim.state.logs.values() if one.status == OPEN
        )
        if used + log.credit_limit > line:
            raise WexError("InsufficientCreditLimit", "The credit line is used up")


def _count(body: dict[str, Any]) -> int | None:
    value = body.get("max_auth_count")
    if value is not None and (type(value) is not int or value < 1):
        raise invalid("max_auth_count must be a positive whole number")
    return value


def _invoices(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("invoices", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise invalid("invoices must be a list of objects")
    result = []
    for row in rows:
        fields.known(row, _INVOICE, "invoice")
        minor = fields.amount(row, "total_amount", negative=True)
        if minor is None:
            raise invalid("invoices: total_amount is required")
        fields.text(row, "description")
        result.append(
            {
                "invoice_number": fields.text(row, "invoice_number", required=True),
                "invoice_date": fields.moment(row, "invoice_date"),
                "total_amount": minor / 100,
            }
        )
    return result
