#!/usr/bin/env bash
# Asks a served copy with the official Python client, unchanged. ZHICAI_OPENAI_MODEL names a model to use (an id or a GGUF
# file); without it a tiny synthetic one is written first. Needs pip and a package index.
set -euo pipefail
cd "$(dirname "$0")/../.."
client_version=3.54.0
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "openai==$client_version"
cargo build --quiet
model=${ZHICAI_OPENAI_MODEL:-}
if [ -z "$model" ]; then
    model="$work/tiny.gguf"
    ZHICAI_TINY_OUT="$model" cargo test --quiet --test it -- --ignored --exact models::a_tiny_model_is_written_for_other_programs >/dev/null
fi
binary=${CARGO_TARGET_DIR:-target}/debug/zhicai
ZHICAI_DENSE=off "$binary" --data "$work/data" serve --listen 127.0.0.1:0 --model "$model" >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 600); do
    address=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$work/out" | head -1)
    [ -n "$address" ] && break
    kill -0 "$server" 2>/dev/null || { cat "$work/err" >&2; exit 1; }
    sleep 0.5
done
[ -n "${address:-}" ] || { cat "$work/err" >&2; echo "the service did not start" >&2; exit 1; }
"$work/venv/bin/python" tests/openai/client.py "$address"
