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
CREATE TABLE certificates (
    cert_no     TEXT    NOT NULL PRIMARY KEY,
    person_id   TEXT    NOT NULL REFERENCES people (id),
    place       INTEGER NOT NULL,             -- order among the person's certificates
    issuer      TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    categories  TEXT    NOT NULL,             -- one a line
    valid_from  TEXT    NOT NULL,             -- YYYY-MM-DD, included
    valid_to    TEXT    NOT NULL              -- YYYY-MM-DD, included
);
INSERT INTO "certificates" VALUES('53990001','p1',0,'province','云南省昆明市安宁市','教育','2024-01-01','2029-12-31');
CREATE TABLE checkpoints (
    size      BIGINT NOT NULL PRIMARY KEY,
    root      TEXT   NOT NULL,
    last_hash TEXT   NOT NULL,
    at        TEXT   NOT NULL,
    signature TEXT   NOT NULL
);
INSERT INTO "checkpoints" VALUES(6,'ae6d4e7ed8de83f5661dc301df8593caba9cffd92a4f96c775fe7386bac5676b','91809623b90b59869bc7b7c00c6abc47b6c37a0d506d87e2b938551b149491e4','2026-01-05T09:01:00.000+08:00','072bf41b3323ccf85aff28d1d50ae251e278382cdbe10f46cc746e016ce26a0501f102c554cdef4ed8fe902928485fa7282f15fee54d70805a9a1c543de50802');
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
INSERT INTO "events" VALUES(3,'sha256','e743c3fd5d011a30a2f46c753b24cfaf9d73ee951ea1f500c1e04f0acff55839','2026-01-05T09:00:03.000+08:00','p1','张三','person.added',NULL,'person:p1',1,'cli','{"login":"zhangsan"}','[["people:p1","7c36b6317b141fdd48e6c42caa0d4597a36cd70b482d3187aedc940db02e11ca"],["certificates:53990001","921fd4f7c3d02186b5a7cb7043d0607533d414a99df4e9ccf4f75c8015c26803"]]','826c15b9b9ea0801fa227b25707930bf509208e600060282ccebd39aee273a37','e0a1073b5ca315b19293d7a2ea95f37d07e4df8e8ad929fe0885c67cc4c4153091cf86142753b243bcad4359419f4f8c8d6207d8dc8261f074fd19775d57be0a');
INSERT INTO "events" VALUES(4,'sha256','826c15b9b9ea0801fa227b25707930bf509208e600060282ccebd39aee273a37','2026-01-05T09:00:04.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":0}','[]','f50b5a369dcfd7b904c1b4b3c60815507235ac2ff36b9e8a37f48f26329170a1','df08dfaa099d1a03308fe482b18a4b5a4f77da5086fa9362db996b1eb39eda4fd9a8f3beb5c4cb7f91ec4260a236600f38455e2656765485ebba1a2b8b8cdc09');
INSERT INTO "events" VALUES(5,'sha256','f50b5a369dcfd7b904c1b4b3c60815507235ac2ff36b9e8a37f48f26329170a1','2026-01-05T09:00:05.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":1}','[]','e2ad1912431d24f8e093039b61cade0de76ad1a7961910e6d7d9ac753958d4a0','6a1d012714143a8f83b9a24c27f729fe23a9bcb5f9e815a7560ba429a62fd0c69b96e2d74c84cb83157db28a54e29ff3934844209309455300e7aa6605d8ea01');
INSERT INTO "events" VALUES(6,'sha256','e2ad1912431d24f8e093039b61cade0de76ad1a7961910e6d7d9ac753958d4a0','2026-01-05T09:00:06.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":2}','[]','91809623b90b59869bc7b7c00c6abc47b6c37a0d506d87e2b938551b149491e4','311acad2fe8e34c405475cc86c15399094a5e4e49ac35d62ca88d6001b2e6eda33934ff0ca6bc7b005a31a5d0e75a0f42de2a9677c1083834e7488876b7a6904');
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
CREATE TABLE invitations (
    id          TEXT    NOT NULL PRIMARY KEY,
    person_id   TEXT    REFERENCES people (id),  -- NULL: makes the first administrator
    hash        TEXT    NOT NULL UNIQUE,      -- SHA-256
    created_at  TEXT    NOT NULL,
    expires_at  TEXT    NOT NULL,
    used_at     TEXT
);
CREATE TABLE people (
    id                    TEXT    NOT NULL PRIMARY KEY,
    login                 TEXT    NOT NULL UNIQUE,
    name                  TEXT    NOT NULL,
    roles                 TEXT    NOT NULL,   -- codes, joined by commas, in the order of the vocabulary
    legal_qualification   INTEGER NOT NULL,   -- 0, 1
    first_time_reviewer   INTEGER NOT NULL,   -- 0, 1
    external_id           TEXT    UNIQUE,     -- what the sign-in service of the bureau calls them
    disabled              INTEGER NOT NULL,   -- 0, 1
    password_hash         TEXT,               -- PHC string; NULL until the first invitation is accepted
    version               BIGINT  NOT NULL,
    changed_at            TEXT    NOT NULL
);
INSERT INTO "people" VALUES('p1','zhangsan','张三','officer,admin',0,0,NULL,0,NULL,1,'2026-01-05T09:00:03.000+08:00');
CREATE TABLE record_head (
    id        BIGINT NOT NULL PRIMARY KEY,   -- always 1
    size      BIGINT NOT NULL,
    last_hash TEXT   NOT NULL,
    frontier  TEXT   NOT NULL,               -- hashes of the complete subtrees of the Merkle tree, largest first
    signature TEXT   NOT NULL
);
INSERT INTO "record_head" VALUES(1,6,'91809623b90b59869bc7b7c00c6abc47b6c37a0d506d87e2b938551b149491e4','afcdbd60c26b42d7e71fcc705fea9a7f6208cb189cf1ca4d18943ee796ee55acb24691c1763605b0b04ba0dea109fe222abc39876d13d16b967d67351e4d389f','3ea7c9415a981b4ef6e79bafb481d66814041b4197212d06b2070e1d7d961d9e01ef86fa1676051a906684508236a24d20b11ccccd2e9ae89cc3c4a9ea0d720f');
CREATE TABLE schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL);
INSERT INTO "schema_versions" VALUES(1,'record','80cf1bd19a3a373d379cb561a87b80ed506ec4f6e66632798678d64813603221','2026-01-05T09:00:00.000+08:00');
INSERT INTO "schema_versions" VALUES(2,'people','06108895704007aea44cbb64a3aaba74d533114d5ad7c72ae2de141365f80ddc','2026-01-05T09:00:00.000+08:00');
CREATE TABLE sessions (
    id          TEXT    NOT NULL PRIMARY KEY, -- ours; never leaves the server
    person_id   TEXT    NOT NULL REFERENCES people (id),
    hash        TEXT    NOT NULL UNIQUE,      -- SHA-256 of the cookie
    last_hash   TEXT    UNIQUE,               -- of the cookie before the last rotation
    csrf        TEXT    NOT NULL,
    opened_at   TEXT    NOT NULL,
    rotated_at  TEXT    NOT NULL,
    address     TEXT    NOT NULL
);
CREATE TABLE sign_in_attempts (
    id          TEXT    NOT NULL PRIMARY KEY,
    name_key    TEXT    NOT NULL,             -- SHA-256 of the name: people type passwords into the wrong field
    address     TEXT    NOT NULL,
    at          BIGINT  NOT NULL              -- seconds since 1970
);
CREATE TABLE tokens (
    id          TEXT    NOT NULL PRIMARY KEY,
    person_id   TEXT    NOT NULL REFERENCES people (id),
    name        TEXT    NOT NULL,
    hash        TEXT    NOT NULL UNIQUE,      -- SHA-256
    scopes      TEXT    NOT NULL,             -- codes, joined by commas
    created_at  TEXT    NOT NULL,
    expires_at  TEXT    NOT NULL,
    revoked_at  TEXT,
    used_on     TEXT                          -- last day of use
);
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
CREATE INDEX certificates_person ON certificates (person_id);
CREATE INDEX sessions_person ON sessions (person_id);
CREATE INDEX tokens_person ON tokens (person_id);
CREATE INDEX sign_in_attempts_name ON sign_in_attempts (name_key, at);
CREATE INDEX sign_in_attempts_address ON sign_in_attempts (address, at);
COMMIT;
