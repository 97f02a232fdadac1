#!/usr/bin/env bash
# `make clean`: removes what bootstrap, demo and test made for this checkout, databases included.
# Debian packages stay installed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
"$ROOT/dev/stop.sh"
if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  "$ROOT/dev/postgres.sh" destroy demo
  "$ROOT/dev/postgres.sh" destroy test
fi
rm -rf "$FUSION_HOME"
