#!/usr/bin/env python3
"""Trains the ranking of articles (LambdaMART and a linear model, together) and writes corpus/ranking/articles.json.

    cargo build --release && target/release/zhicai setup --model none
    python3 -m venv V && V/bin/pip install lightgbm==4.7.0 numpy scipy
    V/bin/python benches/retrieval/map.py --dev DEV --folds F
    for s in stard scene; do for k in 0 1 2 3 4; do target/release/zhicai eval retrieval --corpus DEV/corpus.jsonl.gz \\
        --queries F/$s.$k.dev.queries.jsonl --map F/$k.f16 --out F/$s.$k.run --features F/$s.$k.features; done; done
    V/bin/python benches/retrieval/train.py --dev DEV --features F/*.features [--out FILE]

`zhicai eval retrieval --ranking FILE` ranks with a model before it is shipped. All candidates are trained on: trees that saw only
the best hundred misjudge the others (nDCG@10 of questions .42 instead of .59).

Prints five-fold cross-validation first: folds by hash of the question's id; how often a law or an article is asked for is
counted on the training folds only, and for the training questions themselves on the other sixths of them. The shipped model
is then trained on everything, with features under the maps that left a question out. Only public development questions are used.
The linear model is fitted by a softmax over the candidates of each question; long questions have weights of their own on top of
the common ones, for scenes tell a story before they ask. Scores of both are standardised per question and added by shares.
"""
import argparse
import collections
import gzip
import hashlib
import json
import math
import pathlib

import lightgbm
import numpy
import scipy.optimize

PARAMETERS = dict(
    objective="lambdarank", learning_rate=0.07, num_leaves=15, min_data_in_leaf=50, feature_fraction=0.5, bagging_fraction=0.8,
    bagging_freq=1, lambda_l2=5, lambdarank_truncation_level=20, verbose=-1, num_threads=1, seed=7, deterministic=True,
)
ROUNDS = 140
WEIGHT = {"scene": 3}  # there are a quarter as many scenes as questions
LONG = 40  # characters of a long question
PENALTY = 20  # on the squares of the linear weights
TREES_SHARE = 0.4


def fold(qid, count, salt=""):
    return int(hashlib.md5((salt + qid).encode()).hexdigest(), 16) % count


class Question:
    def __init__(self, qid, gold, weight):
        self.qid, self.gold, self.weight, self.ids, self.rows = qid, gold, weight, [], []

    def ready(self):
        self.rows = numpy.array(self.rows, numpy.float32)
        self.relevant = numpy.array([self.gold.get(i, 0) for i in self.ids])
        return self


def read(dev, path, names):
    """Questions of one feature file, SET.FOLD.features: those of one fold, under a map that was learned without it."""
    name, part = path.name.split(".")[:2]
    gold = collections.defaultdict(dict)
    for line in (dev / f"{name}.dev.qrels.tsv").read_text().splitlines():
        qid, doc, grade = line.split("\t")
        gold[qid][doc] = int(grade)
    found = {}
    with open(path, encoding="utf-8") as file:
        head = file.readline().rstrip("\n").split("\t")[2:]
        assert not names or names == head
        names[:] = head
        for line in file:
            qid, doc, *row = line.rstrip("\n").split("\t")
            question = found.setdefault(qid, Question(qid, gold[qid], WEIGHT.get(name, 1)))
            question.ids.append(doc)
            question.rows.append([float(v) for v in row])
    assert all(fold(qid, 5) == int(part) for qid in found)
    return name, [q.ready() for q in found.values()]


class Asked:
    """How often laws and articles were asked for in some questions."""

    def __init__(self, questions, place, names):
        self.columns = names.index("law_asked"), names.index("article_asked")
        self.laws, self.articles = collections.Counter(), collections.Counter()
        for question in questions:
            for doc in question.gold:
                law, article = place[doc]
                self.laws[law] += 1
                self.articles[f"{law}#{article}"] += 1
        self.total = max(sum(self.laws.values()), 1)

    def rows(self, question, place):
        rows = question.rows.copy()
        for row, doc in zip(rows, question.ids):
            law, article = place[doc]
            row[self.columns[0]] = math.log((self.laws[law] + 0.5) / self.total)
            row[self.columns[1]] = math.log1p(self.articles[f"{law}#{article}"])
        return rows


class Linear:
    """`Σ w·z + Σ u·z` over standardised features, the second sum for long questions only."""

    def __init__(self, questions, rows, length):
        every = numpy.vstack(rows).astype(numpy.float64)
        self.length, self.mean, self.deviation = length, every.mean(0), every.std(0) + 1e-9
        z = numpy.vstack([self.features(r) for r in rows])
        starts = numpy.cumsum([0] + [len(r) for r in rows])[:-1]
        counts = [len(r) for r in rows]
        target = numpy.concatenate([q.relevant / q.relevant.sum() for q in questions])
        weight = numpy.array([q.weight for q in questions], float)

        def loss(w):
            scores = z @ w
            most = numpy.maximum.reduceat(scores, starts)
            e = numpy.exp(scores - numpy.repeat(most, counts))
            total = numpy.add.reduceat(e, starts)
            value = (weight * (most + numpy.log(total) - numpy.add.reduceat(target * scores, starts))).sum()
            slope = z.T @ (numpy.repeat(weight, counts) * (e / numpy.repeat(total, counts) - target))
            return value + PENALTY * (w @ w) / 2, slope + PENALTY * w

        self.weights = scipy.optimize.minimize(loss, numpy.zeros(z.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x

    def features(self, rows):
        z = (rows - self.mean) / self.deviation
        return numpy.hstack([z, z if rows[0, self.length] > LONG else numpy.zeros_like(z)])

    def predict(self, rows):
        return self.features(rows) @ self.weights


class Model:
    def __init__(self, questions, place, names):
        used = [q for q in questions if q.relevant.any()]
        sixths = [Asked([q for q in questions if fold(q.qid, 6, "x") != s], place, names) for s in range(6)]
        rows = [sixths[fold(q.qid, 6, "x")].rows(q, place) for q in used]
        counts = [len(q.ids) for q in used]
        weights = numpy.repeat([float(q.weight) for q in used], counts)
        data = lightgbm.Dataset(numpy.vstack(rows), numpy.concatenate([q.relevant for q in used]), group=counts, weight=weights)
        self.trees = lightgbm.train(PARAMETERS, data, ROUNDS)
        self.linear = Linear(used, rows, names.index("question_length"))
        self.asked = Asked(questions, place, names)

    def predict(self, question, place):
        rows = self.asked.rows(question, place)
        standardised = lambda v: (v - v.mean()) / max(v.std(), 1e-9)
        trees, linear = self.trees.predict(rows), self.linear.predict(rows)
        return TREES_SHARE * standardised(trees) + (1 - TREES_SHARE) * standardised(linear)


def gain(ranked, gold, depth=10):
    best = sum((2**g - 1) / math.log2(i + 2) for i, g in enumerate(sorted(gold.values(), reverse=True)[:depth]))
    return sum((2 ** gold.get(d, 0) - 1) / math.log2(i + 2) for i, d in enumerate(ranked[:depth])) / best


def validate(sets, place, names):
    results = {name: [] for name in sets}
    for part in range(5):
        training = [q for questions in sets.values() for q in questions if fold(q.qid, 5) != part]
        model = Model(training, place, names)
        for name, questions in sets.items():
            for question in (q for q in questions if fold(q.qid, 5) == part):
                order = numpy.argsort(-model.predict(question, place), kind="stable")
                ranked = [question.ids[i] for i in order]
                recall = len(set(ranked[:10]) & set(question.gold)) / len(question.gold)
                results[name].append((gain(ranked, question.gold), recall))
    return {
        name: dict(zip(("ndcg_at_10", "recall_at_10"), (round(float(v), 4) for v in numpy.mean(values, 0))))
        for name, values in results.items()
    }


def short(values):
    return [float(f"{v:.7g}") for v in values]


def flat(tree):
    """A tree as parallel lists; parents stand before their children, a leaf is the complement of its place."""
    nodes, leaves = [], []

    def walk(node):
        if "leaf_value" in node:
            leaves.append(node["leaf_value"])
            return ~(len(leaves) - 1)
        at = len(nodes)
        nodes.append([node["split_feature"], node["threshold"], None, None])
        nodes[at][2] = walk(node["left_child"])
        nodes[at][3] = walk(node["right_child"])
        return at

    walk(tree["tree_structure"])
    columns = list(zip(*nodes)) or [[], [], [], []]
    return {
        "feature": list(columns[0]), "threshold": short(columns[1]), "left": list(columns[2]), "right": list(columns[3]),
        "leaf": short(leaves),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=pathlib.Path, required=True)
    parser.add_argument("--features", type=pathlib.Path, nargs="+", required=True)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / "corpus/ranking/articles.json")
    arguments = parser.parse_args()
    place = {}
    with gzip.open(arguments.dev / "corpus.jsonl.gz", "rt", encoding="utf-8") as corpus:
        for line in corpus:
            doc = json.loads(line)
            place[doc["id"]] = (doc["law"].removeprefix("中华人民共和国"), doc["num"] or 0)
    names = []
    sets = collections.defaultdict(list)
    for path in arguments.features:
        name, questions = read(arguments.dev, path, names)
        sets[name] += questions
    measured = validate(sets, place, names)
    print(json.dumps(measured, indent=1))
    everything = [q for questions in sets.values() for q in questions]
    model = Model(everything, place, names)
    trees = [flat(tree) for tree in model.trees.dump_model()["tree_info"]]
    half = len(names)
    linear = {
        "mean": short(model.linear.mean), "deviation": short(model.linear.deviation), "weight": short(model.linear.weights[:half]),
        "weight_long": short(model.linear.weights[half:]), "long": LONG,
    }
    about = {
        "method": "LambdaMART (lightgbm 4.7.0) and a linear softmax model, benches/retrieval/train.py",
        "trained_on": {name: len(questions) for name, questions in sets.items()},
        "cross_validation": measured,
        "gain": dict(sorted(zip(names, (round(float(g)) for g in model.trees.feature_importance("gain"))), key=lambda p: -p[1])),
    }
    lines = [json.dumps({"about": about, "features": names}, ensure_ascii=False, indent=1)[:-2] + ',\n "trees": [']
    lines.append(",\n".join("  " + json.dumps(tree, separators=(",", ":")) for tree in trees))
    asked = model.asked
    counted = {"laws": dict(sorted(asked.laws.items())), "articles": dict(sorted(asked.articles.items())), "total": asked.total}
    lines.append(f' ],\n "linear": {json.dumps(linear)},\n "trees_share": {TREES_SHARE},')
    lines.append(json.dumps(counted, ensure_ascii=False, indent=1)[2:])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
