#!/usr/bin/env bash
# The project's own PostgreSQL, reached by a socket only (no TCP port that could be taken).
#   dev/postgres.sh start|stop|status|url|destroy demo|test
# Two clusters: "demo" is durable, "test" runs with fsync off and may be thrown away at any time.
# `url` prints the socket's directory. The server refuses to run as root: started by root it runs
# as the user postgres and keeps its data below /var/lib, because that user need not be able to
# reach the project; started by anybody else it runs as that user, below .odoo.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
action=${1:-status} cluster=${2:-demo}
case $cluster in demo | test) ;; *) die "no such cluster: $cluster" "demo or test" ;; esac

BIN=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
if [ ! -x "$BIN/initdb" ]; then
  [ "$action" != stop ] || exit 0
  die "PostgreSQL is not installed" "make bootstrap"
fi
checkout=$(printf %s "$FUSION_HOME" | sha256sum | cut -c1-10)
as_server=()
if [ "$(id -u)" = 0 ]; then
  as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
  BASE=/var/lib/fusion-payments/$checkout/$cluster
else
  BASE=$FUSION_HOME/pg/$cluster
fi
DATA=$BASE/data SOCKET=$BASE/s
# a socket's path may have 107 bytes
[ ${#SOCKET} -le 85 ] || SOCKET=${TMPDIR:-/tmp}/fusion-pg-$(id -u)-$checkout-$cluster

# Not from the caller's directory (the server's user may not read it), nor with its locks open.
server() { (cd / && "${as_server[@]}" "$@") 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; }

running() { server "$BIN/pg_ctl" -D "$DATA" status >/dev/null 2>&1; }

settings() {
  cat <<X
listen_addresses = ''
unix_socket_directories = '$SOCKET'
unix_socket_permissions = 0700
jit = off
shared_buffers = 256MB
max_connections = 120
max_wal_size = 2GB
logging_collector = off
log_timezone = 'UTC'
timezone = 'UTC'
X
  [ "$cluster" = demo ] || cat <<X
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
checkpoint_timeout = 30min
X
}

# A data directory gets its final name only when it is complete.
create() {
  local new=$BASE/new
  mkdir -p "$BASE"
  rm -rf "$new" "$DATA"
  [ ${#as_server[@]} = 0 ] || { chown postgres: "$BASE"; chmod 711 "$(dirname "$BASE")"; }
  server "$BIN/initdb" -D "$new" -U odoo -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions \
    >"$LOG_DIR/initdb-$cluster.log" 2>&1 || { cat "$LOG_DIR/initdb-$cluster.log" >&2; die "initdb failed"; }
  settings >>"$new/postgresql.conf"
  mv "$new" "$DATA"
}

start() {
  [ -f "$DATA/PG_VERSION" ] || create
  running && return 0
  mkdir -p "$SOCKET"; chmod 700 "$SOCKET"
  [ ${#as_server[@]} = 0 ] || chown postgres: "$SOCKET"
  server "$BIN/pg_ctl" -D "$DATA" -l "$BASE/log" -w -t 60 start >/dev/null ||
    { tail -n 20 "$BASE/log" >&2; die "PostgreSQL ($cluster) does not start (log: $BASE/log)"; }
}

case $action in
start) exec 7>"$FUSION_HOME/pg-$cluster.lock"; flock 7; start; echo "$SOCKET" ;;
stop) ! running || server "$BIN/pg_ctl" -D "$DATA" -m fast -w stop >/dev/null ;;
destroy) ! running || server "$BIN/pg_ctl" -D "$DATA" -m immediate -w stop >/dev/null; rm -rf "$BASE" "$SOCKET"
  # the folder of this checkout goes with its last cluster
  rmdir "${BASE%/*}" 2>/dev/null || true ;;
status) if running; then echo "running ($SOCKET)"; else echo "stopped"; exit 3; fi ;;
url) echo "$SOCKET" ;;
bin) echo "$BIN" ;;
*) die "unknown action: $action" "start, stop, status, url or destroy" ;;
esac
