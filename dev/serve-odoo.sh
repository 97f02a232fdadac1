#!/usr/bin/env bash
# The demo's Odoo: one process that serves pages, the bus and the schedules, which go on after a
# restart of PostgreSQL (docs/adr/0020).
# Reached through DB, ODOO_PORT, ODOO, ODOO_CONF; HTTP_INTERFACE is where it listens (127.0.0.1).
# FUSION_VAULT_KEYS encrypts card data; without one a key of its own is made once, beside the data.
set -euo pipefail
if [ -z "${FUSION_VAULT_KEYS:-}" ]; then
  key_file=${FUSION_HOME:-$(dirname "$0")/../.odoo}/vault.key
  if [ ! -s "$key_file" ]; then
    (umask 077 && head -c 32 /dev/urandom | base64 | tr '+/' '-_' >"$key_file.new")
    mv "$key_file.new" "$key_file"
  fi
  FUSION_VAULT_KEYS=$(cat "$key_file")
  export FUSION_VAULT_KEYS
fi
exec "${ODOO:?}" server -c "${ODOO_CONF:?}" -d "${DB:?}" --db-filter="^$DB\$" \
  --http-interface="${HTTP_INTERFACE:-127.0.0.1}" --http-port="${ODOO_PORT:?}" --workers=0 --max-cron-threads=1
