#!/usr/bin/env python3
"""Times whole penalty decisions over HTTP: start of the service, one after the other, the same again, four at once.

    cargo build --release
    python3 benches/http/drafts.py --data DIR [--model ID] [--cases 20]

`--data` is a data directory (`zhicai setup`). The cases are teaching cases. Needs a quiet machine.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request


def call(address, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def ready(address):
    try:
        return urllib.request.urlopen(address + "/readyz").status == 200
    except urllib.error.URLError:
        return False


def draft(address, case):
    """Seconds from the request to the finished draft; the draft must be whole."""
    clock = time.perf_counter()
    job = call(address, "/api/v1/drafts", case)
    while True:
        job = call(address, f"/api/v1/drafts/{job['id']}")
        if job["status"] not in ("queued", "running"):
            break
        time.sleep(0.01)
    seconds = time.perf_counter() - clock
    assert job["status"] == "done", job
    assert job["draft"]["unsupported"] == [], job["draft"]["unsupported"]
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--cases", type=int, default=20)
    arguments = parser.parse_args()
    target = os.environ.get("CARGO_TARGET_DIR", pathlib.Path(__file__).parents[2] / "target")
    binary = [str(pathlib.Path(target) / "release" / "zhicai"), "--data", arguments.data]
    dumped = subprocess.run(
        [*binary, "bench", "drafts", "--dump", "--cases", str(arguments.cases)], check=True, stdout=subprocess.PIPE
    )
    cases = [json.loads(line) for line in dumped.stdout.splitlines()]
    figures = {"model": arguments.model, "cases": len(cases)}
    starts = []
    for attempt in range(3):
        clock = time.perf_counter()
        server = subprocess.Popen(
            [*binary, "serve", "--listen", "127.0.0.1:0", "--model", arguments.model],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        address = None
        while address is None:
            line = server.stdout.readline()
            if not line:
                sys.exit("the service did not start")
            found = re.search(r"http://[\d.:]+", line)
            address = found and found.group()
        while not ready(address):
            time.sleep(0.01)
        starts.append(time.perf_counter() - clock)
        if attempt < 2:
            server.terminate()
            server.wait()
    try:
        figures["start_seconds"] = [round(s, 2) for s in starts]
        first = [draft(address, case) for case in cases]
        second = [draft(address, case) for case in cases]
        figures["first_median"], figures["first_slowest"] = statistics.median(first), max(first)
        figures["second_median"], figures["second_slowest"] = statistics.median(second), max(second)
        together = []
        for at in range(0, len(cases) - 3, 4):
            clock = time.perf_counter()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda case: draft(address, case), cases[at:at + 4]))
            together.append((time.perf_counter() - clock) / statistics.mean(second[at:at + 4]))
        figures["four_at_once_over_one"] = statistics.median(together)
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        figures["peak_mib"] = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
    finally:
        server.terminate()
        server.wait()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
