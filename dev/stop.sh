#!/usr/bin/env bash
# `make stop`: ends what `make demo` started in this checkout, and nothing else. Data stays.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/dev/services.sh"

for file in "$RUN_DIR"/*.pid; do
  [ -e "$file" ] || continue
  name=${file##*/}
  stop_service "${name%.pid}"
done
if [ -f "$RUN_DIR/postgres-demo" ]; then
  "$ROOT/dev/postgres.sh" stop demo
  rm -f "$RUN_DIR/postgres-demo"
  say "  stopped postgres (demo)"
fi
