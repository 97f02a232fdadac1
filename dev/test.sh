#!/usr/bin/env bash
# `make test`: everything but chaos and bench, from a bare machine.
#   ONLY=pure|odoo|e2e     one phase           ARGS="..."   passed on to pytest; quotes inside hold words together
#   ONLY=chaos|bench       what is not part of `make test`; RUNS and SEED in the environment
#   ONLY=core              the tests of Odoo's payment, account_payment and sale, with the suite installed
#   DB=name                database of the odoo phase (default fusion_test)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
ONLY=${ONLY:-all} DB=${DB:-fusion_test}
# Quotes hold words together, as in ARGS='-k "one or another"'.
mapfile -t ARGS < <(xargs -r -n1 printf '%s\n' <<<"${ARGS:-}")
REPORTS=$FUSION_HOME/junit
# node and npm of the environment, for tests that use a JavaScript client
export PATH=$VENV/bin:$PATH
export PGOPTIONS='-c client_min_messages=warning'
# Seconds for each phase. Chaos waits for minutes until everything is known, fills take time, and
# whoever sets RUNS wants a long run.
case $ONLY${RUNS:+-long} in chaos* | bench* | *-long) SECONDS_EACH=14400 ;; *) SECONDS_EACH=1200 ;; esac
LIMIT=(timeout --signal=INT --kill-after=30 "$SECONDS_EACH")
results=()
trap end_children EXIT
trap 'exit 130' INT TERM

wanted() { [ "$ONLY" = all ] || [ "$ONLY" = "$1" ]; }

# has_tests DIRECTORY...
has_tests() { [ -n "$(find "$@" -name 'test_*.py' -print -quit 2>/dev/null)" ]; }

# pytest_phase NAME ARGUMENT...: runs it, keeps its report and exit status for the summary.
pytest_phase() {
  local name=$1 status=0; shift
  "${LIMIT[@]}" "$VENV/bin/python" -m pytest -q "--junitxml=$REPORTS/$name.xml" "$@" "${ARGS[@]}" || status=$?
  results+=("$name=$status=$REPORTS/$name.xml")
}

# pytest_directories NAME DIRECTORY... -- OPTION...: without a directory the phase counts as failed.
pytest_directories() {
  local name=$1 directories=(); shift
  while [ "$1" != -- ]; do directories+=("$1"); shift; done
  shift
  if [ ${#directories[@]} = 0 ]; then
    results+=("$name=5=$REPORTS/$name.xml")
  else
    pytest_phase "$name" "$@" "${directories[@]}"
  fi
}

pure() {
  local directory directories=()
  for directory in tests/*/; do
    case ${directory%/} in
    tests/e2e | tests/chaos | tests/bench) continue ;;
    esac
    ! has_tests "$directory" || directories+=("${directory%/}")
  done
  pytest_directories pure "${directories[@]}" -- -p no:odoo
}

database() { PGHOST=$SOCKET PGUSER=odoo "$ROOT/dev/database.sh" "$@"; }
sql() { "$PG_BIN/psql" -qAt -v ON_ERROR_STOP=1 -h "$SOCKET" -U odoo -d postgres -c "$1"; }
filestore() { echo "$FUSION_HOME/data-test/filestore/$1"; }

drop() {
  sql "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)"
  rm -rf "$(filestore "$1")"
}

# clone SOURCE TARGET: attachments are hard links, nothing is copied.
clone() {
  drop "$2"
  sql "CREATE DATABASE \"$2\" TEMPLATE \"$1\" STRATEGY file_copy"
  [ ! -d "$(filestore "$1")" ] || cp -al "$(filestore "$1")" "$(filestore "$2")"
}

# build NAME LOG SOURCE COMMAND...: a template database, made once per content hash. It gets its
# name only when it is complete; older ones of the same kind are dropped.
build() {
  local name=$1 log=$2 source=$3 old; shift 3
  (
    flock 7
    [ -z "$(sql "SELECT 1 FROM pg_database WHERE datname = '$name'")" ] || exit 0
    for old in $(sql "SELECT datname FROM pg_database WHERE datname LIKE '${name%_*}\_%'"); do drop "$old"; done
    if [ -n "$source" ]; then clone "$source" "${name}_b"; else drop "${name}_b"; fi
    database "$1" "${name}_b" "${@:2}" >"$log" 2>&1 7>&- || { tail -n 30 "$log" >&2; exit 1; }
    sql "ALTER DATABASE \"${name}_b\" RENAME TO \"$name\""
    [ ! -d "$(filestore "${name}_b")" ] || mv "$(filestore "${name}_b")" "$(filestore "$name")"
  ) 7>"$FUSION_HOME/template.lock"
}

name_templates() {
  local version
  odoo_source
  version=$(printf %s "$ODOO_VERSION $(database recipe)" | sha256sum | cut -c1-8)
  BASE_DB=fusion_base_$version
  SUITE_DB=fusion_plain_$version$(database addons-hash)
  DEMO_DB=fusion_withdemo_$version$(database addons-hash)
  INSTALL_LOG=$LOG_DIR/install-plain.log DEMO_LOG=$LOG_DIR/install-demo.log
}

base_template() { build "$BASE_DB" "$LOG_DIR/template.log" "" base; }
suite_template() { build "$SUITE_DB" "$INSTALL_LOG" "$BASE_DB" suite; }
demo_template() { build "$DEMO_DB" "$DEMO_LOG" "$BASE_DB" suite demo; }

earlier_version() { PGHOST=$SOCKET PGUSER=odoo "$VENV/bin/python" -m dev.earlier_version "$1" "${DB}_lifecycle"; }

# Upgrade from an earlier version and uninstall, in a database of their own.
lifecycle() {
  local step status=0
  rm -f "$LOG_DIR/upgrade.log" "$LOG_DIR/uninstall.log"
  clone "$SUITE_DB" "${DB}_lifecycle"
  earlier_version make || status=1
  for step in upgrade uninstall; do
    database "$step" "${DB}_lifecycle" >"$LOG_DIR/$step.log" 2>&1 ||
      { status=1; tail -n 30 "$LOG_DIR/$step.log" >&2; break; }
    [ "$step" != upgrade ] || earlier_version check || status=1
  done
  drop "${DB}_lifecycle"
  "$VENV/bin/python" -m dev.log_check "$REPORTS/lifecycle.xml" "install=$INSTALL_LOG" \
    "install with demo data=$DEMO_LOG" "upgrade=$LOG_DIR/upgrade.log" "uninstall=$LOG_DIR/uninstall.log" || status=1
  results+=("lifecycle=$status=$REPORTS/lifecycle.xml")
}

odoo_tests() {
  local name directories=()
  for name in ${SUITE_ADDONS//,/ }; do ! has_tests "$name/tests" || directories+=("$name"); done
  clone "$SUITE_DB" "$DB"
  pytest_directories odoo "${directories[@]}" -- -W ignore::DeprecationWarning \
    --odoo-config="$FUSION_HOME/odoo.conf" --odoo-database="$DB" --odoo-http
}

# Odoo's own tests of what the suite extends, in a database that has the suite; without those of the
# arithmetic of taxes, which take as long as all others and touch nothing of ours.
core_tests() {
  local name directories=()
  odoo_source
  for name in payment account_payment sale; do directories+=("$ODOO_ADDONS/$name/tests"); done
  clone "$SUITE_DB" "${DB}_core"
  pytest_directories core "${directories[@]}" -- -W ignore --odoo-config="$FUSION_HOME/odoo.conf" \
    --odoo-database="${DB}_core" --odoo-http --ignore-glob='*/test_taxes_*'
  drop "${DB}_core"
}

# site_tests NAME: tests/NAME, which start Odoo servers of their own.
site_tests() {
  FUSION_ODOO_BIN=$FUSION_HOME/odoo FUSION_ODOO_CONF=$FUSION_HOME/odoo.conf FUSION_PG_SOCKET=$SOCKET \
    FUSION_PG_BIN=$PG_BIN FUSION_TEMPLATE_DB=$DEMO_DB FUSION_FILESTORE=$FUSION_HOME/data-test/filestore \
    FUSION_REPORTS=$FUSION_HOME/reports pytest_phase "$1" -p no:odoo "tests/$1"
}

# A failed installation is a failed run, and the phases that went before still count.
with_templates() {
  local step
  for step in base suite demo; do
    phase "template: $step" attempt "${step}_template"
    [ $attempted = 0 ] || { results+=("template-$step=$attempted=$REPORTS/none.xml"); return 0; }
  done
  ! wanted odoo || [ ${#ARGS[@]} -gt 0 ] || phase "install, upgrade, uninstall" lifecycle
  ! wanted odoo || phase "odoo tests" odoo_tests
  if wanted e2e && has_tests tests/e2e; then phase "end-to-end tests" site_tests e2e; fi
  [ "$ONLY" != core ] || phase "core's own tests" core_tests
  [ "$ONLY" != chaos ] || phase "chaos" site_tests chaos
  [ "$ONLY" != bench ] || phase "benchmarks" site_tests bench
}

was_running=1
"$ROOT/dev/postgres.sh" status test >/dev/null 2>&1 || was_running=0
"$ROOT/dev/bootstrap.sh" test
SOCKET=$("$ROOT/dev/postgres.sh" url test) PG_BIN=$("$ROOT/dev/postgres.sh" bin)
exec 6>"$FUSION_HOME/test-$DB.lock"
flock -n 6 || { note "waiting for another test run on database $DB (DB=... takes another)"; flock 6; }
rm -rf "$REPORTS"; mkdir -p "$REPORTS"
say "test"
! wanted pure || phase "pure tests" pure
if [ "$ONLY" != pure ]; then
  name_templates
  with_templates
fi
# What this run started, it ends, unless somebody works with it by now.
if [ $was_running = 0 ] &&
  [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")" = 1 ]; then
  "$ROOT/dev/postgres.sh" stop test
fi
exec "$VENV/bin/python" -m dev.test_summary "${results[@]}"
