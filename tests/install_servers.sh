#!/bin/sh
# Install the servers and the browser that some tests need, where this user may; say what is missing where not.
set -u

missing=""
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -z "$missing" ] && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing$missing for the tests…"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # the names are separate words
    { apt-get -qq update && apt-get -qq install -y $missing; } >/dev/null && exit 0
fi
echo "Not installed:$missing. The tests that need them are skipped. To run them too (Debian): sudo apt install$missing"
