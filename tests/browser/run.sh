#!/usr/bin/env bash
# Drives the page in headless Chromium against a served copy. Opt-in on a user's machine; ZHICAI_REQUIRE_BROWSER=1 makes it mandatory.
set -euo pipefail
cd "$(dirname "$0")/../.."
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    if [ "${ZHICAI_REQUIRE_BROWSER:-}" = 1 ]; then echo "Chromium is required and was not found" >&2; exit 1; fi
    echo "no Chromium: browser tests not run (opt-in)"; exit 0
fi
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
(cd "$work" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund playwright-core >/dev/null)
cargo build --quiet
binary=${CARGO_TARGET_DIR:-target}/debug/zhicai
ZHICAI_DENSE=off "$binary" --data "$work/data" serve --listen 127.0.0.1:0 --model "${ZHICAI_BROWSER_MODEL:-none}" >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 600); do
    address=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$work/out" | head -1)
    [ -n "$address" ] && break
    kill -0 "$server" 2>/dev/null || { cat "$work/err" >&2; exit 1; }
    sleep 0.5
done
[ -n "${address:-}" ] || { cat "$work/err" >&2; echo "the service did not start" >&2; exit 1; }
cp tests/browser/page.mjs "$work/page.mjs"
cp tests/browser/narrative.txt "$work/narrative.txt"
CHROMIUM="$browser" ADDRESS="$address" OUT="${ZHICAI_BROWSER_OUT:-$work/out-files}" node "$work/page.mjs"
