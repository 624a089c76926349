#!/usr/bin/env python3
"""Learns a map of question vectors towards the articles that answer them, and writes corpus/ranking/questions.f16.

    V/bin/python benches/retrieval/map.py --dev DEV --folds DIR

q' = q + q W, W 384 x 384, from zero, by softmax over the gold articles, a sample of all articles and the hardest wrong ones of
each question (temperature 1/100), Adam for 40 steps, small weight decay. Also writes, into --folds, for each of the five folds
of train.py the map learned without it (K.f16) and the questions of that fold (SET.K.dev.queries.jsonl), so that the ranking is
trained on features that no map has seen the answers of. Prints nDCG@10 of the mapped vectors alone, fold by fold left out.
"""
import argparse
import collections
import gzip
import hashlib
import json
import math
import pathlib

import numpy

SETS = ("stard", "scene")
STEPS, RATE, SHARPNESS, DECAY, HARD, SAMPLE = 40, 1e-3, 100.0, 0.1, 100, 2000


def fold(qid):
    return int(hashlib.md5(qid.encode()).hexdigest(), 16) % 5


def learn(questions, articles, gold, chosen):
    draw = numpy.random.RandomState(0)
    queries = questions[chosen]
    shared = numpy.unique(numpy.concatenate([*(gold[i] for i in chosen), draw.choice(len(articles), SAMPLE, False)]))
    place = {article: at for at, article in enumerate(shared)}
    wanted = numpy.zeros((len(chosen), len(shared)), numpy.float32)
    for row, i in enumerate(chosen):
        wanted[row, [place[a] for a in gold[i]]] = 1 / len(gold[i])
    similar = queries @ articles.T
    hard = numpy.argpartition(-similar, HARD, axis=1)[:, :HARD]
    masked = numpy.isin(hard, shared)
    near, common = articles[hard], articles[shared]
    weights = numpy.zeros((queries.shape[1],) * 2, numpy.float32)
    mean, square = numpy.zeros_like(weights), numpy.zeros_like(weights)
    for step in range(1, STEPS + 1):
        mapped = queries + queries @ weights
        first = SHARPNESS * (mapped @ common.T)
        second = SHARPNESS * numpy.einsum("qd,qhd->qh", mapped, near)
        second[masked] = -1e9
        top = numpy.maximum(first.max(1), second.max(1))[:, None]
        first, second = numpy.exp(first - top), numpy.exp(second - top)
        total = (first.sum(1) + second.sum(1))[:, None]
        slope = SHARPNESS * ((first / total - wanted) @ common + numpy.einsum("qh,qhd->qd", second / total, near))
        gradient = queries.T @ slope / len(chosen) + DECAY * weights
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        weights -= RATE * (mean / (1 - 0.9**step)) / (numpy.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=pathlib.Path, required=True)
    parser.add_argument("--folds", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / "corpus/ranking/questions.f16")
    arguments = parser.parse_args()
    dev = arguments.dev
    with gzip.open(dev / "corpus.jsonl.gz", "rt", encoding="utf-8") as corpus:
        number = {json.loads(line)["id"]: at for at, line in enumerate(corpus)}
    scale = numpy.fromfile(dev / "e5small.corpus.scale.f32", numpy.float32)
    articles = numpy.fromfile(dev / "e5small.corpus.i8", numpy.int8).reshape(len(scale), -1) * scale[:, None]
    asked, of_set, gold = [], [], collections.defaultdict(list)
    for name in SETS:
        for line in (dev / f"{name}.dev.qrels.tsv").read_text().splitlines():
            qid, doc, _ = line.split("\t")
            gold[qid].append(number[doc])
        with gzip.open(dev / f"{name}.dev.queries.jsonl.gz", "rt", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        asked += lines
        of_set += [name] * len(lines)
    questions = numpy.fromfile(dev / "e5small.dev_queries.f16", numpy.float16).reshape(len(asked), -1).astype(numpy.float32)
    answers = [numpy.array(gold[q["qid"]]) for q in asked]
    folds = numpy.array([fold(q["qid"]) for q in asked])
    arguments.folds.mkdir(parents=True, exist_ok=True)
    gains = collections.defaultdict(list)
    for part in range(5):
        weights = learn(questions, articles, answers, numpy.flatnonzero(folds != part))
        weights.astype(numpy.float16).tofile(arguments.folds / f"{part}.f16")
        held = numpy.flatnonzero(folds == part)
        similar = (questions[held] + questions[held] @ weights) @ articles.T
        for row, i in enumerate(held):
            best = numpy.argsort(-similar[row])[:10]
            ideal = sum(1 / math.log2(r + 2) for r in range(min(10, len(answers[i]))))
            gains[of_set[i]].append(sum(1 / math.log2(r + 2) for r, a in enumerate(best) if a in answers[i]) / ideal)
        for name in SETS:
            with open(arguments.folds / f"{name}.{part}.dev.queries.jsonl", "w", encoding="utf-8") as file:
                for i in held:
                    if of_set[i] == name:
                        file.write(json.dumps(asked[i], ensure_ascii=False) + "\n")
    print({name: round(sum(v) / len(v), 4) for name, v in gains.items()})
    learn(questions, articles, answers, numpy.arange(len(asked))).astype(numpy.float16).tofile(arguments.out)


if __name__ == "__main__":
    main()
