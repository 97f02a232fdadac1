#!/usr/bin/env bash
# What Odoo's containers in docker-compose.yaml run; the scripts of `make demo` do the work.
#   dev/container.sh prepare    the demo's database; if it has to be upgraded, the server ends first
#   dev/container.sh serve      Odoo, until it ends by itself or because of an upgrade
# Two locks in the volume that both containers have keep server and upgrade apart: whoever upgrades
# holds UPGRADE; a server holds SERVING, and ends when UPGRADE is taken. Docker starts it again.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
UPGRADE=8 SERVING=9
exec 8>>"$RUN_DIR/upgrade.lock" 9>>"$RUN_DIR/serving.lock"

# A configuration of our own: the image's leaves the database manager open, password "admin".
configure() {
  (
    umask 077
    cat >"$ODOO_CONF.new" <<X
[options]
addons_path = $ROOT
data_dir = ${FILESTORE%/*}
list_db = False
admin_passwd = $(head -c 32 /dev/urandom | base64 | tr '+/' '-_')
X
    mv "$ODOO_CONF.new" "$ODOO_CONF"
  )
}

# The volume of PostgreSQL keeps the password of its first start.
check_password() {
  local said
  said=$(psql -qAt -d postgres -c "SELECT 1" 2>&1) && return 0
  [[ $said != *"password authentication failed"* ]] ||
    die "PostgreSQL refuses POSTGRES_PASSWORD: its volume was made with another one" \
      "put the earlier one back into .env; or docker compose down -v, which removes all data"
  die "PostgreSQL cannot be reached: $said"
}

prepare() {
  configure
  check_password
  if [ "$("$ROOT/dev/demo-database.sh" state)" != current ]; then
    flock -x $UPGRADE
    flock -w 60 -x $SERVING || die "the server does not end" "docker compose restart odoo"
  fi
  phase "database $DB" "$ROOT/dev/demo-database.sh" prepare
}

serve() {
  local server
  # not while somebody upgrades
  flock -s $UPGRADE
  flock -s $SERVING
  flock -u $UPGRADE
  "$ROOT/dev/serve-odoo.sh" 8>&- &
  server=$!
  trap 'kill -TERM "$server" 2>/dev/null || true' TERM INT
  while kill -0 "$server" 2>/dev/null; do
    if ! flock -n -s $UPGRADE; then
      say "the database is upgraded: this server ends and comes back afterwards"
      kill -TERM "$server"
      break
    fi
    flock -u $UPGRADE
    # in the background, so that a signal is not kept waiting
    sleep 1 & wait $! || true
  done
  wait "$server"
}

case ${1:-} in
prepare) prepare ;;
serve) serve ;;
*) die "unknown action: ${1:-}" "prepare or serve" ;;
esac
