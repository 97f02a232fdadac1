#!/usr/bin/env bash
# The demo's database: made if it is absent, upgraded if the addons have changed since.
#   dev/demo-database.sh prepare | state        (state prints absent, outdated or current)
# Reached through DB, ODOO, ODOO_CONF, FILESTORE (a folder) and libpq's PGHOST, PGUSER, PGPASSWORD.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
DB=${DB:-fusion_demo}
: "${FILESTORE:?where the attachments are}"
LOG=$LOG_DIR/demo-database.log
export PGOPTIONS='-c client_min_messages=warning'

database() { "$ROOT/dev/database.sh" "$@"; }
sql() { psql -qAt -v ON_ERROR_STOP=1 -d postgres -c "$1"; }
exists() { [ -n "$(sql "SELECT 1 FROM pg_database WHERE datname = '$1'")" ]; }

# logged WHAT COMMAND...: its output goes to the log, of which the end is shown if it fails.
logged() {
  local what=$1; shift
  "$@" >"$LOG" 2>&1 && return 0
  tail -n 30 "$LOG" >&2
  die "the database $DB could not be $what" "log: $LOG"
}

# make_database NAME SOURCE STEP [ARGUMENT]: clones SOURCE (if any) and runs one step of
# database.sh on it. The name comes last, so what was interrupted is made anew.
make_database() {
  local name=$1 source=$2 step=$3 argument=${4:-} new=${1}_building
  sql "DROP DATABASE IF EXISTS \"$new\" WITH (FORCE)"
  rm -rf "${FILESTORE:?}/$new" "${FILESTORE:?}/$name"
  if [ -n "$source" ]; then
    sql "CREATE DATABASE \"$new\" TEMPLATE \"$source\""
    [ ! -d "$FILESTORE/$source" ] || cp -al "$FILESTORE/$source" "$FILESTORE/$new"
  fi
  logged made database "$step" "$new" "$argument"
  [ ! -d "$FILESTORE/$new" ] || mv "$FILESTORE/$new" "$FILESTORE/$name"
  sql "ALTER DATABASE \"$new\" RENAME TO \"$name\""
}

# The addons' content is kept in the database's own comment: it goes where the database goes.
stamp() { sql "COMMENT ON DATABASE \"$DB\" IS 'addons $(database addons-hash)'"; }

state() {
  local comment
  exists "$DB" || { echo absent; return; }
  comment=$(sql "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '$DB'")
  if [ "$comment" = "addons $(database addons-hash)" ]; then echo current; else echo outdated; fi
}

prepare() {
  case $(state) in
  current) return 0 ;;
  outdated)
    note "upgrading $DB: the addons have changed"
    logged upgraded database upgrade "$DB" ;;
  absent)
    if ! exists fusion_base; then
      note "installing Odoo's apps: a minute or two"
      make_database fusion_base "" base
    fi
    note "installing the suite with its demo data: up to a minute"
    make_database "$DB" fusion_base suite demo ;;
  esac
  stamp
}

case ${1:-} in
prepare) prepare ;;
state) state ;;
*) die "unknown action: ${1:-}" "prepare or state" ;;
esac
