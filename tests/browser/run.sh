#!/usr/bin/env bash
# Drives the pages in headless Chromium against a served copy. Opt-in on a user's machine; ZHICAI_REQUIRE_BROWSER=1 makes it mandatory.
set -euo pipefail
cd "$(dirname "$0")/../.."
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    if [ "${ZHICAI_REQUIRE_BROWSER:-}" = 1 ]; then echo "Chromium is required and was not found" >&2; exit 1; fi
    echo "no Chromium: browser tests not run (opt-in)"; exit 0
fi
work=$(mktemp -d)
trap 'kill "${server:-}" "${hostile:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
(cd "$work" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund playwright-core axe-core >/dev/null)
cargo build --quiet
binary=${CARGO_TARGET_DIR:-target}/debug/zhicai
mkdir -p "$work/data"
cat >"$work/data/zhicai.toml" <<'TOML'
[agency]
retention_years = 30
court = "云岫市人民法院"
address = "云岫市人民路1号"
phone = "0871-00000000"
bank = "云岫市农村商业银行"
bank_account = "0000000000000000"
TOML
# Serves a data directory with a model; tells the address.
serve() {
    ZHICAI_DENSE=off "$binary" --data "$1" serve --listen 127.0.0.1:0 --model "$2" >"$work/out" 2>"$work/err" &
    server=$!
    for _ in $(seq 600); do
        address=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$work/out" | head -1)
        [ -n "$address" ] && break
        kill -0 "$server" 2>/dev/null || { cat "$work/err" >&2; exit 1; }
        sleep 0.5
    done
    [ -n "${address:-}" ] || { cat "$work/err" >&2; echo "the service did not start" >&2; exit 1; }
    address=${address%/}
}
serve "$work/data" "${ZHICAI_BROWSER_MODEL:-none}"
cp tests/browser/*.mjs tests/browser/narrative.txt "$work/"
out=${ZHICAI_BROWSER_OUT:-$work/out-files}
export GUIDE=$PWD/src/web/guide
CHROMIUM="$browser" ADDRESS="$address" OUT="$out" node "$work/page.mjs"
link=$("$binary" --data "$work/data" people add feng --name 冯管 --role admin --url "$address" | grep -o 'http[^ ]*welcome#[^ ]*' | head -1)
CHROMIUM="$browser" ADDRESS="$address" OUT="$out" ADMIN_LINK="$link" node "$work/workbench.mjs"
CHROMIUM="$browser" ADDRESS="$address" OUT="$out" node "$work/search.mjs"
link=$("$binary" --data "$work/data" people add shi --name 史训 --role trainer --url "$address" | grep -o 'http[^ ]*welcome#[^ ]*' | head -1)
CHROMIUM="$browser" ADDRESS="$address" OUT="$out" TRAINER_LINK="$link" node "$work/workshop.mjs"
# The same bureau with a past decision and a model server that mean harm.
kill "$server" && wait "$server" 2>/dev/null || true
"$binary" --data "$work/data" import cases tests/browser/hostile.jsonl >/dev/null
node "$work/hostile_model.mjs" >"$work/model" &
hostile=$!
for _ in $(seq 50); do [ -s "$work/model" ] && break; sleep 0.1; done
model="http://127.0.0.1:$(cat "$work/model")"
printf '\n[remote]\nendpoint = "%s/v1"\nmodel = "hostile"\n' "$model" >>"$work/data/zhicai.toml"
serve "$work/data" remote
CHROMIUM="$browser" ADDRESS="$address" OUT="$out" HOSTILE_MODEL="$model" node "$work/hostile.mjs"
