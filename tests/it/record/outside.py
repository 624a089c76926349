"""Recomputes a record with nothing but the recipe in the documentation: `outside.py DATABASE CHECKPOINT.json PROOF.json`."""

import json
import sqlite3
import sys
from hashlib import sha256

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

net = lambda fields: b"".join(b"-," if f is None else b"%d:%s," % (len(f), f) for f in fields)
text = lambda value: None if value is None else str(value).encode()
node = lambda left, right: sha256(b"\x01" + left + right).digest()
leaf = lambda event_hash: sha256(b"\x00" + bytes.fromhex(event_hash)).digest()

exported, proof = (json.load(open(path, encoding="utf-8")) for path in sys.argv[2:4])
checked = 0


def signed(hex_signature, *fields):
    global checked
    if Ed25519PublicKey:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(exported["public_key"]))
        key.verify(bytes.fromhex(hex_signature), net([text(f) for f in fields]))
        checked += 1


columns = "algorithm seq prev at actor_id actor_name action case_no subject version origin detail seals".split()


def event_hash(event):
    return sha256(net([b"zhicai-event-1"] + [text(event[c]) for c in columns])).hexdigest()


db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
db.row_factory = sqlite3.Row
hashes, prev = [], "0" * 64
for number, event in enumerate(db.execute("SELECT * FROM events ORDER BY seq"), 1):
    assert event["seq"] == number and event["prev"] == prev, number
    prev = event_hash(event)
    assert prev == event["hash"], number
    signed(event["signature"], "zhicai-event-signature-1", prev)
    hashes.append(prev)


def root(hashes):
    if len(hashes) == 1:
        return leaf(hashes[0])
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return node(root(hashes[:half]), root(hashes[half:]))


point = exported["checkpoint"]
assert point["record"] == hashes[0] and point["last_hash"] == hashes[point["size"] - 1]
assert root(hashes[: point["size"]]).hex() == point["root"]
fields = [point[name] for name in ["record", "size", "root", "last_hash", "at"]]
signed(point["signature"], "zhicai-checkpoint-1", "sha256", *fields)

event, point = proof["event"], proof["checkpoint"]
at, last, found = event["seq"] - 1, point["size"] - 1, leaf(event_hash(event))
for step in map(bytes.fromhex, proof["path"]):
    if at % 2 or at == last:
        found = node(step, found)
        while at % 2 == 0 and at:
            at, last = at // 2, last // 2
    else:
        found = node(found, step)
    at, last = at // 2, last // 2
assert last == 0 and found.hex() == point["root"]
print(len(hashes), checked)
