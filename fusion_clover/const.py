"""Facts about Clover that Odoo needs, each with the documentation page it comes from."""

PROVIDER_CODE = "clover"

#: Sent as the application's version in the User-Agent header.
APP_VERSION = "19.0.2.0.0"

#: Payment methods switched on together with the provider: the card and its brands, without which
#: core shows no card at all. "Accepted cards", docs.clover.com "ecommerce-accepting-payments".
DEFAULT_PAYMENT_METHOD_CODES = {
    "card",
    "visa",
    "mastercard",
    "amex",
    "discover",
    "diners",
    "jcb",
}

#: Clover's brand words to codes of ``payment.method``; docs.clover.com reference "create-a-token".
BRAND_TO_METHOD_CODE = {
    "VISA": "visa",
    "MC": "mastercard",
    "MASTERCARD": "mastercard",
    "AMEX": "amex",
    "DISCOVER": "discover",
    "DINERS": "diners",
    "DINERS_CLUB": "diners",
    "JCB": "jcb",
}

#: Currencies that Clover merchants settle in; docs.clover.com "ecommerce-accepting-payments" serves
#: the United States and Canada.
SUPPORTED_CURRENCIES = ("CAD", "USD")
#: Decimal places of Clover's minor units, and the largest charge in them (``amount_too_large``);
#: docs.clover.com "ecommerce-api-error-codes".
MINOR_DIGITS = 2
MAX_MINOR = 99_999_999

#: System parameter: one origin that replaces all sandbox hosts (development and tests).
SANDBOX_ORIGIN_PARAMETER = "fusion_clover.sandbox_origin"

#: System parameter: signing key shared with a dispatcher that relays the OAuth callback.
DISPATCHER_SECRET_PARAMETER = "fusion_clover.dispatcher_secret"
#: System parameter: address of that dispatcher's callback.
DISPATCHER_URL_PARAMETER = "fusion_clover.dispatcher_url"

OAUTH_CALLBACK_PATH = "/payment/clover/oauth/callback"
#: Where the shopper's page posts the card charge, and where the shopper returns after a redirect.
PROCESS_CARD_PATH = "/payment/clover/process_card"
QUOTE_PATH = "/payment/clover/quote"
RETURN_PATH = "/payment/clover/return"

#: Routes of terminals for clients that do not use the dialog.
TERMINALS_PATH = "/payment/clover/terminals"
SEND_TO_TERMINAL_PATH = "/payment/clover/send_to_terminal"
TERMINAL_STATUS_PATH = "/payment/clover/terminal_status"
TERMINAL_CALLBACK_PATH = "/payment/clover/terminal/callback"

#: System parameters of the card-testing brake with their defaults: declines allowed per customer or
#: document, per IP address (many people may share one), and the minutes in which they are counted.
BRAKE_PARAMETERS = {
    "fusion_clover.declines_per_customer": 5,
    "fusion_clover.declines_per_address": 20,
    "fusion_clover.declines_window": 60,
}

#: Seconds. A charge is answered within a few; the rest allows for a slow issuer.
CONNECT_TIMEOUT = 5.0
CHARGE_READ_TIMEOUT = 30.0
#: Seconds that a call waits for its turn within Clover's limits before it fails unsent: one that
#: moves money (a clerk waits, and the operation's lease runs), and one that reads.
TURN_MAX_WAIT = 5.0
READ_TURN_MAX_WAIT = 15.0
#: System parameter that overrides CHARGE_READ_TIMEOUT.
CHARGE_READ_TIMEOUT_PARAMETER = "fusion_clover.charge_read_timeout"

#: Days after which a payment can no longer be refunded, and the system parameter that overrides it
#: (0: no limit). Clover documents no limit; networks expect one.
REFUND_AGE_LIMIT_DAYS = 180
REFUND_AGE_LIMIT_PARAMETER = "fusion_clover.refund_age_limit_days"

#: Seconds that a terminal waits for the customer, and the system parameter that overrides it (up
#: to 300; "Make a sale", docs.clover.com: ``X-Clover-Timeout``).
TERMINAL_WAIT = 180
TERMINAL_WAIT_PARAMETER = "fusion_clover.terminal_wait"
#: Shortest wait in seconds; with less, the customer has no time to find a card.
TERMINAL_WAIT_LEAST = 10
#: Seconds after the clerk's click in which a payment may still be shown on a terminal.
TERMINAL_SEND_WITHIN = 300
#: Seconds beyond both for which the terminal stays reserved while the outcome is open.
TERMINAL_LEASE_MARGIN = 60

#: Sent to terminals as ``X-POS-Id`` while no RAID is known.
DEFAULT_POS_ID = "FusionCloverOdoo"

SENSITIVE_KEYS = {
    "clover_app_secret",
    "clover_rest_api_token",
    "clover_api_key",
    "clover_webhook_auth_code",
    "clover_webhook_signing_secret",
}
