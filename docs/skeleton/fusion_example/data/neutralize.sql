-- A copy of a production database must not charge anybody.
UPDATE payment_provider
   SET example_api_key = NULL;
