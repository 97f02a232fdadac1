#!/usr/bin/env bash
# Odoo 19 Community as Debian packages it (odoo-19, suite sid) and the web assets it links to
# (jQuery, fonts; suite trixie, whose file names are the ones Odoo expects), unpacked below
# .odoo/dist. Nothing is installed: the system's apt sources, lists and package database are not
# touched, no root needed. apt verifies everything (signed InRelease -> Packages -> each .deb).
#   dev/fetch-odoo.sh [--refresh]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
DIST=$FUSION_HOME/dist DEBS=$FUSION_HOME/debs APT=$FUSION_HOME/apt
ODOO_SUITE=${ODOO_SUITE:-sid}
ASSET_SUITE=${ASSET_SUITE:-trixie}
ASSETS=(libjs-jquery libjs-jquery-form libjs-underscore fonts-font-awesome fonts-inconsolata
  fonts-montserrat fonts-ocr-b fonts-roboto-unhinted)

# The main archive that this machine's apt is configured with; DEBIAN_MIRROR overrides.
find_mirror() {
  local uri='$(REPO_URI)'
  [ -z "${DEBIAN_MIRROR:-}" ] || { echo "$DEBIAN_MIRROR"; return; }
  { apt-get indextargets --format "$uri" 'Created-By: Packages' 'Origin: Debian' 2>/dev/null
    # package lists were never fetched: the sources are known all the same
    apt-get indextargets --no-release-info --format "$uri \$(RELEASE)" 'Created-By: Packages' |
      awk -v name="$(. /etc/os-release && echo "$VERSION_CODENAME")" '$2 == name { print $1 }'
  } | grep -v security | awk 'NR == 1'
}

# A private configuration that replaces where apt reads sources and keeps its state, and nothing
# else: the machine's own apt.conf.d (proxies, validity rules) stays in force.
write_apt_config() {
  local mirror keyring arch
  mirror=$(find_mirror)
  [ -n "$mirror" ] || die "no Debian mirror is configured in this machine's apt" \
    "apt-get update, or set DEBIAN_MIRROR"
  keyring=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
  arch=$(dpkg --print-architecture)
  rm -rf "$APT"
  mkdir -p "$APT"/{sources,lists/partial,cache/archives/partial}
  : >"$APT/status"
  cat >"$APT/sources/odoo.sources" <<X
Types: deb
URIs: $mirror
Suites: $ODOO_SUITE $ASSET_SUITE
Components: main
Architectures: $arch
Signed-By: $keyring
X
  cat >"$APT/apt.conf" <<X
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$APT/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$APT/lists";
Dir::State::status "$APT/status";
Dir::Cache "$APT/cache";
APT::Architecture "$arch";
APT::Architectures "$arch";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::AllowInsecureRepositories "0";
APT::Get::AllowUnauthenticated "0";
APT::Update::Error-Mode "any";
X
}

# download DIRECTORY PACKAGE/SUITE...: verified .deb files and their SHA256SUMS, all or nothing.
download() {
  local target=$1; shift
  rm -rf "$target.tmp"; mkdir -p "$target.tmp"
  write_apt_config
  (
    export APT_CONFIG=$APT/apt.conf
    apt-get -q update && cd "$target.tmp" && apt-get -q download "$@"
  ) || die "no registry: the Debian mirror does not answer, or refused what was asked of it" \
    "check the network; the log is $LOG_DIR/fetch.log"
  (cd "$target.tmp" && sha256sum -- *.deb >SHA256SUMS)
  rm -rf "$target" "$APT"; mv "$target.tmp" "$target"
}

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
if ! (cd "$DEBS" 2>/dev/null && sha256sum --quiet --status -c SHA256SUMS); then
  download "$DEBS" "odoo-19/$ODOO_SUITE" "${ASSETS[@]/%//$ASSET_SUITE}"
fi
unpack
