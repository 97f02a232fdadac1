#!/usr/bin/env bash
# npm's packages of a folder, from its package-lock.json; again only when the lock has changed.
# Called by the checks and tests that need them. The demo needs none, so it needs no npm registry.
#   dev/node-packages.sh FOLDER
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder=${1:?a folder with a package-lock.json}
lock=$folder/package-lock.json stamp=$folder/node_modules/.lock
log=$LOG_DIR/npm-$(basename "$folder").log

# two phases of a test run may want the same
exec 8>"$FUSION_HOME/npm.lock"; flock 8
! cmp -s "$lock" "$stamp" || exit 0
(cd "$folder" && PATH=$VENV/bin:$PATH npm ci --ignore-scripts --no-audit --no-fund \
  --fetch-retries 2 --fetch-timeout 60000) >"$log" 2>&1 8>&- ||
  { tail -n 15 "$log" >&2; die "no registry: npm could not install $folder" "check the network; log: $log"; }
cp "$lock" "$stamp"
