"""The merchant and its settings: the merchants reference of docs.clover.com (``/v3``)."""

from __future__ import annotations

from .gateway_calls import MerchantCalls
from .reading import Reader
from .types import Gateway, Merchant, MerchantProperties, PaymentConfigs


class Merchants:
    """Reads about the connected merchant; nothing here changes anything."""

    def __init__(self, calls: MerchantCalls) -> None:
        self._calls = calls

    def retrieve(self) -> Merchant:
        """Return name and country. The default currency is usually only in :meth:`properties`."""
        reader = Reader(self._calls.platform("", params={"expand": "address"}), "the merchant")
        return Merchant(
            id=reader.required_text("id"),
            name=reader.text("name", default="") or "",
            currency=_upper(reader.text("defaultCurrency")),
            country=_upper(reader.child("address").text("country")),
        )

    def properties(self) -> MerchantProperties:
        """Return default currency (ISO code), locale and time zone."""
        reader = Reader(self._calls.platform("/properties"), "the merchant's properties")
        return MerchantProperties(
            default_currency=_upper(reader.text("defaultCurrency")),
            locale=reader.text("locale"),
            timezone=reader.text("timezone"),
        )

    def gateway(self) -> Gateway:
        """Return the features of the merchant's processor, and when its batch closes."""
        reader = Reader(self._calls.platform("/gateway"), "the gateway")
        return Gateway(
            account_name=reader.text("accountName"),
            payment_gateway_api=reader.text("paymentGatewayApi"),
            closing_time=reader.text("closingTime"),
            supports_multi_pay_token=reader.flag("supportsMultiPayToken"),
            supports_tip_adjust=reader.flag("supportsTipAdjust"),
            supports_tipping=reader.flag("supportsTipping"),
            supports_naked_credit=reader.flag("supportsNakedCredit"),
        )

    def employees(self) -> dict[str, str]:
        """Return the employees' names by id; docs.clover.com "Get all employees".

        This needs a permission ("Employees", read) that the app may not have. The answer also
        contains PINs: only the names are read.
        """
        rows = self._calls.pages("/employees", [])
        return {
            row.required_text("id"): (row.text("name") or "").strip()
            or (row.text("nickname") or "").strip()
            for row in rows
        }

    def payment_configs(self) -> PaymentConfigs:
        """Return whether Clover adds its own surcharge, and how much."""
        reader = Reader(self._calls.platform("/ecomm_payment_configs"), "the payment settings")
        surcharging = reader.child("surcharging")
        return PaymentConfigs(
            surcharge_supported=surcharging.flag("supported"),
            surcharge_rate=surcharging.number_text("rate"),
        )


def _upper(text: str | None) -> str | None:
    return text.upper() if text else None
