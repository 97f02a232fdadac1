# Shared by the scripts beside this file: where things are, how they speak, how they time.
# Sourced, never run. Callers have set -euo pipefail.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FUSION_HOME=${FUSION_HOME:-$ROOT/.odoo}
VENV=$FUSION_HOME/venv
RUN_DIR=$FUSION_HOME/run
LOG_DIR=$FUSION_HOME/log
SUITE_ADDONS=fusion_payment_common,fusion_clover,fusion_wex
mkdir -p "$FUSION_HOME" "$RUN_DIR" "$LOG_DIR"

# Compiled modules are kept: without them every start of Odoo costs three seconds more.
# A user's own wheel folders must not shadow the locked, hashed packages.
unset PYTHONDONTWRITEBYTECODE PIP_FIND_LINKS PIP_NO_INDEX
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*"; }
note() { printf '    %s\n' "$*"; }

# die MESSAGE [REMEDY]: the two sentences a person needs, and exit status 1.
die() {
  printf '\nerror: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  try: %s\n' "$2" >&2
  exit 1
}

now_ms() { local t=${EPOCHREALTIME/[.,]/}; printf '%s' "$((t / 1000))"; }

# phase NAME COMMAND...: runs the command and prints how many seconds it took.
phase() {
  local name=$1 start spent; shift
  start=$(now_ms)
  "$@"
  spent=$(($(now_ms) - start))
  printf '  %-34s %4d.%d s\n' "$name" "$((spent / 1000))" "$((spent % 1000 / 100))"
}

# attempt COMMAND...: its exit status goes to `attempted`; set -e holds inside and outside.
attempt() {
  set +e
  (set -e; "$@")
  attempted=$?
  set -e
}

# odoo_source: sets ODOO_BIN, ODOO_PYTHONPATH, ODOO_ADDONS, ODOO_VERSION as bootstrap wrote them.
odoo_source() {
  [ -f "$FUSION_HOME/source.env" ] || die "Odoo is not set up here" "make bootstrap"
  . "$FUSION_HOME/source.env"
}

# Interrupted work must not leave children behind: end what this shell started in the background.
end_children() {
  local pids
  pids=$(jobs -p)
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill $pids 2>/dev/null || true
}
