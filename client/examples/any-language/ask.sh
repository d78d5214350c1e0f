#!/bin/sh
# Prints the access token of an account: ask.sh SERVICE ACCOUNT. Needs nc (Debian's netcat-openbsd). Where `sigilforge`
# is on PATH, `sigilforge get-token SERVICE ACCOUNT` does the same, and checks more.
set -eu
socket=${SIGILFORGE_SOCKET:-}
[ -n "$socket" ] || [ -z "${SIGILFORGE_HOME:-}" ] || socket=$SIGILFORGE_HOME/run/sigilforge.sock
[ -n "$socket" ] || socket=${XDG_RUNTIME_DIR:-$HOME/.local/state/sigilforge/run}/sigilforge.sock
[ -O "$socket" ] || { echo "There is no socket of this user at $socket." >&2; exit 1; }

# Names of services and accounts have no character that JSON escapes.
request='{"jsonrpc":"2.0","id":1,"method":"get_token","params":{"service":"%s","account":"%s"}}\n'
# -N ends what is sent, without which nc of Debian waits for ever.
# shellcheck disable=SC2059
answer=$(printf "$request" "$1" "$2" | nc -U -N "$socket")

# A string of JSON may have escapes, which sed does not undo: such a token is not printed wrong, but not at all.
token=$(printf '%s\n' "$answer" | sed -n 's/.*"access_token":"\([^"\\]*\)".*/\1/p')
if [ -z "$token" ]; then
  printf '%s\n' "$answer" | sed -n 's/.*"message":"\([^"\\]*\)".*"kind":"\([a-z_]*\)".*/\2: \1/p' >&2
  exit 1
fi
printf '%s\n' "$token"
