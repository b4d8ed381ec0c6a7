#!/usr/bin/env bash
# What the whole suite needs from the machine: Chromium and SoftHSM2. Installed as root where apt is, named otherwise.
# MariaDB is wished for and not needed: without it the run says that the fields were not tried on it.
set -euo pipefail

packages=(chromium softhsm2)
wished=(mariadb-server-core mariadb-client-core libmariadb-dev)

is_there() {
  case $1 in
    chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
    softhsm2) command -v softhsm2-util && ls /usr/lib/softhsm/libsofthsm2.so ;;
    mariadb-server-core) PATH=$PATH:/usr/sbin command -v mariadbd ;;
    mariadb-client-core) command -v mariadb ;;
    libmariadb-dev) command -v mariadb_config ;;
    *) command -v "$1" ;;
  esac >/dev/null
}

missing_of() {
  local package
  for package in "$@"; do
    is_there "$package" || echo "$package"
  done
}

install() {
  [ $# -eq 0 ] && return
  echo "  packages       installing $* with apt-get"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

mapfile -t missing < <(missing_of "${packages[@]}")
mapfile -t welcome < <(missing_of "${wished[@]}")
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  install "${missing[@]}"
  install "${welcome[@]}" || echo "  packages       going on without ${welcome[*]}"
elif [ ${#missing[@]} -ne 0 ]; then
  echo "The whole suite needs what is missing here. As root: apt-get install ${missing[*]}" >&2
  echo "Without it: make test-core" >&2
  exit 2
fi
