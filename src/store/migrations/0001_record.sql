-- 执法全过程记录: what was done, in order, each event sealed by the hash of the one before it.

CREATE TABLE events (
    seq        BIGINT NOT NULL PRIMARY KEY,  -- 1, 2, 3 … without a gap
    algorithm  TEXT   NOT NULL,              -- of the hash; inside the hashed bytes
    prev       TEXT   NOT NULL,              -- hash of event seq - 1, 64 zeros for the first
    at         TEXT   NOT NULL,              -- RFC 3339, milliseconds, +08:00, never before the last one
    actor_id   TEXT   NOT NULL,
    actor_name TEXT   NOT NULL,
    action     TEXT   NOT NULL,              -- stable dotted code
    case_no    TEXT,
    subject    TEXT   NOT NULL,
    version    BIGINT,
    origin     TEXT   NOT NULL,
    detail     TEXT   NOT NULL,              -- JSON, hashed as it stands here
    seals      TEXT   NOT NULL,              -- JSON [[table_key, sha256] …], hashed as it stands here
    hash       TEXT   NOT NULL,              -- over all columns above
    signature  TEXT   NOT NULL               -- Ed25519 over the hash
);
CREATE INDEX events_case ON events (case_no, seq);
CREATE INDEX events_subject ON events (subject, seq);

-- The end of the record, signed anew in every transaction: a tail that is cut off leaves a head that does not fit.
CREATE TABLE record_head (
    id        BIGINT NOT NULL PRIMARY KEY,   -- always 1
    size      BIGINT NOT NULL,
    last_hash TEXT   NOT NULL,
    frontier  TEXT   NOT NULL,               -- hashes of the complete subtrees of the Merkle tree, largest first
    signature TEXT   NOT NULL
);

-- Signed tree heads (RFC 6962), for outside bodies to keep.
CREATE TABLE checkpoints (
    size      BIGINT NOT NULL PRIMARY KEY,
    root      TEXT   NOT NULL,
    last_hash TEXT   NOT NULL,
    at        TEXT   NOT NULL,
    signature TEXT   NOT NULL
);

-- Files of the dossier: the content lies in attachments/<first two of sha256>/<sha256> of the data directory.
CREATE TABLE attachments (
    id          TEXT   NOT NULL PRIMARY KEY,
    sha256      TEXT   NOT NULL,
    size        BIGINT NOT NULL,             -- bytes
    media_type  TEXT   NOT NULL,
    name        TEXT   NOT NULL,             -- as given; never a path
    kind        TEXT   NOT NULL,
    case_no     TEXT,
    uploaded_by TEXT   NOT NULL,
    uploaded_at TEXT   NOT NULL
);
CREATE INDEX attachments_case ON attachments (case_no);
CREATE INDEX attachments_content ON attachments (sha256);

-- Answers given to requests that carried an Idempotency-Key.
CREATE TABLE idempotency (
    actor_id TEXT   NOT NULL,
    key      TEXT   NOT NULL,
    digest   TEXT   NOT NULL,                -- sha256 of the request
    status   BIGINT NOT NULL,
    body     TEXT   NOT NULL,
    seq      BIGINT NOT NULL,                -- the event it was answered with
    at       TEXT   NOT NULL,
    PRIMARY KEY (actor_id, key)
);
