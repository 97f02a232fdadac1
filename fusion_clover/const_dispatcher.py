"""One Clover app for many databases: names and bounds, of dispatcher and tenant."""

#: System parameters of the database that owns the developer app.
ENABLED_PARAMETER = "fusion_clover.dispatcher_enabled"
APP_ID_PARAMETER = "fusion_clover.dispatcher_app_id"
ENVIRONMENT_PARAMETER = "fusion_clover.dispatcher_environment"
AUTH_CODE_PARAMETER = "fusion_clover.dispatcher_auth_code"
#: Key that all tenants shared with the dispatcher before each had its own. Empty: not accepted.
LEGACY_SECRET_PARAMETER = "fusion_clover.dispatcher_legacy_secret"

CALLBACK_PATH = "/clover/callback"
LAUNCH_PATH = "/clover/launch"
WEBHOOK_PATH = "/clover/webhook"
HEALTH_PATH = "/healthz"
#: Where a tenant takes in what Clover, or the dispatcher, has to say.
TENANT_WEBHOOK_PATH = "/payment/clover/webhook"

#: Source of forwarded bodies in the inbox, and their type in the outbox.
EVENT_SOURCE = "clover.dispatcher"
FORWARDED = "clover.forwarded"

#: Static proof of app webhooks; docs.clover.com "webhooks".
AUTH_HEADER = "X-Clover-Auth"
#: Proofs that belong to one body, so that they can be stored with it: of Hosted Checkout
#: (docs.clover.com "Hosted Checkout webhooks"), and of the relay that was used before.
SIGNATURE_HEADER = "Clover-Signature"
OLD_RELAY_HEADER = "X-Clover-Auth-Code"
BODY_PROOF_HEADERS = (SIGNATURE_HEADER, OLD_RELAY_HEADER)
PROOF_HEADERS = (AUTH_HEADER, *BODY_PROOF_HEADERS)
#: System parameter of a tenant: whether what the earlier relay signed is accepted. Empty: no.
OLD_RELAY_PARAMETER = "fusion_clover.accept_old_relay"

#: Bytes of a webhook: ten notices for each of a thousand merchants are less.
MAX_BODY = 2 * 1024 * 1024
#: Bytes of the only message that is read without proof.
MAX_CHALLENGE = 512
#: Verification codes that are taken in a minute, and how many are kept.
CHALLENGES_PER_MINUTE = 10
CHALLENGES_KEPT = 10
