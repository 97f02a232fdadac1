#!/usr/bin/env bash
# `make compose`: docker-compose.yaml of this clone in the Docker that is found (DOCKER_HOST or the
# default socket); without one it says so and ends with status 0. A demo of this clone that already
# runs in Docker is left alone: the check is a project of its own, on a copy, on free ports.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/dev/services.sh"
COPY=$FUSION_HOME/compose/clone LOG=$LOG_DIR/compose-check.log
CONTAINERS=$LOG_DIR/compose-check-containers.log
export COMPOSE_PROJECT_NAME=fusion-payments-check COMPOSE_PROGRESS=plain

skip() { say "skipped: $1"; exit 0; }
command -v docker >/dev/null || skip "there is no docker command here"
docker version >>"$LOG" 2>&1 || skip "no Docker engine answers (DOCKER_HOST=${DOCKER_HOST:-default socket})"
docker compose version >>"$LOG" 2>&1 || skip "docker has no compose plugin"

compose() { (cd "$COPY" && docker compose "$@"); }
container() { compose ps -aq "$1"; }
status() { curl --noproxy '*' -s -m 10 -o /dev/null -w '%{http_code}' "$@" || true; }
serves() { [ "$(status "http://127.0.0.1:$PORT/web/login")" = 200 ]; }
is_healthy() { [ "$(status "http://127.0.0.1:$PORT/fusion/healthz")" = 200 ]; }
is_ill() { ! is_healthy; }
simulators_answer() {
  local port
  for port in "$CLOVER_PORT" "$WEX_PORT" "$DOWNSTREAM_PORT"; do
    [ "$(status "http://127.0.0.1:$port/_sim/health")" = 200 ] || return 1
  done
}
sql() { compose exec -T db psql -U odoo -d "$DB" -qAtc "$1" 2>>"$LOG"; }

# until WHAT SECONDS COMMAND...: waits for it to hold.
until_true() {
  local what=$1 deadline=$((SECONDS + $2)); shift 2
  until "$@"; do
    [ $SECONDS -lt $deadline ] || failed "not in time: $what"
    sleep 2
  done
}
failed() {
  local services
  compose ps -a >&2 || true
  # by name: those that `up` does not show would be left out
  mapfile -t services < <(compose config --services)
  compose logs --no-color "${services[@]}" >"$CONTAINERS" 2>&1 || true
  die "$1" "look at $LOG and $CONTAINERS"
}

copy_clone() {
  rm -rf "$COPY"; mkdir -p "$COPY"
  tar -C "$ROOT" --exclude=.odoo --exclude=.git --exclude=node_modules -cf - . | tar -C "$COPY" -xf -
  chmod -R go+rX "$COPY"
  PORT=$(free_port 18069) CLOVER_PORT=$(free_port 18201)
  WEX_PORT=$(free_port $((CLOVER_PORT + 1))) DB=fusion_demo
  DOWNSTREAM_PORT=$(free_port $((WEX_PORT + 1)))
  sed -e "s/^PORT=.*/PORT=$PORT/" -e "s/^CLOVER_PORT=.*/CLOVER_PORT=$CLOVER_PORT/" \
    -e "s/^WEX_PORT=.*/WEX_PORT=$WEX_PORT/" -e "s/^DOWNSTREAM_PORT=.*/DOWNSTREAM_PORT=$DOWNSTREAM_PORT/" \
    "$COPY/.env.example" >"$COPY/.env"
  # what the caller exports for other targets would win over the file
  export PORT CLOVER_PORT WEX_PORT DOWNSTREAM_PORT DB
}

clean() { compose down -v --remove-orphans >>"$LOG" 2>&1 || true; rm -rf "$COPY"; }

# The job, from the outside: `up` ends well, its table agrees, everything answers.
up() {
  local since
  since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  compose up -d >>"$LOG" 2>&1 || failed "docker compose up -d failed"
  compose logs --no-color --since "$since" flow >"$LOG.flow" 2>&1
  ! grep -q DISAGREE "$LOG.flow" || { cat "$LOG.flow"; failed "the books do not agree"; }
  serves && is_healthy && simulators_answer || failed "Odoo, its health or a simulator does not answer"
}

first_up() {
  up
  grep -q "ledger agree" "$LOG.flow" && grep -q "virtual card" "$LOG.flow" || failed "not the whole main job"
  compose logs --no-color ready 2>&1 | grep -q "http://127.0.0.1:$PORT" || failed "the URL is not printed"
}

unreadable_clone() {
  chmod 700 "$COPY/dev"
  compose run --rm --no-deps database >"$LOG.unreadable" 2>&1 && failed "an unreadable clone is accepted"
  chmod 755 "$COPY/dev"
  grep -q "may not read this clone" "$LOG.unreadable" || { cat "$LOG.unreadable"; failed "no sentence"; }
}

other_password() {
  compose run --rm --no-deps -e PGPASSWORD=another database >"$LOG.password" 2>&1 &&
    failed "another password is accepted"
  grep -q "refuses POSTGRES_PASSWORD" "$LOG.password" || { cat "$LOG.password"; failed "no hint"; }
}

no_database_manager() {
  local answer=$LOG.manager
  curl --noproxy '*' -s -m 60 -o "$answer" -d "master_pwd=admin&name=$DB&backup_format=dump" \
    "http://127.0.0.1:$PORT/web/database/backup"
  ! grep -q PGDMP "$answer" || failed "the database manager gives the database away"
  curl --noproxy '*' -s -m 60 -o "$answer" "http://127.0.0.1:$PORT/web/database/manager"
  grep -q "disabled by the administrator" "$answer" || failed "the database manager is open"
}

# As people look into a running Odoo; the image's entrypoint must find the database.
odoo_shell() {
  echo 'print("users:", env["res.users"].search_count([]))' |
    compose run -T --rm --no-deps odoo odoo shell -d "$DB" --no-http >"$LOG.shell" 2>&1
  grep -q "users: [0-9]" "$LOG.shell" || { tail -n 5 "$LOG.shell"; failed "odoo shell does not work"; }
}

payments() { sql "SELECT count(*) FROM payment_transaction WHERE state = 'done'"; }

down_and_up() {
  local before
  before=$(payments)
  compose down >>"$LOG" 2>&1
  up
  [ "$(payments)" -gt "$before" ] || failed "down and up lost data"
}

# A changed addon: it is in the database and in the server that answers, and never was one upgraded
# under the other.
code_change() {
  local container=$COPY/fusion_payment_common
  sed -i 's/("Cache-Control", "no-store")/("Cache-Control", "no-store"), ("X-Check", "new")/' \
    "$container/controllers/healthz.py"
  sed -i 's/"summary": "/"summary": "Checked. /' "$container/__manifest__.py"
  up
  sql "SELECT summary FROM ir_module_module WHERE name = 'fusion_payment_common'" | grep -q Checked ||
    failed "the database was not upgraded"
  curl --noproxy '*' -s -m 10 -o /dev/null -D - "http://127.0.0.1:$PORT/fusion/healthz" | grep -qi x-check ||
    failed "the old code still runs"
  compose logs --no-color odoo 2>&1 | grep -q "this server ends and comes back" || failed "the server ran on"
}

last_run() { sql "SELECT coalesce(max(id), 0) FROM ir_cron_progress"; }
ran_since() { local now; now=$(last_run) && [ -n "$now" ] && [ "$now" -gt "$1" ]; }

odoo_killed() {
  local before started
  before=$(last_run) started=$(docker inspect -f '{{.State.StartedAt}}' "$(container odoo)")
  # the children of the container's first process, which cannot be killed from the inside
  compose exec -T odoo bash -c 'kill -KILL $(cat /proc/1/task/1/children)' >>"$LOG" 2>&1 || true
  until_true "Odoo's container starts again" 120 restarted odoo "$started"
  simulators_answer || failed "a simulator is lost with Odoo"
  until_true "Odoo serves again" 300 serves
  until_true "a schedule runs again" 120 ran_since "$before"
}
restarted() { [ "$(docker inspect -f '{{.State.StartedAt}}' "$(container "$1")")" != "$2" ]; }

# SIGQUIT: PostgreSQL ends at once, without a shutdown.
postgres_killed() {
  local before started
  before=$(last_run) started=$(docker inspect -f '{{.State.StartedAt}}' "$(container db)")
  compose exec -T db bash -c 'kill -QUIT 1' >>"$LOG" 2>&1 || true
  until_true "PostgreSQL's container starts again" 120 restarted db "$started"
  until_true "PostgreSQL answers" 120 last_run >/dev/null
  until_true "a schedule runs again" 180 ran_since "$before"
  until_true "the server is healthy again" 60 is_healthy
}

postgres_away() {
  local before
  before=$(last_run)
  compose stop db >>"$LOG" 2>&1
  until_true "a server without a database is not healthy" 60 is_ill
  compose start db >>"$LOG" 2>&1
  until_true "a schedule runs again" 180 ran_since "$before"
  until_true "the server is healthy again" 60 is_healthy
  simulators_answer || failed "a simulator is lost with PostgreSQL"
}

exec 6>"$FUSION_HOME/compose.lock"
flock -n 6 || die "another make compose is at work in this checkout" "wait for it to end"
: >"$LOG"
say "compose"
copy_clone
trap clean EXIT
trap 'exit 130' INT TERM
clean_before() { compose down -v --remove-orphans >>"$LOG" 2>&1; }
phase "nothing is left of an earlier check" clean_before
phase "first up" first_up
phase "no database manager" no_database_manager
phase "a clone that cannot be read" unreadable_clone
phase "another password" other_password
phase "odoo shell" odoo_shell
phase "second up" up
phase "down and up" down_and_up
phase "code change" code_change
phase "Odoo killed" odoo_killed
phase "PostgreSQL killed" postgres_killed
phase "PostgreSQL away" postgres_away
phase "removed" clean
