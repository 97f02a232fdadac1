#!/usr/bin/env bash
# The virtual environment .odoo/venv with exactly the packages of requirements.lock, each
# verified against its hash. Does nothing when it is there and made from the same lock.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/dev/checks.sh"
LOCK=$ROOT/dev/requirements.lock
TOOLS=$FUSION_HOME/tools

! cmp -s "$LOCK" "$VENV/.lock" || exit 0

no_index() {
  die "no registry: the Python package index does not answer, or a package does not match its hash" \
    "check the network and pip's configuration; the log is $LOG_DIR/python.log"
}

# Prints uv's path, fetching it first if need be; prints nothing where it cannot be had.
find_uv() {
  if ! cmp -s "$ROOT/dev/uv.lock" "$TOOLS/.lock"; then
    rm -rf "$TOOLS"
    "$python" -m venv "$TOOLS" >&2 || return 0
    "$TOOLS/bin/pip" -q install --retries 2 --timeout 30 --only-binary :all: --require-hashes \
      -r "$ROOT/dev/uv.lock" >&2 || return 0
    cp "$ROOT/dev/uv.lock" "$TOOLS/.lock"
  fi
  echo "$TOOLS/bin/uv"
}

python=$(find_python)
[ -n "$python" ] || die "no Python 3.11 or 3.12 with the venv module" "set PYTHON=/path/to/python3.11"
rm -f "$VENV/.lock"; rm -rf "$VENV"
uv=$(find_uv)
if [ -n "$uv" ]; then
  export UV_CACHE_DIR=${UV_CACHE_DIR:-$FUSION_HOME/uv-cache} UV_PYTHON_DOWNLOADS=never
  "$uv" venv -q --python "$python" "$VENV"
  "$uv" pip install -q --python "$VENV/bin/python" --compile-bytecode --require-hashes -r "$LOCK" || no_index
else
  say "uv cannot be had here: pip does it, which takes longer"
  "$python" -m venv "$VENV"
  "$VENV/bin/pip" -q install --retries 2 --timeout 30 --require-hashes -r "$LOCK" || no_index
fi
# The stamp comes last: an interrupted installation starts anew.
cp "$LOCK" "$VENV/.lock"
