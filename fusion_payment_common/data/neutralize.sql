-- A copy of a production database holds no card data and processes nothing meant for the original.
UPDATE fusion_secret
   SET payload = NULL,
       wiped_at = NOW() AT TIME ZONE 'UTC'
 WHERE payload IS NOT NULL;
UPDATE fusion_event
   SET payload = NULL,
       payload_encrypted = FALSE
 WHERE payload_encrypted;
UPDATE fusion_event
   SET state = 'ignored',
       next_attempt_at = NULL,
       lease_owner = NULL,
       lease_until = NULL,
       error_message = 'Received by the original of this copy.'
 WHERE state = 'received';
-- Nothing is delivered from a copy, and nobody can acknowledge what the original sent.
UPDATE fusion_delivery_endpoint
   SET state = 'disabled',
       disabled_reason = 'This database is a copy.',
       signing_secret = NULL,
       previous_signing_secret = NULL,
       ack_token = NULL,
       previous_ack_token = NULL,
       ack_token_digest = NULL,
       previous_ack_token_digest = NULL;
UPDATE fusion_delivery
   SET next_attempt_at = NULL,
       lease_owner = NULL,
       lease_until = NULL
 WHERE next_attempt_at IS NOT NULL;
-- Nothing is charged, looked up or repeated from a copy: what became of it, the original finds out.
UPDATE fusion_operation
   SET request_payload = NULL,
       next_attempt_at = NULL,
       lease_owner = NULL,
       lease_until = NULL
 WHERE request_payload IS NOT NULL OR next_attempt_at IS NOT NULL;
-- Whoever watches the original does not watch its copies.
DELETE FROM ir_config_parameter WHERE key = 'fusion_payment_common.health_token';
