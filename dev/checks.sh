# What has to be true of the machine before anything is fetched or installed. Sourced.

# check_disk: FUSION_MIN_FREE_MB megabytes have to be free where the project lies.
check_disk() {
  local need=${FUSION_MIN_FREE_MB:-4000} free
  free=$(df -Pm "$FUSION_HOME" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$need" ] || die \
    "disk low: $free MB free below $ROOT, the first setup needs $need MB" \
    "free some space, or set FUSION_MIN_FREE_MB if you know better"
}

# check_dpkg: an apt run that was cut off half-way is finished if it was ours, reported if not.
check_dpkg() {
  local broken
  broken=$(dpkg --audit 2>/dev/null || true)
  [ -n "$broken" ] || return 0
  if [ -f "$FUSION_HOME/apt-in-progress" ]; then
    note "finishing the package installation that was interrupted last time"
    as_root dpkg --configure -a >>"$LOG_DIR/apt.log" 2>&1 && return 0
  fi
  printf '%s\n' "$broken" >&2
  die "the package database is in a half-installed state (listed above)" \
    "sudo dpkg --configure -a && sudo apt-get -f install, then again"
}

# checkout_version DIRECTORY: 19.0 for a checkout of Odoo 19.
checkout_version() {
  sed -n 's/^version_info = (\([0-9]*\), \([0-9]*\).*/\1.\2/p' "$1/odoo/release.py"
}

# check_odoo_path: ODOO_PATH, where given, has to be a checkout of Odoo 19.
check_odoo_path() {
  local version
  [ -n "${ODOO_PATH:-}" ] || return 0
  [ -f "$ODOO_PATH/odoo-bin" ] || die "ODOO_PATH=$ODOO_PATH is not an Odoo checkout (no odoo-bin)"
  version=$(checkout_version "$ODOO_PATH")
  case $version in 19.*) ;; *) die "ODOO_PATH=$ODOO_PATH is Odoo $version, not 19" ;; esac
}

# as_root COMMAND...: as root, or through sudo; says what to do when neither is possible.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else
    return 77
  fi
}

# can_be_root: whether as_root has a way.
can_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }; }

# find_python: a Python 3.11 or 3.12 that can make virtual environments; empty if there is none.
find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 /usr/bin/python3 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
      2>/dev/null || continue
    "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
    return 0
  done
}
