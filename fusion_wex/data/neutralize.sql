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
UPDATE wex_intake SET active = FALSE, ack_token = NULL;
