#!/usr/bin/env python3
"""Officers at work while drafts are being written: errors, and times of everything that is not the model's.

    cargo build --release
    python3 benches/http/load.py --officers 50 --seconds 30 --data DIR --model ID [--cases 10000] [--think 1,5] [--debug]

`--data` is a set-up data directory whose statutes are used (copied, never written to); without it one small law is enough.
`--model` is a model of the installed ones; without it a server that writes slowly stands in, which takes no processor time:
then the figures say nothing about drafting on the same cores, and the summary says so.

First one officer alone makes the same requests, one after the other (idle). Then all officers do, each on a connection of its own,
pausing between two requests for a time drawn from `--think` (seconds, from,to), and then once more without any pause, which is
no office but shows where the limit is. Needs a quiet machine. Exits with 1 on any error.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import sys
import tempfile
import threading
import time
import uuid

from town import Gone, Refused, SlowModel, Town, binary, facts, prepare, registration

# What officers do, out of a hundred requests.
MIX = {"list mine": 30, "list": 5, "look": 20, "save facts": 25, "dues": 10, "open": 5, "search in list": 5}


class Times:
    """Milliseconds by kind of request, and what went wrong."""

    def __init__(self):
        self.of, self.errors, self.lock = collections.defaultdict(list), collections.Counter(), threading.Lock()

    def add(self, kind, seconds):
        with self.lock:
            self.of[kind].append(seconds * 1000)

    def failed(self, kind, why):
        with self.lock:
            self.errors[f"{kind}: {why}"] += 1

    def summary(self, seconds):
        all_of = [t for times in self.of.values() for t in times]
        told = {kind: figures(times) for kind, times in sorted(self.of.items())}
        return {"all": figures(all_of), "per_second": round(len(all_of) / seconds, 1), "by_request": told,
                "errors": sum(self.errors.values()), "error_kinds": dict(self.errors.most_common(10))}


def figures(times):
    ordered = sorted(times)
    at = lambda share: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2) if ordered else None
    return {"n": len(ordered), "p50": at(0.50), "p95": at(0.95), "p99": at(0.99), "max": at(1)}


class Officer:
    """One person with a few cases; every request is timed."""

    def __init__(self, town, token, seed):
        self.client, self.random, self.cases = town.client(token), random.Random(seed), {}

    def begin(self):
        for _ in range(3):
            self.open(uuid.uuid4().hex)

    def open(self, mark):
        answer = self.client.expect("POST", "/api/v1/cases", registration(mark), str(uuid.uuid4()))
        self.cases[answer["case_no"]] = answer["version"]

    def one(self, times, kind=None):
        kind = kind or self.random.choices(list(MIX), list(MIX.values()))[0]
        case, mark = self.random.choice(list(self.cases)), uuid.uuid4().hex
        method, path, body = "GET", None, None
        match kind:
            case "list mine": path = "/api/v1/cases?mine=true&limit=50"
            case "list": path = "/api/v1/cases"
            case "search in list": path = f"/api/v1/cases?q={case[-3:]}"
            case "look": path = f"/api/v1/cases/{case}"
            case "dues": path = "/api/v1/dues"
            case "open": method, path, body = "POST", "/api/v1/cases", registration(mark)
            case _: method, path, body = "POST", f"/api/v1/cases/{case}/facts", {"version": self.cases[case], "case": facts(mark)}
        body = None if body is None else json.dumps(body, ensure_ascii=False)
        clock = time.perf_counter()
        try:
            status, _, raw = self.client.exchange(method, path, body, str(uuid.uuid4()) if body else None)
        except Gone as e:
            return times.failed(kind, str(e))
        times.add(kind, time.perf_counter() - clock)
        if status not in (200, 201):
            return times.failed(kind, f"{status} {raw[:200].decode(errors='replace')}")
        if method == "POST":
            answer = json.loads(raw)
            self.cases[answer["case_no"]] = answer["version"]


class Drafting(threading.Thread):
    """Drafts of the person's case, one after the other, as long as it is wanted."""

    def __init__(self, town, token, times):
        super().__init__(daemon=True)
        self.client, self.times, self.over, self.done = town.client(token), times, False, []

    def run(self):
        try:
            while not self.over:
                case = self.client.expect("POST", "/api/v1/cases", registration(uuid.uuid4().hex))["case_no"]
                clock = time.perf_counter()
                started = self.client.expect("POST", f"/api/v1/cases/{case}/drafts", {"kind": "penalty_decision"})
                while (draft := self.client.expect("GET", f"/api/v1/drafts/{started['id']}"))["status"] in ("queued", "running"):
                    if self.over:
                        return
                    time.sleep(0.25)
                if draft["status"] != "done":
                    raise Refused(f"{draft['status']} {draft.get('error')}")
                self.done.append(time.perf_counter() - clock)
        except (Gone, Refused) as e:
            if not self.over:
                self.times.failed("draft", str(e))


def work(officers, seconds, think):
    """All officers at once for that long."""
    times, until = Times(), time.perf_counter() + seconds

    def one(officer):
        time.sleep(officer.random.uniform(0, think[1]))
        while time.perf_counter() < until:
            officer.one(times)
            time.sleep(officer.random.uniform(*think))

    threads = [threading.Thread(target=one, args=(officer,), daemon=True) for officer in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def alone(officer, requests):
    times = Times()
    for n in range(requests):
        officer.one(times, list(MIX)[n % len(MIX)] if n < 3 * len(MIX) else None)
        time.sleep(0.01)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--officers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--cases", type=int, default=0, help="cases put in before")
    parser.add_argument("--drafts", type=int, default=2, help="drafts being written all the time")
    parser.add_argument("--think", default="1,5")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--model")
    parser.add_argument("--debug", action="store_true", help="the dev binary instead of the release one")
    arguments = parser.parse_args()
    program = binary(not arguments.debug)
    with tempfile.TemporaryDirectory(prefix="zhicai-load-") as folder:
        data = pathlib.Path(folder) / "data"
        prepare(data, program, arguments.data)
        if arguments.model is None:
            SlowModel(seconds=4).settings(data)
        town = Town(data, program, arguments.model or "remote")
        try:
            sys.exit(load(town, arguments))
        finally:
            town.stop()


def load(town, arguments):
    town.start()
    names = [(f"officer{i}", ["officer"]) for i in range(arguments.officers)]
    drafters = [(f"drafter{i}", ["officer"]) for i in range(arguments.drafts)]
    people = town.populate([*names, *drafters])
    officers = [Officer(town, people[name][1], n) for n, (name, _) in enumerate(names)]
    clock = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        # No two threads may use the connection of one officer.
        def fill(officer):
            officer.begin()
            for _ in range(arguments.cases // len(officers)):
                officer.open(uuid.uuid4().hex)
        list(pool.map(fill, officers))
    summary = {"officers": arguments.officers, "cases": arguments.cases, "filled_in_seconds": round(time.perf_counter() - clock, 1),
               "model": arguments.model or "a slow server elsewhere: no drafting on these cores"}
    summary["idle"] = alone(officers[0], 300).summary(1)
    summary["idle"].pop("per_second")
    think = tuple(float(t) for t in arguments.think.split(","))
    errors = summary["idle"]["errors"]
    for name, pause, seconds in (("working", think, arguments.seconds), ("no_pause", (0, 0), min(arguments.seconds, 10))):
        trouble = Times()
        drafting = [Drafting(town, people[d][1], trouble) for d, _ in drafters]
        for draft in drafting:
            draft.start()
        time.sleep(1)
        before, began = town.cpu_seconds(), time.perf_counter()
        times = work(officers, seconds, pause)
        spent = time.perf_counter() - began
        told = times.summary(spent)
        told["service_cores"] = round((town.cpu_seconds() - before) / spent, 2)
        told["pause_seconds"], told["p95_over_idle"] = list(pause), round(told["all"]["p95"] / summary["idle"]["all"]["p95"], 2)
        for draft in drafting:
            draft.over = True
        finished = [seconds for draft in drafting for seconds in draft.done]
        for draft in drafting:
            draft.join(10)
        told["drafts"] = {"finished": len(finished), "seconds_each": round(sum(finished) / len(finished), 1) if finished else None,
                          "errors": dict(trouble.errors)}
        errors += told["errors"] + sum(trouble.errors.values())
        summary[name] = told
    summary["peak_mib"] = round(town.peak_mib())
    print(json.dumps(summary, indent=1, ensure_ascii=False))
    return 1 if errors else 0


if __name__ == "__main__":
    main()
