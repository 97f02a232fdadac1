#!/usr/bin/env bash
# The demo's Odoo: one process that serves pages, the bus and the schedules.
# Reached through DB, PORT, ODOO, ODOO_CONF; HTTP_INTERFACE is where it listens (127.0.0.1).
set -euo pipefail
exec "${ODOO:?}" server -c "${ODOO_CONF:?}" -d "${DB:?}" --db-filter="^$DB\$" \
  --http-interface="${HTTP_INTERFACE:-127.0.0.1}" --http-port="${PORT:?}" --workers=0 --max-cron-threads=1
