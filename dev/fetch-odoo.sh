#!/usr/bin/env bash
# Odoo 19 Community as Debian packages it (odoo-19, suite sid) and the web assets it links to
# (jQuery, fonts; suite trixie, whose file names are the ones Odoo expects), unpacked below
# .odoo/dist. Nothing is installed and no root is needed: see private-apt.sh.
#   dev/fetch-odoo.sh [--refresh]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/dev/private-apt.sh"
DIST=$FUSION_HOME/dist DEBS=$FUSION_HOME/debs
ODOO_SUITE=${ODOO_SUITE:-sid}
ASSET_SUITE=${ASSET_SUITE:-trixie}
ASSETS=(libjs-jquery libjs-jquery-form libjs-underscore fonts-font-awesome fonts-inconsolata
  fonts-montserrat fonts-ocr-b fonts-roboto-unhinted)

unpack() {
  local deb keep_po=() gap dangling version
  # 20 000 translation files are two thirds of the tree; ODOO_TRANSLATIONS=1 keeps them.
  [ "${ODOO_TRANSLATIONS:-}" = 1 ] || keep_po=(--exclude='*/i18n*/*.po')
  rm -rf "$DIST.tmp"; mkdir -p "$DIST.tmp"
  for deb in "$DEBS"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -x -C "$DIST.tmp" --no-same-owner "${keep_po[@]}"
  done
  # Debian leaves this non-free file out (background blur in calls), but mail's backend bundle
  # still lists it: the bundle then logs a console error, and every browser tour fails of it.
  gap=$DIST.tmp/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js
  if [ ! -e "$gap" ]; then
    mkdir -p "${gap%/*}"
    echo '// left out of the Debian package (non-free): no background blur in calls' >"$gap"
  fi
  dangling=$(find "$DIST.tmp/usr/lib/python3/dist-packages/odoo" -xtype l)
  [ -z "$dangling" ] || { printf '%s\n' "$dangling" >&2; die "assets of Odoo point to files that are not there"; }
  version=$(basename "$DEBS"/odoo-19_*.deb); version=${version#odoo-19_}; version=${version%_*.deb}
  { echo "$version"; sha256sum <"$0"; } >"$DIST.tmp/.complete"
  # Only a complete tree ever carries the final name.
  if [ -e "$DIST" ]; then rm -rf "$DIST.old"; mv "$DIST" "$DIST.old"; fi
  mv "$DIST.tmp" "$DIST"; rm -rf "$DIST.old"
  say "Odoo $version unpacked"
}

exec 8>"$FUSION_HOME/fetch.lock"; flock 8
[ "${1:-}" != --refresh ] || rm -rf "$DIST" "$DEBS"
# complete, and unpacked by this very version of the script
if [ -f "$DIST/.complete" ] && [ "$(sed -n 2p "$DIST/.complete")" = "$(sha256sum <"$0")" ]; then
  exit 0
fi
downloaded "$DEBS" || download "$DEBS" "odoo-19/$ODOO_SUITE" "${ASSETS[@]/%//$ASSET_SUITE}"
unpack
