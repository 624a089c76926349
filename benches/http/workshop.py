#!/usr/bin/env python3
"""A class of simulated participants on a served copy: all join, then answer one case within some seconds, some of them twice.

    zhicai --data DIR people add trainer --name 培训师 --role trainer --url http://127.0.0.1:8088     # prints a one-time link
    python3 benches/http/workshop.py http://127.0.0.1:8088 --link 'http://…/welcome#…' [--people 100] [--seconds 30]

Says how many answers are stored, and how long each took from being sent until the class view heard of it over server-sent events.
Exit 1 when an answer is missing or doubled, or the class view was later than two seconds.
"""

import argparse
import http.client
import json
import random
import statistics
import sys
import threading
import time
import urllib.parse

PASSWORD = "云岫湖边的第三棵树开花了"


class Client:
    """One connection's worth of requests, with its cookie and proof."""

    def __init__(self, address):
        self.host = urllib.parse.urlsplit(address).netloc
        self.cookie, self.csrf = None, None

    def send(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        headers = {"content-type": "application/json"}
        if self.cookie:
            headers["cookie"] = self.cookie
        if self.csrf:
            headers["x-zhicai-csrf"] = self.csrf
        connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
        response = connection.getresponse()
        set_cookie = response.getheader("set-cookie")
        if set_cookie:
            self.cookie = set_cookie.split(";")[0]
        data = response.read()
        connection.close()
        answer = json.loads(data) if data.startswith((b"{", b"[")) else {}
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {answer}")
        return answer


class View(threading.Thread):
    """The class view: notes when each number of answers was first heard of."""

    def __init__(self, trainer, path):
        super().__init__(daemon=True)
        self.trainer, self.path, self.heard, self.ready = trainer, path, {}, threading.Event()

    def run(self):
        connection = http.client.HTTPConnection(self.trainer.host, timeout=120)
        connection.request("GET", self.path, headers={"cookie": self.trainer.cookie})
        stream = connection.getresponse()
        while line := stream.readline():
            if line.startswith(b"data:"):
                pulse, now = json.loads(line[5:]), time.monotonic()
                self.ready.set()
                for person in pulse["people"]:
                    if person["answered"]:
                        self.heard.setdefault(person["name"], now)


def together(work, items):
    threads = [threading.Thread(target=work, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--link", required=True, help="one-time link of a trainer")
    parser.add_argument("--login", default="trainer")
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    args = parser.parse_args()
    trainer, chance = Client(args.address), random.Random(7)
    token = args.link.split("#")[1]
    trainer.send("POST", "/api/v1/invitations/accept", {"token": token, "password": PASSWORD})
    trainer.csrf = trainer.send("POST", "/api/v1/sessions", {"login": args.login, "password": PASSWORD})["csrf"]
    made = trainer.send("POST", "/api/v1/workshops/sets", {"title": "一百人", "cases": ["tc-mb64-01"], "points": 20})
    room = trainer.send("POST", "/api/v1/workshops", {"set": made["id"]})
    base = f"/api/v1/workshops/{room['id']}"
    guests, failed = {}, []

    def join(n):
        guest, name = Client(args.address), f"学员{n:03}"
        try:
            guest.csrf = guest.send("POST", "/api/v1/join", {"code": room["code"], "name": name})["csrf"]
            guests[name] = guest
        except Exception as e:  # told at the end
            failed.append(e)

    began = time.monotonic()
    together(join, range(args.people))
    joined = time.monotonic() - began
    trainer.send("POST", base + "/moves", {"move": "start", "from": {"question": 0, "stage": "waiting"}})
    view = View(trainer, base + "/events")
    view.start()
    view.ready.wait(10)
    sent, took = {}, []
    due = {name: chance.uniform(0, args.seconds) for name in guests}

    def answer(name):
        guest = guests[name]
        time.sleep(due[name])
        body = {"tier": chance.choice(["lenient", "general"]), "kinds": ["fine"],
                "fine_fen": chance.randrange(100, 500) * 100_000, "articles": [0], "reason": "理由" * 50}
        path = f"/api/v1/join/{room['code']}/answers/0"
        try:
            guest.send("GET", f"/api/v1/join/{room['code']}")
            sent[name] = time.monotonic()
            guest.send("PUT", path, body)
            took.append(time.monotonic() - sent[name])
            if chance.random() < 0.2:
                guest.send("PUT", path, body)
        except Exception as e:  # told at the end
            failed.append(e)

    together(answer, list(guests))
    time.sleep(2.5)
    seen = trainer.send("GET", base)
    trainer.send("POST", base + "/moves", {"move": "close", "from": {"question": 0, "stage": "answering"}})
    closed = trainer.send("GET", base)
    latency = sorted(view.heard[n] - sent[n] for n in sent if n in view.heard)
    result = {
        "people": args.people, "joined": len(guests), "joining_s": round(joined, 2), "failed": [str(e) for e in failed[:5]],
        "stored": closed["spread"]["answered"], "class_view_answered": seen["pulse"]["answered"], "heard_over_sse": len(latency),
        "answer_ms_median": round(statistics.median(took) * 1000, 1), "answer_ms_max": round(max(took) * 1000, 1),
        "view_ms_median": round(statistics.median(latency) * 1000, 1), "view_ms_max": round(latency[-1] * 1000, 1),
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))
    whole = result["stored"] == result["heard_over_sse"] == args.people and not failed
    sys.exit(0 if whole and latency[-1] < 2 else 1)


if __name__ == "__main__":
    main()
