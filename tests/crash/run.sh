#!/usr/bin/env bash
# Kills the service a few times under writers and a running draft and looks for anything lost; benches/http/crash.py is the
# large version. Needs Python 3 and no network.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --quiet
python3 -B benches/http/crash.py --debug --kills 8 --writers 8 --require-drafts
