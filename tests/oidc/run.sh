#!/usr/bin/env bash
# Signs in to a served copy through an OpenID provider of its own (`provider.py`). Needs pip and a package index.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill "${server:-}" "${provider:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "cryptography>=42,<60"
cargo build --quiet
binary=${CARGO_TARGET_DIR:-target}/debug/zhicai
address_in() {
    for _ in $(seq 600); do
        found=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$1" | head -1)
        [ -n "$found" ] && { echo "${found%/}"; return; }
        sleep 0.2
    done
    cat "$work/err" >&2
    return 1
}
"$work/venv/bin/python" tests/oidc/provider.py >"$work/provider" &
provider=$!
issuer=$(address_in "$work/provider")
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$work/data"
printf '[oidc]\nissuer = "%s"\nclient_id = "zhicai"\nbase_url = "http://127.0.0.1:%s"\n' "$issuer" "$port" >"$work/data/zhicai.toml"
ZHICAI_DENSE=off ZHICAI_OIDC_SECRET=test "$binary" --data "$work/data" serve --listen "127.0.0.1:$port" --model none >"$work/out" 2>"$work/err" &
server=$!
address=$(address_in "$work/out")
link=$("$binary" --data "$work/data" people add feng --name 冯管 --role admin --url "$address" | grep -o 'http[^ ]*welcome#[^ ]*' | head -1)
"$work/venv/bin/python" tests/oidc/walk.py "$address" "$link"
