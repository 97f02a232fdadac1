#!/usr/bin/env bash
# `make demo`: the suite in a running Odoo with demo data, from a bare machine, leaving it running.
# Again: what is there is kept, what stopped is started, what changed is upgraded.
#   PORT=8069                Odoo's port          DB=fusion_demo   database
#   CLOVER_ORIGIN=, WEX_ORIGIN=   work against these instead of starting simulators; credentials that
#                            are not those of ours: CLOVER_APP_ID, CLOVER_APP_SECRET, WEX_ORGANISATION,
#                            WEX_USERNAME, WEX_PASSWORD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/dev/services.sh"
cd "$ROOT"
PORT=${PORT:-8069} DB=${DB:-fusion_demo}
export PORT DB ODOO_PORT=$PORT ODOO=$FUSION_HOME/odoo ODOO_CONF=$FUSION_HOME/demo.conf
export FILESTORE=$FUSION_HOME/data-demo/filestore
[[ $PORT =~ ^[0-9]+$ ]] && [ "$PORT" -gt 0 ] && [ "$PORT" -lt 65536 ] || die "PORT=$PORT is not a port"
[[ $DB =~ ^[a-z][a-z0-9_]*$ ]] || die "DB=$DB is not a name for a database" "lower case letters, digits, _"

started=()
interrupted() {
  trap '' INT TERM
  local name
  for name in "${started[@]}"; do stop_service "$name"; done
  exit 130
}
trap end_children EXIT
trap interrupted INT TERM

# Before minutes are spent: the port that Odoo will need. Ours already running there is fine.
check_port() {
  if service odoo; then
    [ "$service_port" = "$PORT" ] || die "the demo already runs, on port $service_port" \
      "make stop, then again; or PORT=$service_port make demo"
    tr '\0' ' ' <"/proc/$service_pid/cmdline" | grep -qF -- " -d $DB " ||
      die "the demo already runs, with another database" "make stop, then again"
    return 0
  fi
  ! port_taken "$PORT" ||
    die "port $PORT is taken by another program" "PORT=$(free_port "$PORT") make demo"
}

# A server must not run while its database is upgraded under it.
prepare_database() {
  [ "$(dev/demo-database.sh state)" = current ] || stop_service odoo
  dev/demo-database.sh prepare
}

# simulator NAME PORT VARIABLE: starts it on the first free port unless VARIABLE names an origin,
# and exports VARIABLE.
simulator() {
  local name=$1 port=$2 variable=$3
  [ -z "${!variable:-}" ] || { note "$variable=${!variable}"; return 0; }
  if ! service "$name"; then
    port=$(free_port "$port")
    start_service "$name" "$port" "$VENV/bin/python" -m tests.simulators "$name" --port "$port"
    started+=("$name")
    wait_for "$name" "http://127.0.0.1:$port/_sim/health" 30
  fi
  service "$name"
  export "$variable=http://127.0.0.1:$service_port"
}

simulators() {
  local known
  known=$("$VENV/bin/python" -m tests.simulators --help)
  simulator clover 8201 CLOVER_ORIGIN
  [[ $known != *wex* ]] || simulator wex 8202 WEX_ORIGIN
  [[ $known != *downstream* ]] || simulator downstream 8203 DOWNSTREAM_ORIGIN
}

odoo() {
  if ! service odoo; then
    start_service odoo "$PORT" dev/serve-odoo.sh
    started+=(odoo)
  fi
  wait_for odoo "http://127.0.0.1:$PORT/fusion/healthz" 150
}

# The main job, once; the driver works through Odoo's and the vendor's public interfaces only.
flow() {
  [ -f "$ROOT/dev/demo_flow.py" ] || return 0
  FUSION_URL=http://127.0.0.1:$PORT FUSION_DB=$DB "$VENV/bin/python" -m dev.demo_flow ||
    die "the main job did not end as it should (see above); Odoo keeps running at http://127.0.0.1:$PORT" \
      "look at $LOG_DIR/odoo.log; make stop ends it"
}

exec 6>"$FUSION_HOME/demo.lock"
flock -n 6 || die "another make demo is at work in this checkout" "wait for it to end"
check_port
: >"$RUN_DIR/postgres-demo"
"$ROOT/dev/bootstrap.sh" demo
PGHOST=$("$ROOT/dev/postgres.sh" url demo) PATH=$("$ROOT/dev/postgres.sh" bin):$PATH
export PGHOST PGUSER=odoo PATH
say "demo"
phase "database $DB" prepare_database
phase "simulators" simulators
phase "Odoo" odoo
started=()
phase "the main job" flow
CLOVER_ORIGIN=${CLOVER_ORIGIN:-} LOGS=$LOG_DIR STOP="make stop" dev/demo-summary.sh
