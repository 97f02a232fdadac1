#!/usr/bin/env bash
# `make coverage`: which lines the pure and the Odoo tests run, package by package, in
# .odoo/reports/coverage.txt. Fails when a package is below its floor (pyproject.toml,
# [tool.fusion.coverage]) or a test fails. Takes about twice as long as the tests alone: nightly.
#   dev/coverage.sh [pure|odoo]...   measures these phases, by default both
#   dev/coverage.sh report           only the report, from what was measured last
# The floors of lib and client are those of the pure tests alone.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
data=$FUSION_HOME/coverage status=0
phases=("$@")
[ $# -gt 0 ] || phases=(pure odoo)

if [ "${phases[0]}" != report ]; then
  rm -rf "$data"
  for only in "${phases[@]}"; do
    COVERAGE=1 ONLY=$only "$ROOT/dev/test.sh" || status=$?
  done
fi
mkdir -p "$FUSION_HOME/reports"
"$VENV/bin/python" -m dev.coverage_report "$data" "$FUSION_HOME/reports/coverage.txt" || status=$?
exit $status
