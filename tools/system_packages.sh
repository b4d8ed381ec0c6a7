#!/usr/bin/env bash
# What the whole suite needs from the machine: Chromium and SoftHSM2. Installed as root where apt is, named otherwise.
set -euo pipefail

packages=(chromium softhsm2)

is_there() {
  case $1 in
    chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
    softhsm2) command -v softhsm2-util && ls /usr/lib/softhsm/libsofthsm2.so ;;
    *) command -v "$1" ;;
  esac >/dev/null
}

missing=()
for package in "${packages[@]}"; do
  is_there "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The whole suite needs what is missing here. As root: apt-get install ${missing[*]}" >&2
  echo "Without it: make test-core" >&2
  exit 2
fi
echo "  packages       installing ${missing[*]} with apt-get"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
