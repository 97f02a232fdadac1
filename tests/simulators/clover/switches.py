"""What can be switched: settings of the simulated merchant and Clover's undocumented points."""

from dataclasses import dataclass, field

DEFAULT_APP_ID = "SIMCLOVERAPP1"
DEFAULT_APP_SECRET = "sim-clover-app-secret"
#: A Flex and a Mini, which can run Cloud Pay Display, and a Station, which cannot.
DEVICES = {"Flex 4": "C046UG", "Mini 3": "C032UQ", "Station": "C010UC"}
#: Of a simulator that nobody here wrote: its merchant, its only app, its devices.
STRANGER = {
    "merchant_id": "QZ7H4KD2M9TXA",
    "merchant_name": "Harbour Bakery",
    "merchant_locale": "fr-CA",
    "merchant_timezone": "America/Halifax",
    "payment_gateway_api": "otherapi",
    "apps": {"0B9VKQ2XJ4E7M": "5e0d8f4a-1c2b-4d3e-9f60-7a8b9c0d1e2f"},
    "open_registration": False,
    "devices": {"Clover Mini": "X71", "Clover Flex": "X72"},
}


@dataclass(frozen=True)
class CloverSwitches:
    """Times in seconds, amounts in minor units, rates as fractions; 0 means no limit.

    ``devices`` are the merchant's devices at the beginning (product -> how serials begin).

    Authentication
        ``apps`` are registered applications (id -> secret); with ``open_registration`` any other
        application id is accepted with any secret. ``site_url`` is the redirect when none is
        given and, when set, the base that redirects must share. ``denied_areas`` lists areas
        (``ecommerce``, ``payments``, ``merchant``, ``devices``) whose permission is missing.
    Idempotency (life time and answers are not documented by Clover)
        ``idempotency_lifetime_s``, ``conflict_status`` (same key, other body; 409 or 400),
        ``in_progress_status`` (same key while the first is being worked on),
        ``replay_declines``, ``require_idempotency_key``.
    Charges
        ``velocity_limit`` uses per card; ``require_forwarded_for``; ``multi_currency``;
        ``max_refund_amount``; ``captured_difference`` is charged on top of what was asked, as by a
        gateway that rounds differently; ``surcharge`` adds ``surcharge_rate`` on credit cards only,
        shown as ``additional_charges_shape`` (``list`` or ``elements``).
    Credits
        ``lists_credits``: the platform shows what devices gave without a payment.
    Webhooks
        Sent to ``webhook_url`` (empty: none) with ``webhook_auth_code``, ``webhook_delay_s`` after
        what they tell; ``webhook_long_ids`` spells an object ``P:<merchant>/<id>``. A message that
        is to be overtaken leaves after the next one, or after ``webhook_reorder_s``.
        ``checkout_signing_secret`` signs the messages of Hosted Checkout.
    Terminals
        ``raid_configured``: the app has a Remote App ID; ``resource_conflict_status`` (another
        request is on the device; 409 or 503); ``asleep_answer_s`` until a sleeping device is
        given up; ``replay_cancels``: the key of a cancelled request gets 209 again instead of
        asking the customer anew; ``strict_finish``: a device stays busy after a payment until
        welcome or thank-you is called.
    Rates
        ``rate_limits`` turns the documented limits on; ``latency_s`` is spent on every call, so
        that parallel calls overlap. ``count_long_polls``: requests that wait for a customer count
        as calls at once.
    """

    merchant_id: str = "SIMMERCHANT01"
    merchant_name: str = "Simulated Merchant"
    merchant_country: str = "CA"
    merchant_currency: str = "CAD"
    merchant_locale: str = "en-CA"
    merchant_timezone: str = "America/Toronto"
    payment_gateway_api: str = "fdcrcip"
    supports_multi_pay_token: bool = True
    supports_naked_credit: bool = True
    lists_credits: bool = True
    batch_closing_time: str = "02:00:00"
    devices: dict[str, str] = field(default_factory=lambda: dict(DEVICES))

    apps: dict[str, str] = field(default_factory=lambda: {DEFAULT_APP_ID: DEFAULT_APP_SECRET})
    open_registration: bool = True
    app_installed: bool = True
    site_url: str = ""
    code_lifetime_s: float = 120.0
    access_token_lifetime_s: float = 1800.0
    refresh_token_lifetime_s: float = 31_536_000.0
    recovery_window_s: float = 1_209_600.0
    max_refresh_tokens: int = 10
    merchant_api_token: str = "sim-merchant-api-token"
    ecommerce_private_key: str = "sim-ecommerce-private-key"
    denied_areas: list[str] = field(default_factory=list)

    idempotency_lifetime_s: float = 86_400.0
    conflict_status: int = 409
    in_progress_status: int = 409
    replay_declines: bool = True
    require_idempotency_key: bool = False

    velocity_limit: int = 0
    require_forwarded_for: bool = False
    multi_currency: bool = False
    max_refund_amount: int = 0
    captured_difference: int = 0
    surcharge: bool = False
    surcharge_rate: float = 0.024
    additional_charges_shape: str = "list"

    webhook_url: str = ""
    webhook_auth_code: str = ""
    webhook_long_ids: bool = False
    webhook_delay_s: float = 0.0
    webhook_reorder_s: float = 2.0
    checkout_signing_secret: str = "sim-checkout-signing-secret"

    raid_configured: bool = True
    resource_conflict_status: int = 409
    asleep_answer_s: float = 1.0
    replay_cancels: bool = True
    strict_finish: bool = False

    rate_limits: bool = False
    count_long_polls: bool = False
    app_rate_limit: int = 50
    app_concurrent_limit: int = 10
    token_rate_limit: int = 16
    token_concurrent_limit: int = 5
    latency_s: float = 0.0
