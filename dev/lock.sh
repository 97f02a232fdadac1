#!/usr/bin/env bash
# `make lock`: writes requirements.lock and uv.lock anew, with hashes and without naming an index.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT/dev"
[ -x "$FUSION_HOME/tools/bin/uv" ] || die "uv is needed for this" "make bootstrap"
export UV_CACHE_DIR=${UV_CACHE_DIR:-$FUSION_HOME/uv-cache}
for name in uv requirements simulators; do
  [ -f "$name.in" ] || continue
  "$FUSION_HOME/tools/bin/uv" pip compile -q --upgrade --generate-hashes --python-version 3.11 --universal \
    --no-emit-index-url --no-header --annotation-style=line "$name.in" -o "$name.lock"
done
