#!/usr/bin/env bash
# `make test`: everything but chaos and bench, from a bare machine.
#   ONLY=pure|odoo|e2e     one part            ARGS="..."   passed on to pytest; quotes inside hold words together
#   ONLY=chaos|bench       what is not part of `make test`; RUNS and SEED in the environment
#   ONLY=core              the tests of Odoo's payment, account_payment and sale, with the suite installed
#   ONLY=ci|nightly|flaky  what .ci/run, `make nightly` and `make flaky` do
#   COVERAGE=1             also notes which lines ran, in .odoo/coverage; see dev/coverage.sh
#   DB=name                database of the tests of the addons (default fusion_test)
#   CLOVER_ORIGIN=, WEX_ORIGIN=   e2e, chaos and bench use these instead of simulators of ours
#                          (tests/simulators/README.md, "Other simulators")
# What runs beside what, and how long it may take: dev/phases.py.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export DB=${DB:-fusion_test}
stop=()
"$ROOT/dev/postgres.sh" status test >/dev/null 2>&1 || stop=(--stop-postgres)
"$ROOT/dev/bootstrap.sh" test
exec 6>"$FUSION_HOME/test-$DB.lock"
flock -n 6 || { note "waiting for another test run on database $DB (DB=... takes another)"; flock 6; }
say "test"
exec "$VENV/bin/python" -m dev.phases "${ONLY:-all}" "${stop[@]}"
