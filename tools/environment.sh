#!/usr/bin/env bash
# Bring .venv to what a lock file says: tools/environment.sh portal|dev
#
# Needs any Python from 3.11 with venv, and nothing else. A stamp holds the hash of what the environment was made
# from, so that a second call costs nothing. `dev` holds all of `portal`: where it was made once, it stays `dev`.
set -euo pipefail
cd "$(dirname "$0")/.."

lock=${1:?portal or dev}
venv=.venv
stamp=$venv/.synchronized

fingerprint() {
  { cat "requirements/$1.lock" requirements/bootstrap.lock && grep '^version' pyproject.toml; } | cksum
}

is_synchronized() {
  [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && grep -qxF -e "$1 $(fingerprint "$1")" "$stamp"
}

say() {
  printf '  %-14s %s\n' environment "$1"
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  echo "Python 3.11 or newer is needed and none was found. Name one: make PYTHON=/path/to/python3 ..." >&2
  return 1
}

make_venv() {
  local python
  python=$(find_python)
  say "making .venv with $("$python" --version)"
  rm -rf "$venv"
  if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
    echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
    return 1
  fi
}

# The machine's certificates and not uv's own: a company's proxy is known to the machine only.
sync_with_uv() {
  [ -x "$venv/bin/uv" ] || "$venv/bin/pip" install "${quiet[@]}" --require-hashes -r requirements/bootstrap.lock || return
  say "installing requirements/$lock.lock with uv"
  VIRTUAL_ENV=$venv "$venv/bin/uv" pip sync --quiet --system-certs --require-hashes "requirements/$lock.lock"
}

# uv is quicker and removes what is not in the lock; pip installs the same where uv cannot.
install_packages() {
  local quiet=(-qq --disable-pip-version-check)
  if ! sync_with_uv; then
    say "installing requirements/$lock.lock with pip, since uv could not"
    "$venv/bin/pip" install "${quiet[@]}" --require-hashes -r "requirements/$lock.lock"
  fi
  "$venv/bin/pip" install "${quiet[@]}" --no-deps --no-index --no-build-isolation \
    --config-settings editable_mode=compat --editable . # the whole checkout, not only what the wheel holds
}

grep -qs '^dev ' "$stamp" && lock=dev
is_synchronized "$lock" && exit 0
"$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || make_venv
started=$SECONDS
install_packages
echo "$lock $(fingerprint "$lock")" >"$stamp"
say "ready after $((SECONDS - started)) s"
