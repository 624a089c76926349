"""Makes the saved old databases beside it: `python3 make.py VERSION > vVERSION.sql`, with the package `cryptography`.

Run once when a schema version is released, then frozen: a dump that is made anew proves nothing about databases that are out
there. It writes the record by the recipe in `src/domain/process_record/mod.rs` alone, so each dump is also a record that the
program did not write itself. The signing key of the dumps is in `record.key`; it signs nothing else.
"""

import hashlib
import json
import pathlib
import sqlite3
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
MIGRATIONS = HERE.parents[3] / "src/store/migrations"
VERSION = int(sys.argv[1])
SEALED = {
    "attachments": ("id", "sha256 size media_type name kind case_no uploaded_by uploaded_at"),
    "people": (
        "id",
        "login name roles legal_qualification first_time_reviewer external_id disabled password_hash version changed_at",
    ),
    "certificates": ("cert_no", "person_id place issuer region categories valid_from valid_to"),
    "cases": ("case_no", "version state teaching created_by dossier dues"),
}
# Rows of a case that was opened through the program at version 5, by table.
CASE = json.loads((HERE / "case.json").read_text())
CONTENT = b"%PDF-1.7\nold\n%%EOF\n"

key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((HERE / "record.key").read_text().strip()))
public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def net(*fields):
    return b"".join(b"-," if f is None else b"%d:%s," % (len(f), f) for f in map(encoded, fields))


def encoded(field):
    return None if field is None else str(field).encode()


def sign(*fields):
    return key.sign(net(*fields)).hex()


db = sqlite3.connect(":memory:")
db.execute(
    "CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL)"
)
for tables in sorted(MIGRATIONS.glob("0*.sql")):
    number, _, name = tables.stem.partition("_")
    if name.endswith("_triggers") or int(number) > VERSION:
        continue
    triggers = MIGRATIONS / f"{number}_{name}_triggers.sql"
    texts = [tables.read_text(), triggers.read_text() if triggers.exists() else ""]
    for text in texts:
        db.executescript(text)
    digest = hashlib.sha256("".join(texts).encode()).hexdigest()
    db.execute("INSERT INTO schema_versions VALUES (?, ?, ?, '2026-01-05T09:00:00.000+08:00')", (int(number), name, digest))

hashes = []


def row(table, **values):
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", list(values.values()))
    key_column, columns = SEALED[table]
    wanted = ", ".join(f"CAST({c} AS TEXT)" for c in [key_column, *columns.split()])
    texts = db.execute(f"SELECT {wanted} FROM {table} WHERE {key_column} = ?", (values[key_column],)).fetchone()
    return [f"{table}:{values[key_column]}", hashlib.sha256(net("zhicai-row-1", table, *texts)).hexdigest()]


def event(action, subject, detail, seals=(), case_no=None, version=None):
    seq = len(hashes) + 1
    compact = {"ensure_ascii": False, "separators": (",", ":")}
    columns = [
        "sha256", seq, hashes[-1] if hashes else "0" * 64, f"2026-01-05T09:00:{seq % 60:02}.000+08:00", "p1", "张三",
        action, case_no, subject, version, "cli", json.dumps(detail, **compact), json.dumps(list(seals), **compact),
    ]
    digest = hashlib.sha256(net("zhicai-event-1", *columns)).hexdigest()
    stored = [columns[1], columns[0], *columns[2:], digest, sign("zhicai-event-signature-1", digest)]
    db.execute(f"INSERT INTO events VALUES ({', '.join('?' * 15)})", stored)
    hashes.append(digest)


def peaks(size):
    """Roots of the complete subtrees, largest first."""
    level, done = [hashlib.sha256(b"\0" + bytes.fromhex(h)).digest() for h in hashes[:size]], []
    while level:
        if len(level) % 2:
            done.append(level.pop())
        level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2])]
    return done[::-1]


def root(size):
    *rest, last = peaks(size)
    for left in reversed(rest):
        last = hashlib.sha256(b"\1" + left + last).digest()
    return last.hex()


event("record.started", "record", {"public_key": public, "signature": "ed25519", "version": "0.1.0"})
content = hashlib.sha256(CONTENT).hexdigest()
taken = row(
    "attachments", id="a1", sha256=content, size=len(CONTENT), media_type="application/pdf", name="旧合同.pdf",
    kind="evidence", case_no="2026-0001", uploaded_by="p1", uploaded_at="2026-01-05T09:00:02.000+08:00",
)
event("attachment.added", "attachment:a1", {"sha256": content}, [taken], case_no="2026-0001")
if VERSION >= 2:
    person = row(
        "people", id="p1", login="zhangsan", name="张三", roles="officer,admin", legal_qualification=0,
        first_time_reviewer=0, external_id=None, disabled=0, password_hash=None, version=1,
        changed_at="2026-01-05T09:00:03.000+08:00",
    )
    certificate = row(
        "certificates", cert_no="53990001", person_id="p1", place=0, issuer="province", region="云南省昆明市安宁市",
        categories="教育", valid_from="2024-01-01", valid_to="2029-12-31",
    )
    event("person.added", "person:p1", {"login": "zhangsan"}, [person, certificate], version=1)
if VERSION >= 3:
    for table, rows in CASE.items():
        for values in rows:
            if table == "cases":
                case = row(table, **values | {"seq": len(hashes) + 1})
            else:
                names = f"{', '.join(values)}) VALUES ({', '.join('?' * len(values))}"
                db.execute(f"INSERT INTO {table} ({names})", list(values.values()))
    event("case.opened", "case:2026-0001", {}, [case], case_no="2026-0001", version=1)
for n in range(3):
    event("case.read", "case:2026-0001", {"n": n}, case_no="2026-0001")
db.execute(
    "INSERT INTO idempotency VALUES ('p1', 'k1', ?, 201, '{}', 2, '2026-01-05T09:00:02.000+08:00')",
    (hashlib.sha256(b"request").hexdigest(),),
)
size = len(hashes)
at = "2026-01-05T09:01:00.000+08:00"
signature = sign("zhicai-checkpoint-1", "sha256", hashes[0], size, root(size), hashes[-1], at)
db.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)", (size, root(size), hashes[-1], at, signature))
frontier = b"".join(peaks(size)).hex()
signature = sign("zhicai-head-1", "sha256", hashes[0], size, hashes[-1], frontier)
db.execute("INSERT INTO record_head VALUES (1, ?, ?, ?, ?)", (size, hashes[-1], frontier, signature))
db.commit()
print("\n".join(db.iterdump()))
