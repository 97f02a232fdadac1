"""One Clover app for many databases: names and limits of the dispatcher and its tenants."""

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
#: Where a tenant receives requests of Clover and the dispatcher.
TENANT_WEBHOOK_PATH = "/payment/clover/webhook"

#: Source of forwarded bodies in the inbox, and their type in the outbox.
EVENT_SOURCE = "clover.dispatcher"
FORWARDED = "clover.forwarded"

#: Static proof of app webhooks; docs.clover.com "webhooks".
AUTH_HEADER = "X-Clover-Auth"
#: Proofs that belong to one body and are stored with it: of Hosted Checkout
#: (docs.clover.com "Hosted Checkout webhooks"), and of the earlier relay.
SIGNATURE_HEADER = "Clover-Signature"
OLD_RELAY_HEADER = "X-Clover-Auth-Code"
BODY_PROOF_HEADERS = (SIGNATURE_HEADER, OLD_RELAY_HEADER)
PROOF_HEADERS = (AUTH_HEADER, *BODY_PROOF_HEADERS)
#: System parameter of a tenant: whether bodies signed by the earlier relay are accepted. Empty: no.
OLD_RELAY_PARAMETER = "fusion_clover.accept_old_relay"

#: Most bytes of a webhook; ten events for each of a thousand merchants take less.
MAX_BODY = 2 * 1024 * 1024
#: Most bytes of a verification message, the only one that is read without proof.
MAX_CHALLENGE = 512
#: Most verification codes accepted in a minute, and how many are kept.
CHALLENGES_PER_MINUTE = 10
CHALLENGES_KEPT = 10
