#!/usr/bin/env bash
# `make lint`: all checks that need no database. dev/lint.sh CHECK... runs some of them.
# Every check runs even if one before it failed; exit status 1 when any did.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/dev/private-apt.sh"
cd "$ROOT"
ADDONS=()
for name in ${SUITE_ADDONS//,/ }; do [ ! -f "$name/__manifest__.py" ] || ADDONS+=("$name"); done

check_ruff() { "$VENV/bin/ruff" check .; }

# Texts in tests are read by nobody: they need no translation.
check_pylint_odoo() {
  local pure='^.*/(lib|client)/.*$' tests status=0
  mapfile -t tests < <(find "${ADDONS[@]}" -path '*/tests/*.py')
  "$VENV/bin/pylint" --rcfile=.pylintrc-mandatory --ignore-paths="$pure,^.*/tests/.*$" "${ADDONS[@]}" docs/skeleton/* || status=1
  "$VENV/bin/pylint" --rcfile=.pylintrc-mandatory --disable=translation-required "${tests[@]}" || status=1
  return $status
}

# The rules that Odoo's own test_lint applies to every addon, by its own checkers.
check_odoo_pylint() {
  odoo_source
  PYTHONPATH=$ODOO_ADDONS/test_lint/tests ADDONS_PATH=$ROOT "$VENV/bin/pylint" --rcfile=/dev/null \
    --score=no --disable=all,useless-option-value \
    --enable=used-before-assignment,undefined-variable,eval-used,unreachable,function-redefined,sql-injection,missing-gettext,gettext-variable,gettext-placeholders,gettext-repr,raise-unlink-override \
    --load-plugins=_pylint_path_setup,pylint.extensions.bad_builtin,_odoo_checker_sql_injection,_odoo_checker_gettext,_odoo_checker_unlink_override \
    --bad-functions=input --deprecated-modules=csv,urllib,cgi,pudb,ipdb,pdb "${ADDONS[@]}"
}

check_eslint() {
  local files
  odoo_source
  mapfile -t files < <(find "${ADDONS[@]}" -path '*/static/*' -name '*.js' -not -path '*/static/lib/*')
  [ ${#files[@]} -gt 0 ] || return 0
  PATH=$VENV/bin:$PATH dev/eslint/node_modules/.bin/eslint --no-ignore --no-eslintrc \
    -c "$ODOO_ADDONS/test_lint/tests/eslintrc" "${files[@]}"
}

check_xml() { "$VENV/bin/python" -m dev.check_xml "${ADDONS[@]}" docs/skeleton/*; }

check_layering() {
  [ -d tests/architecture ] || { say "tests/architecture is missing"; return 1; }
  "$VENV/bin/python" -m pytest -q -p no:odoo tests/architecture
}

# Types of the pure layers. Laid out under the names they are imported by, without the addons' own
# __init__.py, which would lead to Odoo; messages name the files of the repository.
check_mypy() {
  local layer name home=$FUSION_HOME/mypy/odoo/addons
  for layer in fusion_{payment_common/lib,clover/client,wex/client} docs/skeleton/fusion_example/client; do
    name=${layer#docs/skeleton/}
    mkdir -p "$home/${name%/*}"
    ln -sfn "$ROOT/$layer" "$home/$name"
  done
  MYPYPATH=$FUSION_HOME/mypy "$VENV/bin/mypy" --no-error-summary | sed 's#^.*/mypy/odoo/addons/##'
}

# Docker's own program reads the file against the Compose specification; no engine is needed.
check_compose() {
  local home=$FUSION_HOME/compose tool
  tool=$home/root/usr/libexec/docker/cli-plugins/docker-compose
  [ -x "$tool" ] || tool=$home/root/usr/bin/docker-compose
  if ! [ -x "$tool" ]; then
    downloaded "$home/debs" || download "$home/debs" docker-compose/trixie >"$LOG_DIR/compose.log" 2>&1
    rm -rf "$home/root.tmp"; mkdir -p "$home/root.tmp"
    dpkg-deb -x "$home"/debs/docker-compose_*.deb "$home/root.tmp"
    rm -rf "$home/root"; mv "$home/root.tmp" "$home/root"
    tool=$(find "$home/root" -name docker-compose -type f -perm -u+x | head -n 1)
  fi
  "$tool" -f docker-compose.yaml --env-file .env.example config -q
}

check_shell() { "$VENV/bin/shellcheck" -x -S warning dev/*.sh .ci/run; }

failed=()
run() {
  local name=${1//-/_}
  phase "$1" attempt "check_$name"
  [ "$attempted" = 0 ] || failed+=("$1")
}

if [ $# -gt 0 ]; then
  checks=("$@")
else
  "$ROOT/dev/bootstrap.sh" none
  say "lint"
  checks=(ruff pylint-odoo odoo-pylint mypy eslint xml shell compose layering)
fi
for check in "${checks[@]}"; do run "$check"; done
[ ${#failed[@]} = 0 ] || die "lint: ${failed[*]}"
