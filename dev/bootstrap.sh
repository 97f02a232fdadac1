#!/usr/bin/env bash
# Everything the demo and the tests need, from a bare Debian 12 to a running PostgreSQL.
# May be run again at any time: what is there is kept, and when all of it is there nothing is
# contacted. ODOO_PATH=/path/to/odoo uses an Odoo 19 checkout instead of Debian's package.
#   dev/bootstrap.sh [demo|test|none]     which PostgreSQL cluster to start (default: test)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/dev/checks.sh"
. "$ROOT/dev/system-packages.sh"
cluster=${1:-test}
trap end_children EXIT
trap 'exit 130' INT TERM

system_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if [ ${#missing[@]} -gt 0 ] || [ -f "$FUSION_HOME/apt-in-progress" ]; then
    check_dpkg
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
    rm -f "$FUSION_HOME/apt-in-progress"
  fi
}

odoo_tree() {
  [ -z "${ODOO_PATH:-}" ] || return 0
  "$ROOT/dev/fetch-odoo.sh" >"$LOG_DIR/fetch.log" 2>&1
}

# Odoo and the Python packages come from different places: both at once.
fetch_both() {
  local fetch ok=0
  odoo_tree & fetch=$!
  "$ROOT/dev/python-env.sh" >"$LOG_DIR/python.log" 2>&1 || { ok=1; tail -n 20 "$LOG_DIR/python.log" >&2; }
  wait "$fetch" || { ok=1; tail -n 20 "$LOG_DIR/fetch.log" >&2; }
  [ $ok = 0 ] || exit 1
}

# Where Odoo is: written for the scripts (source.env), the interpreter (.pth) and people (odoo).
write_source() {
  local packages=$FUSION_HOME/dist/usr/lib/python3/dist-packages path bin addons version
  if [ -n "${ODOO_PATH:-}" ]; then
    path=$(cd "$ODOO_PATH" && pwd) bin=$path/odoo-bin addons=$path/addons
    version=$(checkout_version "$path")
  else
    path=$packages bin=$FUSION_HOME/dist/usr/bin/odoo addons=$packages/odoo/addons
    version=$(sed -n 1p "$FUSION_HOME/dist/.complete")
  fi
  cat >"$FUSION_HOME/source.env" <<X
ODOO_PYTHONPATH='$path'
ODOO_BIN='$bin'
ODOO_ADDONS='$addons'
ODOO_VERSION='$version'
X
  echo "$path" >"$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/odoo-source.pth"
}

# write_config FILE CLUSTER
write_config() {
  odoo_source
  cat >"$1" <<X
[options]
addons_path = $ODOO_ADDONS,$ROOT
data_dir = $FUSION_HOME/data-$2
db_host = $("$ROOT/dev/postgres.sh" url "$2")
db_user = odoo
http_interface = 127.0.0.1
list_db = False
limit_time_real = 600
X
}

# `python -m odoo` breaks the evented worker of --workers=N: Odoo's own script is started.
write_launcher() {
  odoo_source
  cat >"$FUSION_HOME/odoo.tmp" <<X
#!/usr/bin/env bash
unset PYTHONDONTWRITEBYTECODE
export PATH="$VENV/bin:\$PATH"
exec "$VENV/bin/python" "$ODOO_BIN" "\$@"
X
  chmod +x "$FUSION_HOME/odoo.tmp"; mv "$FUSION_HOME/odoo.tmp" "$FUSION_HOME/odoo"
}

configure() {
  write_source
  write_config "$FUSION_HOME/odoo.conf" test
  write_config "$FUSION_HOME/demo.conf" demo
  write_launcher
}

start_postgres() { "$ROOT/dev/postgres.sh" start "$cluster" >/dev/null; }

exec 9>"$FUSION_HOME/bootstrap.lock"
flock -n 9 || { note "waiting for another bootstrap in this checkout"; flock 9; }
say "bootstrap"
check_odoo_path
[ -f "$FUSION_HOME/ready" ] || check_disk
phase "system packages" system_packages
phase "Odoo and Python packages" fetch_both
phase "configuration" configure
[ "$cluster" = none ] || phase "PostgreSQL ($cluster)" start_postgres
: >"$FUSION_HOME/ready"
