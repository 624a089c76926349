BEGIN TRANSACTION;
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
INSERT INTO "attachments" VALUES('a1','15b59a31c4da01d0e8e5a7f96a4b315df76fcde8759f8417eb15e418f096e377',19,'application/pdf','旧合同.pdf','evidence','2026-0001','p1','2026-01-05T09:00:02.000+08:00');
CREATE TABLE checkpoints (
    size      BIGINT NOT NULL PRIMARY KEY,
    root      TEXT   NOT NULL,
    last_hash TEXT   NOT NULL,
    at        TEXT   NOT NULL,
    signature TEXT   NOT NULL
);
INSERT INTO "checkpoints" VALUES(5,'b1ac0070680a2f2ffdd4f84aced1d3b7277c04572645469904d69223f70e9dda','0863325895ef9e41144d8b09ebfda96008173339870fbba2e77874781f15593e','2026-01-05T09:01:00.000+08:00','c1e7a53fc8c833f2ea10505e38119b4a9379825ce28a9893ba7b176191a5393d92cde0dc7f150ede9c7fd429487a84318a07a4543b3c3abbba5fa3478626b702');
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
INSERT INTO "events" VALUES(1,'sha256','0000000000000000000000000000000000000000000000000000000000000000','2026-01-05T09:00:01.000+08:00','p1','张三','record.started',NULL,'record',NULL,'cli','{"public_key":"14c8049396638786d62d4eba0ccc111b252a208e994915c5f3b94f37e6bc8a5e","signature":"ed25519","version":"0.1.0"}','[]','bf92e405ba99c293852621d51736198141f9bf2e9b4df2dab3fe2506c5c6ba8c','2f3a3c49b2745b8e0fbcd915e0597e310dba9167715af49dd737df06734c861b4dff8f93cd9c16a40d695ddef2d8a855542dc9f63b39c02af1421adb2e1f4a0f');
INSERT INTO "events" VALUES(2,'sha256','bf92e405ba99c293852621d51736198141f9bf2e9b4df2dab3fe2506c5c6ba8c','2026-01-05T09:00:02.000+08:00','p1','张三','attachment.added','2026-0001','attachment:a1',NULL,'cli','{"sha256":"15b59a31c4da01d0e8e5a7f96a4b315df76fcde8759f8417eb15e418f096e377"}','[["attachments:a1","f9795e270a509e1614f343da9e70551ab98df6ea65f410f6f8a1897f9fd8de9e"]]','e743c3fd5d011a30a2f46c753b24cfaf9d73ee951ea1f500c1e04f0acff55839','e02aa12be6017f79efa6aa2b6f6ef29435936387628b6c96a994ed0f45b7b8f909da188c395a0eb918dcf4b975ed5f98971b100da8656965f26d14afdf99cf0e');
INSERT INTO "events" VALUES(3,'sha256','e743c3fd5d011a30a2f46c753b24cfaf9d73ee951ea1f500c1e04f0acff55839','2026-01-05T09:00:03.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":0}','[]','6e44b5443db4ef7fa62850a549aca55b8d40eb67c8841ee861dda47f02cfdf8f','68e060220ce0e60d42e7e1b6fd7661b7351dbe2475766aa540494bdf267347758082ff71af000e8fb4e73b1d3b87f7e9a05c8c7e58b9300e41b1a66cb3bc9f05');
INSERT INTO "events" VALUES(4,'sha256','6e44b5443db4ef7fa62850a549aca55b8d40eb67c8841ee861dda47f02cfdf8f','2026-01-05T09:00:04.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":1}','[]','c33a75f18fedd38450bca238e43df6190a03ef7047b9c745a8a5942b19bfb337','06248c3b2bb221e669e3da37124862573c7c3546303f15e4daba9990074081b22da1c141c92b36a8ba2898a471231fd8032c1e1c6c522f5841f3735babfb220c');
INSERT INTO "events" VALUES(5,'sha256','c33a75f18fedd38450bca238e43df6190a03ef7047b9c745a8a5942b19bfb337','2026-01-05T09:00:05.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":2}','[]','0863325895ef9e41144d8b09ebfda96008173339870fbba2e77874781f15593e','495a85c811f7d2da10408958d39354906bffaab8ee9e0b1b9535dc1d7dc1b122970b4228258aeb386fc2d50e6e548c0da66c0456c22e78517fc7a65b029ca808');
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
INSERT INTO "idempotency" VALUES('p1','k1','1f58b9145b24d108d7ac38887338b3ea3229833b9c1e418250343f907bfd1047',201,'{}',2,'2026-01-05T09:00:02.000+08:00');
CREATE TABLE record_head (
    id        BIGINT NOT NULL PRIMARY KEY,   -- always 1
    size      BIGINT NOT NULL,
    last_hash TEXT   NOT NULL,
    frontier  TEXT   NOT NULL,               -- hashes of the complete subtrees of the Merkle tree, largest first
    signature TEXT   NOT NULL
);
INSERT INTO "record_head" VALUES(1,5,'0863325895ef9e41144d8b09ebfda96008173339870fbba2e77874781f15593e','243ba3c792203e2c27dc6b0d7d1bffadaa413f5806dac5c9f2954ba04d723f8510104df506388240a4f11fcf1b66a57a4b72233fb461cf8c979bf809e1d03f3b','4bd729cfae7f7929772ec303863ea8b30299867d43ccd5f8e7df076344b6beec75241ad3e36395b401e859f35c9ca6c238737894c4243d2812454532ffae6904');
CREATE TABLE schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL);
INSERT INTO "schema_versions" VALUES(1,'record','80cf1bd19a3a373d379cb561a87b80ed506ec4f6e66632798678d64813603221','2026-01-05T09:00:00.000+08:00');
CREATE INDEX events_case ON events (case_no, seq);
CREATE INDEX events_subject ON events (subject, seq);
CREATE INDEX attachments_case ON attachments (case_no);
CREATE INDEX attachments_content ON attachments (sha256);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER record_head_no_delete BEFORE DELETE ON record_head BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachments_no_update BEFORE UPDATE ON attachments BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachments_no_delete BEFORE DELETE ON attachments BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER events_no_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachments_no_replace BEFORE INSERT ON attachments
WHEN EXISTS (SELECT 1 FROM attachments WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
COMMIT;
