-- A copy of a production database issues no cards and reads none.
UPDATE wex_account
   SET state = 'disabled',
       password = NULL,
       push_token = md5(random()::text) || md5(random()::text),
       push_token_digest = NULL,
       proxy_token = NULL,
       proxy_token_digest = NULL,
       problem = 'This database is a copy.';
DELETE FROM ir_config_parameter WHERE key = 'fusion_wex.sandbox_origin';
-- Nothing that is signed for the original is accepted by a copy.
UPDATE wex_intake
   SET active = FALSE,
       ack_token = NULL,
       signing_secret = 'whsec_' || encode(decode(
           md5(random()::text) || md5(random()::text), 'hex'), 'base64');
UPDATE wex_virtual_card
   SET next_attempt_at = NULL,
       lease_owner = NULL,
       lease_until = NULL
 WHERE next_attempt_at IS NOT NULL;
