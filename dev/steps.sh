#!/usr/bin/env bash
# The steps that a test run is made of; which ones, and which beside each other: dev/phases.py.
#   dev/steps.sh base|suite|demo          template databases, made once per content of the addons
#   dev/steps.sh lifecycle                upgrade from an earlier version, uninstall; complaints in Odoo's logs
#   dev/steps.sh pure OPTION...           tests without Odoo
#   dev/steps.sh odoo DATABASE FILE...    tests of the addons, in a clone of the suite
#   dev/steps.sh core                     the tests of Odoo's payment, account_payment and sale
#   dev/steps.sh site NAME OPTION...      tests/NAME, which start Odoo servers of their own
# From the caller: COVERAGE, DB, ARGS (options of pytest, quoted as in a shell), FUSION_JUNIT (where the report goes).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
DB=${DB:-fusion_test}
# Quotes hold words together, as in ARGS='-k "one or another"'.
mapfile -t ARGS < <(xargs -r -n1 printf '%s\n' <<<"${ARGS:-}")
SOCKET=$("$ROOT/dev/postgres.sh" url test) PG_BIN=$("$ROOT/dev/postgres.sh" bin)
# node and npm of the environment, for tests that use a JavaScript client
export PATH=$VENV/bin:$PATH
export PGOPTIONS='-c client_min_messages=warning'
trap end_children EXIT
trap 'exit 130' INT TERM

# has_tests DIRECTORY...
has_tests() { [ -n "$(find "$@" -name 'test_*.py' -print -quit 2>/dev/null)" ]; }

# With COVERAGE=1 each report has the lines that ran beside it, in .odoo/coverage.
run_pytest() {
  [ -z "${COVERAGE:-}" ] || set -- --cov --cov-report= "$@"
  COVERAGE_FILE=$FUSION_HOME/coverage/data.$(basename "$FUSION_JUNIT" .xml) \
    exec "$VENV/bin/python" -m pytest -q -p dev.pytest_progress "--junitxml=$FUSION_JUNIT" "$@" "${ARGS[@]}"
}

pure() {
  local directory directories=()
  for directory in tests/*/; do
    case ${directory%/} in
    tests/e2e | tests/chaos | tests/bench) continue ;;
    esac
    ! has_tests "$directory" || directories+=("${directory%/}")
  done
  run_pytest -p no:odoo "${directories[@]:?no test was found}" "$@"
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

# build NAME LOG SOURCE COMMAND: a template database, made once per content hash by COMMAND, which
# gets a name. It has its own only when it is complete; older ones of the same kind are dropped.
build() {
  local name=$1 log=$2 source=$3 command=$4 old
  (
    flock 7
    [ -z "$(sql "SELECT 1 FROM pg_database WHERE datname = '$name'")" ] || exit 0
    for old in $(sql "SELECT datname FROM pg_database WHERE datname LIKE '${name%_*}\_%'"); do drop "$old"; done
    if [ -n "$source" ]; then clone "$source" "${name}_b"; else drop "${name}_b"; fi
    "$command" "${name}_b" >"$log" 2>&1 7>&- || { tail -n 30 "$log" >&2; exit 1; }
    sql "ALTER DATABASE \"${name}_b\" RENAME TO \"$name\""
    [ ! -d "$(filestore "${name}_b")" ] || mv "$(filestore "${name}_b")" "$(filestore "$name")"
  ) 7>"$FUSION_HOME/template-${name%_*}.lock"
}

base_database() { database base "$1"; }
suite_database() { database suite "$1"; }
# Servers are started on clones of this one: no browser waits for the bundles, which take a core for
# half a minute, and no site builds them again.
demo_database() {
  database suite "$1" demo && database assets "$1"
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
  "$VENV/bin/python" -m dev.log_check "$FUSION_JUNIT" "install=$INSTALL_LOG" \
    "install with demo data=$DEMO_LOG" "upgrade=$LOG_DIR/upgrade.log" "uninstall=$LOG_DIR/uninstall.log" || status=1
  return $status
}

# odoo_tests DATABASE FILE...: the database stays, to look into.
odoo_tests() {
  local database=$1; shift
  clone "$SUITE_DB" "$database"
  run_pytest -W ignore::DeprecationWarning --odoo-config="$FUSION_HOME/odoo.conf" \
    --odoo-database="$database" --odoo-http "${@:?no test was found}"
}

# Odoo's own tests of what the suite extends, in a database that has the suite; without those of the
# arithmetic of taxes, which take as long as all others and touch nothing of ours.
core_tests() {
  local name directories=()
  for name in payment account_payment sale; do directories+=("$ODOO_ADDONS/$name/tests"); done
  clone "$SUITE_DB" "${DB}_core"
  run_pytest -W ignore --odoo-config="$FUSION_HOME/odoo.conf" --odoo-database="${DB}_core" --odoo-http \
    --ignore-glob='*/test_taxes_*' "${directories[@]}"
}

# site_tests NAME OPTION...
site_tests() {
  export FUSION_ODOO_BIN=$FUSION_HOME/odoo FUSION_ODOO_CONF=$FUSION_HOME/odoo.conf FUSION_PG_SOCKET=$SOCKET \
    FUSION_PG_BIN=$PG_BIN FUSION_TEMPLATE_DB=$DEMO_DB FUSION_FILESTORE=$FUSION_HOME/data-test/filestore \
    FUSION_REPORTS=$FUSION_HOME/reports
  run_pytest -p no:odoo "tests/$1" "${@:2}"
}

step=${1:-}
case $step in
pure) pure "${@:2}" ;;
base | suite | demo | lifecycle | odoo | core | site) name_templates ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
case $step in
base) build "$BASE_DB" "$LOG_DIR/template.log" "" base_database ;;
suite) build "$SUITE_DB" "$INSTALL_LOG" "$BASE_DB" suite_database ;;
demo) build "$DEMO_DB" "$DEMO_LOG" "$BASE_DB" demo_database ;;
lifecycle) lifecycle ;;
odoo) odoo_tests "${@:2}" ;;
core) core_tests ;;
site) site_tests "${@:2}" ;;
esac
