#!/usr/bin/env bash
# Makes databases. The same commands run here, in `make test` and in the containers.
#   dev/database.sh base DB              Canada and CAD, the apps the suite builds on, nothing of ours
#   dev/database.sh suite DB [demo]      installs the three addons into DB, with their demo data or without
#   dev/database.sh assets DB            builds the bundles of the web client, as the first visitor would
#   dev/database.sh upgrade DB           upgrades them
#   dev/database.sh uninstall DB         removes them
#   dev/database.sh addons-hash          changes when a file of the three addons does
# Reached through ODOO (command, default .odoo/odoo), ODOO_CONF and libpq's PGHOST, PGUSER, PGPASSWORD.
# Odoo's log goes to standard error.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
ODOO=${ODOO:-$FUSION_HOME/odoo}
ODOO_CONF=${ODOO_CONF:-$FUSION_HOME/odoo.conf}
DEPENDENCIES=l10n_ca,account_payment,sale_management,purchase,portal
ONCE=(--no-http --stop-after-init --max-cron-threads=0)

# installed_addons: those of ours whose folder is an addon, comma-separated.
installed_addons() {
  local name found=()
  for name in ${SUITE_ADDONS//,/ }; do
    [ ! -f "$ROOT/$name/__manifest__.py" ] || found+=("$name")
  done
  (IFS=,; echo "${found[*]}")
}

base() {
  "$ODOO" db -c "$ODOO_CONF" init --country CA "$1"
  "$ODOO" server -c "$ODOO_CONF" -d "$1" -i "$DEPENDENCIES" "${ONCE[@]}"
}

# Odoo loads an addon's demo data only where everything it depends on has been marked as having
# some. Marking it keeps the database to our own demo data: Odoo's would add an American company
# with a thousand records and half a minute.
suite() {
  if [ "${2:-}" = demo ]; then
    psql -qAt -v ON_ERROR_STOP=1 -d "$1" \
      -c "UPDATE ir_module_module SET demo = TRUE WHERE state = 'installed'" >&2
  fi
  "$ODOO" server -c "$ODOO_CONF" -d "$1" -i "$(installed_addons)" "${ONCE[@]}"
}

assets() {
  "$ODOO" shell -c "$ODOO_CONF" -d "$1" --no-http <<<'env["ir.qweb"]._pregenerate_assets_bundles(); env.cr.commit()'
}

uninstall() {
  local names
  names=$(installed_addons)
  # shellcheck disable=SC2086
  "$ODOO" module uninstall -c "$ODOO_CONF" -d "$1" ${names//,/ }
}

case ${1:-} in
base) base "$2" ;;
suite) suite "$2" "${3:-}" ;;
assets) assets "$2" ;;
upgrade) "$ODOO" server -c "$ODOO_CONF" -d "$2" -u "$(installed_addons)" "${ONCE[@]}" ;;
uninstall) uninstall "$2" ;;
recipe) sha256sum <"$0" | cut -c1-12 ;;
addons-hash)
  cd "$ROOT"
  # shellcheck disable=SC2086
  find ${SUITE_ADDONS//,/ } -type f -not -name '*.pyc' -not -path '*/tests/*' -print0 2>/dev/null |
    sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12 ;;
*) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
