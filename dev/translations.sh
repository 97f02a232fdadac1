#!/usr/bin/env bash
# dev/translations.sh ADDON [DB]: writes ADDON/i18n/ADDON.pot anew, from a database that has the
# addon as it is now (default fusion_test, of the last ONLY=odoo run), and brings fr_CA.po up to it:
# what is new waits there to be translated, what is gone is removed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
addon=${1:?dev/translations.sh ADDON [DB]}
"$FUSION_HOME/odoo" i18n export -c "$FUSION_HOME/odoo.conf" -d "${2:-fusion_test}" "$addon"
"$VENV/bin/python" -m dev.merge_translations "$addon/i18n/$addon.pot" "$addon/i18n/fr_CA.po"
