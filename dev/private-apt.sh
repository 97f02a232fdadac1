# Verified downloads from Debian suites that this machine does not use. Sourced.
# The system's apt sources, lists and package database are neither read nor touched, no root is
# needed. apt verifies everything (signed InRelease -> Packages -> each .deb).
PRIVATE_APT=$FUSION_HOME/apt

# The main archive that this machine's apt is configured with; DEBIAN_MIRROR overrides.
find_mirror() {
  local uri='$(REPO_URI)' codename
  [ -z "${DEBIAN_MIRROR:-}" ] || { echo "$DEBIAN_MIRROR"; return; }
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  { apt-get indextargets --format "$uri" 'Created-By: Packages' 'Origin: Debian' 2>/dev/null
    # package lists were never fetched: the sources are known all the same
    apt-get indextargets --no-release-info --format "$uri \$(RELEASE)" 'Created-By: Packages' |
      awk -v name="$codename" '$2 == name { print $1 }'
  } | grep -v security | awk 'NR == 1'
}

# write_apt_config SUITE...: replaces where apt reads sources and keeps its state, and nothing
# else: the machine's own apt.conf.d (proxies, validity rules) stays in force.
write_apt_config() {
  local mirror keyring arch
  mirror=$(find_mirror)
  [ -n "$mirror" ] || die "no Debian mirror is configured in this machine's apt" \
    "apt-get update, or set DEBIAN_MIRROR"
  keyring=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
  arch=$(dpkg --print-architecture)
  rm -rf "$PRIVATE_APT"
  mkdir -p "$PRIVATE_APT"/{sources,lists/partial,cache/archives/partial}
  : >"$PRIVATE_APT/status"
  cat >"$PRIVATE_APT/sources/suite.sources" <<X
Types: deb
URIs: $mirror
Suites: $*
Components: main
Architectures: $arch
Signed-By: $keyring
X
  cat >"$PRIVATE_APT/apt.conf" <<X
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$PRIVATE_APT/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$PRIVATE_APT/lists";
Dir::State::status "$PRIVATE_APT/status";
Dir::Cache "$PRIVATE_APT/cache";
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

# download DIRECTORY PACKAGE/SUITE...: the .deb files and their SHA256SUMS, all or nothing.
download() {
  local target=$1 suites; shift
  suites=$(printf '%s\n' "${@##*/}" | sort -u | tr '\n' ' ')
  rm -rf "$target.tmp"; mkdir -p "$target.tmp"
  # shellcheck disable=SC2086
  write_apt_config $suites
  (
    export APT_CONFIG=$PRIVATE_APT/apt.conf
    apt-get -q update && cd "$target.tmp" && apt-get -q download "$@"
  ) || die "no registry: the Debian mirror does not answer, or its answer could not be verified" \
    "check the network, then again"
  (cd "$target.tmp" && sha256sum -- *.deb >SHA256SUMS)
  rm -rf "$target" "$PRIVATE_APT"; mv "$target.tmp" "$target"
}

# downloaded DIRECTORY: whether what download left there is complete and unchanged.
downloaded() { (cd "$1" 2>/dev/null && sha256sum --quiet --status -c SHA256SUMS); }
