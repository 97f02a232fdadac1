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
       error_message = 'Received by the original of this copy.'
 WHERE state = 'received';
