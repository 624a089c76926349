#!/usr/bin/env python3
"""Kills the service with SIGKILL at random moments under writers and a running draft, and looks for anything lost.

    cargo build --release
    python3 benches/http/crash.py --kills 200 --writers 20 [--data DIR] [--debug] [--seed N]

`--data` is a set-up data directory whose statutes are used (copied, never written to); without it one small law is enough.
Every answer that a writer got is kept by the writer. After each restart every acknowledged version, event and parked save must
be there word for word, requests that got no answer are sent again under their Idempotency-Key, some that did get one as well;
in the end each of them has happened exactly once. Exits with 1 when anything was lost.
"""
import argparse
import collections
import json
import pathlib
import random
import sqlite3
import sys
import tempfile
import threading
import time
import uuid

from town import Gone, Refused, SlowModel, Town, binary, chain_faults, facts, prepare, registration, verify

SAVES_PER_CASE = 12


class Gate:
    """Open while the writers may write."""

    def __init__(self):
        self.open, self.over = threading.Event(), False

    def wait(self):
        self.open.wait()
        return not self.over


class Writer(threading.Thread):
    """Opens cases and saves facts as one officer; two writers share an officer and now and then a case."""

    def __init__(self, number, town, token, shared, gate, seed):
        super().__init__(daemon=True)
        self.number, self.town, self.token, self.shared, self.gate = number, town, token, shared, gate
        self.random, self.case, self.version, self.saves = random.Random(seed), None, 0, 0
        self.acks, self.tried, self.faults, self.resent = [], {}, [], 0

    def run(self):
        client = self.town.client(self.token)
        while self.gate.wait():
            try:
                self.write(client)
            except Refused as e:
                self.faults.append(str(e))
                return

    def send(self, client, kind, path, body, mark):
        """Until there is an answer; the same request under the same key each time."""
        key, body = str(uuid.uuid4()), json.dumps(body, ensure_ascii=False)
        attempts = 0
        self.tried[mark] = kind
        while True:
            if not self.gate.wait():
                return None
            try:
                status, answer = client.request("POST", path, body, key)
            except Gone:
                attempts += 1
                continue
            self.resent += attempts > 0
            if status >= 500 or status == 429:
                raise Refused(f"{path}: {status} {answer}")
            self.acks.append({"kind": kind, "mark": mark, "status": status, "answer": answer, "path": path, "body": body,
                              "key": key, "token": self.token})
            return status, answer

    def write(self, client):
        mark = uuid.uuid4().hex
        if self.case is None or self.saves >= SAVES_PER_CASE:
            done = self.send(client, "open", "/api/v1/cases", registration(mark), mark)
            if done is None:
                return
            status, answer = done
            if status != 201:
                raise Refused(f"opening: {status} {answer}")
            self.case, self.version, self.saves = answer["case_no"], answer["version"], 0
            self.shared[self.number // 2] = (self.case, self.version)
            return
        case, version = self.case, self.version
        common = self.shared.get(self.number // 2)
        if common and self.random.random() < 0.3:
            case, version = common
        done = self.send(client, "save", f"/api/v1/cases/{case}/facts", {"version": version, "case": facts(mark)}, mark)
        if done is None:
            return
        status, answer = done
        self.saves += 1
        if status == 200:
            version = answer["version"]
        elif status == 409 and answer["code"] == "store.stale_version":
            version = int(answer["missing"][0].split("=")[1])
        else:
            raise Refused(f"saving: {status} {answer}")
        if case == self.case:
            self.version = version
        if common and case == common[0]:
            self.shared[self.number // 2] = (case, version)


class Drafter(threading.Thread):
    """Keeps a draft of a case under way; what it has seen written must stay as it was, and the draft must end."""

    def __init__(self, town, token, gate):
        super().__init__(daemon=True)
        self.town, self.token, self.gate = town, token, gate
        # Drafts that ended; restarts in the midst of one of which some passages, but not all, were written.
        self.ended, self.half_written, self.faults, self.midway = 0, 0, [], False

    def ask(self, client, method, path, body=None, key=None):
        while self.gate.wait():
            try:
                return client.request(method, path, body, key)
            except Gone:
                self.half_written += self.midway
                self.midway = False
                time.sleep(0.05)
        return None

    def run(self):
        client = self.town.client(self.token)
        while self.gate.wait():
            try:
                self.one(client)
            except (Refused, KeyError, TypeError) as e:
                self.faults.append(f"draft: {type(e).__name__} {e}")
                return

    def one(self, client):
        opened = self.ask(client, "POST", "/api/v1/cases", registration(uuid.uuid4().hex), str(uuid.uuid4()))
        if opened is None:
            return
        case = opened[1]["case_no"]
        started = self.ask(client, "POST", f"/api/v1/cases/{case}/drafts", {"kind": "penalty_decision"}, str(uuid.uuid4()))
        if started is None:
            return
        if started[0] != 202:
            raise Refused(f"starting: {started}")
        name, passages = started[1]["id"], {}
        while (asked := self.ask(client, "GET", f"/api/v1/drafts/{name}")) is not None:
            if asked[0] != 200:
                raise Refused(f"the draft {name} is gone: {asked}")
            for passage in (asked[1].get("draft") or {}).get("passages", []):
                if passage.get("written"):
                    before = passages.setdefault(passage["field"], passage["text"])
                    if before != passage["text"]:
                        raise Refused(f"{name} {passage['field']} was written twice: {before} / {passage['text']}")
            state = asked[1]["status"]
            self.midway = state == "running" and bool(passages)
            if state not in ("queued", "running"):
                self.ended += 1
                if state != "done":
                    raise Refused(f"the draft {name} ended as {state}: {asked[1]}")
                return
            time.sleep(0.05)


def check(auditor, acks):
    """Every acknowledged write stands as it was acknowledged."""
    faults, cases = [], collections.defaultdict(list)
    for ack in acks:
        case = ack["answer"].get("case_no") or ack["path"].split("/")[4]
        cases[case].append(ack)
    for case, own in cases.items():
        status, view = auditor.request("GET", f"/api/v1/cases/{case}")
        if status != 200:
            faults.append(f"case {case} is lost: {status} {view}")
            continue
        record = auditor.expect("GET", f"/api/v1/cases/{case}/record")
        events = {e["seq"]: e for e in record["events"]}
        parked = {p["step"] for p in view["parked"]}
        for ack in own:
            answer, mark = ack["answer"], ack["mark"]
            if ack["status"] == 409:
                if not any(mark in step for step in parked):
                    faults.append(f"case {case}: the parked save {mark} is lost")
                continue
            event = events.get(answer["seq"])
            if event is None or event["hash"] != answer["hash"] or event["version"] != answer["version"]:
                faults.append(f"case {case}: event {answer['seq']} of version {answer['version']} is {event}")
            elif mark not in event["detail"]:
                faults.append(f"case {case}: event {answer['seq']} does not hold what was saved")
            if view["version"] < answer["version"]:
                faults.append(f"case {case}: version {answer['version']} is lost, {view['version']} is there")
            if view["version"] == answer["version"] and mark not in json.dumps(view["dossier"]["case"], ensure_ascii=False):
                faults.append(f"case {case}: version {answer['version']} has other content")
    return faults


def repeat(town, acks):
    """The same requests again: the same answers."""
    faults = []
    for ack in acks:
        status, answer = town.client(ack["token"]).request("POST", ack["path"], ack["body"], ack["key"])
        if (status, answer) != (ack["status"], ack["answer"]):
            faults.append(f"repeating {ack['kind']} {ack['mark']}: {status} {answer} instead of {ack['status']} {ack['answer']}")
    return faults


def once_each(data, writers):
    """Whatever was asked for, answered or not, happened at most once, and whatever was answered exactly once."""
    happened, parked = collections.Counter(), collections.Counter()
    with sqlite3.connect(f"file:{data / 'zhicai.db'}?mode=ro", uri=True) as database:
        for action, detail in database.execute("SELECT action, detail FROM events WHERE action IN ('case.opened', 'case.changed')"):
            told = json.loads(detail)
            text = told["clue"]["summary"] if action == "case.opened" else told["step"].get("case", {}).get("facts", {}).get("narrative", "")
            if "记号" in text:
                happened[text.split("记号")[1].rstrip("。")] += 1
        for (step,) in database.execute("SELECT step FROM case_conflicts"):
            parked[json.loads(step)["case"]["facts"]["narrative"].split("记号")[1].rstrip("。")] += 1
    faults = []
    for writer in writers:
        answered = {a["mark"]: a["status"] for a in writer.acks}
        for mark in writer.tried:
            done, kept, status = happened[mark], parked[mark], answered.get(mark)
            if done + kept > 1:
                faults.append(f"{mark} happened {done} times and was parked {kept} times")
            if status in (200, 201) and done != 1 or status == 409 and kept != 1:
                faults.append(f"{mark} was answered {status}, happened {done} times, was parked {kept} times")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--debug", action="store_true", help="the dev binary instead of the release one")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--require-drafts", action="store_true", help="fail when the service has no drafts of cases")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    chance, clock = random.Random(seed), time.perf_counter()
    print(f"seed {seed}", flush=True)
    program = binary(not arguments.debug)
    with tempfile.TemporaryDirectory(prefix="zhicai-crash-") as folder:
        data = pathlib.Path(folder) / "data"
        prepare(data, program, arguments.data)
        model = SlowModel(seconds=0.15)
        model.settings(data)
        town = Town(data, program, "remote")
        try:
            sys.exit(siege(town, arguments, chance, clock))
        finally:
            town.stop()


def siege(town, arguments, chance, clock):
    starts = [town.start()]
    officers = [(f"officer{i}", ["officer"]) for i in range((arguments.writers + 1) // 2)]
    people = town.populate([*officers, ("drafter", ["officer"]), ("auditor", ["supervisor"])])
    gate, shared = Gate(), {}
    writers = [Writer(i, town, people[f"officer{i // 2}"][1], shared, gate, chance.random()) for i in range(arguments.writers)]
    paths = town.client().expect("GET", "/api/v1/openapi.json")["paths"]
    durable = "post" in paths.get("/api/v1/cases/{no}/drafts", {})
    drafter = Drafter(town, people["drafter"][1], gate) if durable else None
    if arguments.require_drafts and not durable:
        print("the service has no drafts of cases")
        return 1
    threads = [*writers, *([drafter] if drafter else [])]
    for thread in threads:
        thread.start()
    faults, seen, in_start, checks = [], [0] * len(writers), 0, []
    for number in range(1, arguments.kills + 1):
        gate.open.set()
        time.sleep(chance.uniform(0.05, 1.5))
        town.kill()
        gate.open.clear()
        if number % 5 == 0:
            # Also while it starts.
            town.spawn()
            time.sleep(chance.uniform(0.05, 0.6))
            town.kill()
            in_start += 1
        starts.append(town.start())
        # Writers that were waiting for an answer stand at the gate by now, or get there on their own.
        began = time.perf_counter()
        fresh = []
        for i, writer in enumerate(writers):
            upto = len(writer.acks)
            fresh += writer.acks[seen[i]:upto]
            seen[i] = upto
            faults += writer.faults
        faults += drafter.faults if drafter else []
        faults += check(town.client(people["auditor"][1]), fresh)
        faults += repeat(town, chance.sample(fresh, min(5, len(fresh))))
        if number % 25 == 0 or number == arguments.kills:
            faults += verify(town)
            print(f"{number} kills, {sum(seen)} writes acknowledged, {len(faults)} faults", flush=True)
        checks.append(time.perf_counter() - began)
        if faults:
            break
    # The last draft ends and every request that got no answer gets one.
    gate.open.set()
    time.sleep(1)
    deadline = time.time() + 30
    while drafter and drafter.is_alive() and drafter.ended == 0 and time.time() < deadline:
        time.sleep(0.1)
    gate.over = True
    for thread in threads:
        thread.join(20)
        faults += thread.faults if isinstance(thread, Writer) else []
    if drafter:
        faults += [f for f in drafter.faults if f not in faults]
        if drafter.ended == 0:
            faults.append("no draft came to an end")
        if drafter.half_written == 0 and arguments.kills >= 50:
            faults.append("no kill met a draft half-written: nothing is known about continuing")
    faults += check(town.client(people["auditor"][1]), [a for i, w in enumerate(writers) for a in w.acks[seen[i]:]])
    faults += verify(town)
    town.stop()
    broken, hashes = chain_faults(town.data)
    faults += broken + once_each(town.data, writers)
    for writer in writers:
        for ack in writer.acks:
            if ack["status"] != 409 and hashes.get(ack["answer"]["seq"]) != ack["answer"]["hash"]:
                faults.append(f"event {ack['answer']['seq']} of {ack['mark']} is not in the record")
    summary = {
        "kills": arguments.kills, "kills_while_starting": in_start, "writers": len(writers), "seconds": round(time.perf_counter() - clock, 1),
        "acknowledged": sum(len(w.acks) for w in writers), "parked": sum(a["status"] == 409 for w in writers for a in w.acks),
        "sent_again": sum(w.resent for w in writers), "events": len(hashes),
        "drafts_ended": drafter.ended if drafter else None,
        "drafts_continued_half_written": drafter.half_written if drafter else None, "start_seconds_median": round(sorted(starts)[len(starts) // 2], 3),
        "check_seconds_median": round(sorted(checks)[len(checks) // 2], 3), "faults": len(faults),
    }
    print(json.dumps(summary, indent=1))
    for fault in dict.fromkeys(faults[:50]):
        print(f"LOST: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    main()
