#!/bin/sh
# Install the servers, the browser, the graphics library and the fonts that some tests need, where this user may; say what is left out where not.
set -u

missing=""
left_out=""
need() { missing="$missing $1"; left_out="$left_out; $2"; }
command -v redis-server >/dev/null 2>&1 || need redis-server "the large set-up with separate processes (-m redis)"
command -v chromium >/dev/null 2>&1 || need chromium "the game in a browser (-m browser)"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 \
    || need postgresql "everything on PostgreSQL (-m postgres)"
command -v exiftool >/dev/null 2>&1 || need libimage-exiftool-perl "what exiftool finds in served photos"
ldconfig -p 2>/dev/null | grep -q libEGL.so.1 || need "libegl1 libgl1 libfontconfig1" "painting Toy Earth's pictures"
[ -e /usr/share/fonts/truetype/noto/NotoSans-Bold.ttf ] || need fonts-noto-core "lettering Toy Earth's signs"
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc ] || need fonts-noto-cjk "lettering Toy Earth's signs"
[ -z "$missing" ] && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing$missing for the tests…"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # the names are separate words
    { apt-get -qq update && apt-get -qq install -y $missing; } >/dev/null && exit 0
fi
echo "Not installed:$missing. Left out are the tests of: ${left_out#; }."
echo "To run them too (Debian): sudo apt install$missing"
