-- A copy of a production database must not charge anybody.
UPDATE payment_provider
   SET clover_app_secret = NULL,
       clover_rest_api_token = NULL,
       clover_api_key = NULL,
       clover_webhook_auth_code = NULL,
       clover_webhook_signing_secret = NULL;
DELETE FROM mail_activity WHERE res_model = 'clover.oauth.token';
DELETE FROM clover_oauth_token;
-- A copy relays for nobody: its tenants belong to the original.
DELETE FROM ir_config_parameter WHERE key LIKE 'fusion_clover.dispatcher_%';
UPDATE clover_tenant SET signing_key = md5(random()::text) || md5(random()::text);
UPDATE fusion_event SET clover_headers = NULL WHERE clover_headers IS NOT NULL;
-- A copy must not reach anybody's terminals.
UPDATE res_users SET clover_terminal_id = NULL;
UPDATE payment_provider SET clover_default_terminal_id = NULL;
DELETE FROM clover_terminal_lease;
UPDATE clover_terminal SET active = FALSE;
