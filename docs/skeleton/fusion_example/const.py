"""Facts of the provider; above each stands the page of its documentation that says so."""

PROVIDER_CODE = "example"
APP_VERSION = "19.0.2.0.0"

#: "Hosts", docs.example.com.
PRODUCTION_ORIGIN = "https://api.example.com"
SANDBOX_ORIGIN = "https://sandbox.example.com"
#: System parameter: what replaces the sandbox, for a simulator; ignored in production.
SANDBOX_ORIGIN_PARAMETER = "fusion_example.sandbox_origin"

#: "Accepted cards" and "Currencies", docs.example.com.
DEFAULT_PAYMENT_METHOD_CODES = {"card", "visa", "mastercard"}
SUPPORTED_CURRENCIES = ("CAD", "USD")

#: Seconds: to reach the provider, and for its answer to a charge.
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0

#: What never gets into a log.
SENSITIVE_KEYS = {"example_api_key"}
