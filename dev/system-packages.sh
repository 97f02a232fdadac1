# Debian packages that the suite needs and the machine lacks. Sourced.

# missing_packages: names of packages to install, one per line; contacts nothing.
missing_packages() {
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
  find_chromium >/dev/null || printf '%s\n' chromium fonts-liberation
  command -v wkhtmltopdf >/dev/null || echo wkhtmltopdf
  command -v setpriv >/dev/null || echo util-linux
  [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
  has_library libmagic.so.1 || echo libmagic1
  # node, of the browser driver's own and of the wheel
  has_library libatomic.so.1 || echo libatomic1
  [ -n "$(find_python)" ] || echo python3-venv
}

# has_library NAME: whether the dynamic linker would find it.
has_library() { [ -n "$(find /usr/lib /lib -maxdepth 2 -name "$1" -print -quit 2>/dev/null)" ]; }

# find_chromium: path of the browser that tests and the demo drive.
find_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

# install_packages NAME...: through the machine's own apt sources, nothing else is changed.
# Debian's postgresql would start a cluster of its own at installation: switched off, because
# the project runs its own (postgres.sh) and leaves port 5432 alone.
install_packages() {
  local log=$LOG_DIR/apt.log conf=/etc/postgresql-common/createcluster.conf
  can_be_root || die "packages are missing and this user can neither be root nor use sudo" \
    "as root: apt-get install --no-install-recommends $*"
  export DEBIAN_FRONTEND=noninteractive
  : >"$FUSION_HOME/apt-in-progress"
  if [[ " $* " == *" postgresql "* ]] && [ ! -e "$conf" ]; then
    as_root mkdir -p "${conf%/*}"
    echo 'create_main_cluster = false' | as_root tee "$conf" >/dev/null
  fi
  local apt=(as_root apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=180)
  note "apt: $*"
  "${apt[@]}" -o APT::Update::Error-Mode=any update >"$log" 2>&1 </dev/null || apt_failed "$log"
  "${apt[@]}" install --no-install-recommends "$@" >>"$log" 2>&1 </dev/null || apt_failed "$log"
  rm -f "$FUSION_HOME/apt-in-progress"
}

# apt_failed LOG: says which of the known reasons it was.
apt_failed() {
  tail -n 15 "$1" >&2
  if grep -qE 'Could not get lock|Unable to lock' "$1"; then
    die "another program holds apt's lock (apt, unattended-upgrades, ...)" "wait for it to end, then again"
  elif grep -qE 'Failed to fetch|Could not resolve|Could not connect|Temporary failure|Unable to connect|Connection timed out' "$1"; then
    die "no registry: the Debian mirror that this machine's apt is configured with does not answer" \
      "check the network and /etc/apt/sources.list*, then again"
  fi
  die "apt failed (log: $1)" "sudo apt-get -f install, then again"
}
