BEGIN TRANSACTION;
CREATE TABLE attachment_evidence (
    id          TEXT   NOT NULL PRIMARY KEY,   -- of the attachment
    evidence_no BIGINT NOT NULL                -- 证据编号 in the case file
);
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
CREATE TABLE case_conflicts (
    id           TEXT   NOT NULL PRIMARY KEY,
    case_no      TEXT   NOT NULL,
    base         BIGINT NOT NULL,              -- the version it was made from
    current      BIGINT NOT NULL,              -- the version that was there
    person_id    TEXT   NOT NULL,
    person_name  TEXT   NOT NULL,
    at           TEXT   NOT NULL,
    step         TEXT   NOT NULL
);
CREATE TABLE case_dues (
    case_no TEXT   NOT NULL,
    no      BIGINT NOT NULL,
    id      TEXT   NOT NULL,
    zh      TEXT   NOT NULL,
    due     TEXT   NOT NULL,
    basis   TEXT   NOT NULL,
    owner   TEXT   NOT NULL,                   -- who has to act: officer, reviewer, head, publisher, party
    PRIMARY KEY (case_no, no)
);
INSERT INTO "case_dues" VALUES('2026-0001',0,'FILING_DECISION','线索核查→立案与否','2026-03-23','行政处罚法54②只要求及时立案；天数【未核实】','head');
CREATE TABLE case_fines (
    case_no    TEXT NOT NULL PRIMARY KEY,
    party      TEXT NOT NULL,
    violation  TEXT NOT NULL,
    act_from   TEXT,
    act_to     TEXT,
    decided_on TEXT NOT NULL
);
CREATE TABLE case_people (
    case_no   TEXT NOT NULL,
    person_id TEXT NOT NULL,
    tie       TEXT NOT NULL,                   -- creator, officer, reviewer, hearing_host, shared …
    PRIMARY KEY (case_no, person_id, tie)
);
INSERT INTO "case_people" VALUES('2026-0001','p1','creator');
CREATE TABLE case_reviews (
    id           TEXT   NOT NULL PRIMARY KEY,
    case_no      TEXT   NOT NULL,
    round        BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    reviewer_id  TEXT,
    submitted_on TEXT   NOT NULL,
    due          TEXT,
    conclusion   TEXT
);
CREATE TABLE cases (
    case_no       TEXT   NOT NULL PRIMARY KEY,
    version       BIGINT NOT NULL,             -- counts the saves
    procedure     TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    teaching      BIGINT NOT NULL,             -- 1: fictitious, for training
    party         TEXT   NOT NULL,
    violation     TEXT   NOT NULL,
    cause         TEXT   NOT NULL,
    review        TEXT   NOT NULL,             -- state of the newest round, empty before the first
    publicity     TEXT   NOT NULL,
    outcome       TEXT   NOT NULL,             -- kind of decision, empty before it
    created_by    TEXT   NOT NULL,
    registered_on TEXT   NOT NULL,
    filed_on      TEXT,
    decided_on    TEXT,
    next_due      TEXT,                        -- earliest open deadline
    seq           BIGINT NOT NULL,             -- event of the last save
    dossier       TEXT   NOT NULL,
    dues          TEXT   NOT NULL              -- open deadlines as JSON, as of the last save
);
INSERT INTO "cases" VALUES('2026-0001',1,'ordinary','clue_registered',0,'云岫市启明星文化传播有限公司','mb64','','','none','','p1','2026-03-02',NULL,NULL,'2026-03-23',4,'{"case_no":"2026-0001","procedure":"ordinary","state":"clue_registered","teaching":false,"created_by":"p1","last_day":"2026-03-02","clue":{"received_on":"2026-03-02","source":"投诉举报","summary":"无证办学"},"case":{"case":{"case_no":null,"cause":null,"source":null,"filed_at":null,"region":null},"party":{"kind":"legal_person","name":"云岫市启明星文化传播有限公司","uscc":null,"id_no":null,"birth":null,"legal_representative":null,"address":null,"phone":null},"officer":[],"facts":{"narrative":null,"violation":"mb64","act_from":null,"act_to":null,"discovered_at":null,"place":null,"circumstance":null,"factors":[],"gains":null,"actual_loss_fen":null,"false_capital_fen":null,"rectify":null,"suspected_crime":null,"life_health_or_finance":null,"harmful_result":null,"already_fined":null,"authority_basis":null,"items":[]},"evid":[],"procedure":{"notice_served_at":null,"hearing_requested":null,"hearing_at":null,"statement":null,"statement_accepted":null,"statement_reason":null,"decided_at":null,"decision_served_at":null},"disc":{"final":null}},"people":[],"shared_with":[],"recusal_checked":false,"recusals":[],"filing":null,"not_filed":null,"acts":[],"facts_confirmed":null,"identity":null,"evidence":[],"elements":[],"preservations":[],"coercive":[],"rectifications":[],"investigation":null,"notices":[],"statements":[],"waiver":null,"hearing":null,"recheck":null,"review_flags":[],"reviews":[],"intended":null,"discussion":null,"decision":null,"transfer":null,"spot":null,"services":[],"execution":{"payments":[],"deferral":null,"late_fee_fen":null,"performed":[],"demand":null,"court":null},"remedies":[],"publicity":{"state":"none","due":null,"summary":"","secrecy_reviewer":null,"approval":null,"exempt_because":null,"published_on":null,"channels":[],"withdrawn_on":null,"withdrawn_because":null},"suspensions":[],"documents":[],"av":[],"closure":null,"archive":null}','[{"id":"FILING_DECISION","zh":"线索核查→立案与否","due":"2026-03-23","basis":"行政处罚法54②只要求及时立案；天数【未核实】","owner":"head"}]');
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
INSERT INTO "checkpoints" VALUES(7,'2035a2961eb646ccc20a0d15d4deab5fae1a8bf929364ad59aa397342adf8fa6','8e3d45ac27c04c481f97c00c38ded6b1afd866c24cded71440c781ddbdaad0e2','2026-01-05T09:01:00.000+08:00','cd26403852475d316d9a5f0afbc8c56ce7bfd0e4e39076b559f259ff5b1f75ea74c2a52be3642db6487b1ff7a186fc2fe96593aa0ae68627434f21489597ea00');
CREATE TABLE doc_numbers (
    id      TEXT   NOT NULL PRIMARY KEY,       -- code/year/number
    code    TEXT   NOT NULL,                   -- 代字
    year    BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    case_no TEXT   NOT NULL,
    subject TEXT   NOT NULL,                   -- the draft or paper that carries it
    UNIQUE (code, year, number)
);
CREATE TABLE draft_passage_versions (
    id          TEXT   NOT NULL PRIMARY KEY,     -- <draft>/<field>/<version>; a UUID for one that came too late
    draft_id    TEXT   NOT NULL REFERENCES drafts (id),
    field       TEXT   NOT NULL,
    version     BIGINT NOT NULL,                 -- parked: the version it was made from
    what        TEXT   NOT NULL,                 -- written, carried, accept, edit, replace, parked
    text        TEXT   NOT NULL,
    by_id       TEXT   NOT NULL,
    by_name     TEXT   NOT NULL,
    at          TEXT   NOT NULL,
    unsupported TEXT   NOT NULL,                 -- JSON
    vouch       TEXT,
    note        TEXT
);
CREATE TABLE draft_passages (
    id              TEXT   NOT NULL PRIMARY KEY, -- <draft>/<field>
    draft_id        TEXT   NOT NULL REFERENCES drafts (id),
    field           TEXT   NOT NULL,
    zh              TEXT   NOT NULL,
    place           BIGINT NOT NULL,             -- order in the form
    material_sha256 TEXT   NOT NULL,             -- of what it has to say
    carried_from    TEXT,                        -- draft from which words a person answers for were taken over
    machine_text    TEXT,                        -- as it was written; NULL until then
    sentences       TEXT,                        -- JSON: template, text, sources, attempts of each
    sources         TEXT,                        -- JSON
    model           TEXT,                        -- NULL: a fixed wording stands in
    prompt_sha256   TEXT,
    output_sha256   TEXT,
    attempts        BIGINT,
    text            TEXT,                        -- as it stands now
    version         BIGINT NOT NULL,             -- 0 until it is written
    treatment       TEXT   NOT NULL,             -- open, accepted, edited, replaced
    taken_by        TEXT,                        -- who answers for it
    taken_by_name   TEXT,
    taken_at        TEXT,
    unsupported     TEXT   NOT NULL,             -- JSON: values in it that the case does not support
    vouch           TEXT                         -- why a person keeps them all the same
);
CREATE TABLE drafts (
    id              TEXT   NOT NULL PRIMARY KEY, -- UUID
    case_no         TEXT   NOT NULL,
    kind            TEXT   NOT NULL,             -- form id
    state           TEXT   NOT NULL,             -- queued, running, done, failed, cancelled, filing, filed
    version         BIGINT NOT NULL,             -- counts the changes of the draft and its passages
    case_version    BIGINT NOT NULL,             -- of the case it is made from
    facts           TEXT   NOT NULL,             -- the case JSON it is made from
    facts_sha256    TEXT   NOT NULL,
    day             TEXT   NOT NULL,             -- legal day it is made for
    model           TEXT   NOT NULL,             -- none: fixed wording only
    prompt_sha256   TEXT   NOT NULL,
    rules_version   TEXT   NOT NULL,
    created_by      TEXT   NOT NULL,
    created_by_name TEXT   NOT NULL,
    created_at      TEXT   NOT NULL,
    created_seq     BIGINT NOT NULL,             -- its first event
    error           TEXT,                        -- JSON: code, title, detail
    doc_no          TEXT,                        -- 文号, once it was given
    paper           TEXT                         -- id of the document in the file
);
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
INSERT INTO "events" VALUES(4,'sha256','826c15b9b9ea0801fa227b25707930bf509208e600060282ccebd39aee273a37','2026-01-05T09:00:04.000+08:00','p1','张三','case.opened','2026-0001','case:2026-0001',1,'cli','{}','[["cases:2026-0001","25e6587aa5dda17dd99ddf7cfb928d1302f3d470b10dfed6b2fad105b9683644"]]','6ed25d50410e4c93ec00fbf8395cd3499c714cfd2d2a874f9a720f536329ffbf','6235a3937e40abe7427e9558d4a15d28228c35ef8d120daddb61638d2b415abf627c4b36d3a9645ceabb8bfc581e8e1a59fad50763bca1c7d7a53f3812f7dc0e');
INSERT INTO "events" VALUES(5,'sha256','6ed25d50410e4c93ec00fbf8395cd3499c714cfd2d2a874f9a720f536329ffbf','2026-01-05T09:00:05.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":0}','[]','7eddb5ddd86354968da26438ccb18497477ab296323eaae49376dce63f2e1274','b7f85828f2ee84472dd55bc0eedbed0f0f24a437fe6ae5bf13e1d5ff9e9b28c2cb06933a8b1357cf8be5693922184ba115ae792350268f67372f1764018e1b0c');
INSERT INTO "events" VALUES(6,'sha256','7eddb5ddd86354968da26438ccb18497477ab296323eaae49376dce63f2e1274','2026-01-05T09:00:06.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":1}','[]','cb8d3dc21dd008c95b3ec610b01d601c3922b15df60efa288847457163a277b5','19b6440d85b5f871d86fd8181c2f0824203c58dd36323b551a175f8a6516bb69699b19c5a237fddd208b891e607f2e07a9b6242c38e432275a8193549855ca08');
INSERT INTO "events" VALUES(7,'sha256','cb8d3dc21dd008c95b3ec610b01d601c3922b15df60efa288847457163a277b5','2026-01-05T09:00:07.000+08:00','p1','张三','case.read','2026-0001','case:2026-0001',NULL,'cli','{"n":2}','[]','8e3d45ac27c04c481f97c00c38ded6b1afd866c24cded71440c781ddbdaad0e2','fa0821488fcc4dfafc48c0f6b9c9b0e8fceac5231059c2b51454b9235c6b36e92b902adc9d4db30928a6e6a488438ef7427f08a12e282ac04057c60202738c06');
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
INSERT INTO "record_head" VALUES(1,7,'8e3d45ac27c04c481f97c00c38ded6b1afd866c24cded71440c781ddbdaad0e2','16706b3746b135d8f1866f5afc124519a91f7b9ff05fe14a81f29853e31b68daa7fe6ec1a2845189c33a047476ba2f2f5e2630c10f0b978d8288dd7de06e769eb8dc29e2e7729384c591205942ec2f8f6046c8695b378bb9bb509b9e0c57c9a5','3085a5c947e7ddcb791110579e5a8991b4fb39a0a469f8351b66f24b1780bcfd714ed6105dc09629657b96d90137abbc68e88f5e009c12c076bf7c64c8adc006');
CREATE TABLE schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL);
INSERT INTO "schema_versions" VALUES(1,'record','80cf1bd19a3a373d379cb561a87b80ed506ec4f6e66632798678d64813603221','2026-01-05T09:00:00.000+08:00');
INSERT INTO "schema_versions" VALUES(2,'people','06108895704007aea44cbb64a3aaba74d533114d5ad7c72ae2de141365f80ddc','2026-01-05T09:00:00.000+08:00');
INSERT INTO "schema_versions" VALUES(3,'cases','008c5de7b4bed1ae070f4161cf76949923b38827946497e68a25f92e0db1c697','2026-01-05T09:00:00.000+08:00');
INSERT INTO "schema_versions" VALUES(4,'drafts','18b12da8f902cd6b894b12c3c0a1be4bbc28595386c5cf3e4489ee040b53d9fa','2026-01-05T09:00:00.000+08:00');
INSERT INTO "schema_versions" VALUES(5,'attachments','dc7a1ecbf299b644fa9f6d8af555be5bbe38217a4a6dc47a7ca08ab4024a0e6b','2026-01-05T09:00:00.000+08:00');
INSERT INTO "schema_versions" VALUES(6,'workshops','cdeb0f03817d8a4c259cd46ec3464620434bba86cb4e1917a4e469b317ff7b5d','2026-01-05T09:00:00.000+08:00');
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
CREATE TABLE workshop_answers (
    id             TEXT   NOT NULL PRIMARY KEY, -- participant and question
    workshop_id    TEXT   NOT NULL REFERENCES workshops (id),
    participant_id TEXT   NOT NULL REFERENCES workshop_participants (id),
    question       BIGINT NOT NULL,
    answer         TEXT   NOT NULL,             -- JSON
    answered_at    TEXT   NOT NULL,
    UNIQUE (participant_id, question)
);
CREATE TABLE workshop_notes (
    id            TEXT   NOT NULL PRIMARY KEY,
    workshop_id   TEXT   NOT NULL REFERENCES workshops (id),
    question      BIGINT NOT NULL,
    text          TEXT   NOT NULL,
    noted_at      TEXT   NOT NULL
);
CREATE TABLE workshop_participants (
    id            TEXT   NOT NULL PRIMARY KEY,
    workshop_id   TEXT   NOT NULL REFERENCES workshops (id),
    name          TEXT   NOT NULL,
    name_key      TEXT   NOT NULL,             -- the name as it is compared
    hash          TEXT   NOT NULL UNIQUE,      -- SHA-256 of the cookie
    csrf          TEXT   NOT NULL,
    joined_at     TEXT   NOT NULL,
    UNIQUE (workshop_id, name_key)
);
CREATE TABLE workshop_sets (
    id            TEXT   NOT NULL PRIMARY KEY,
    owner_id      TEXT   NOT NULL REFERENCES people (id),
    title         TEXT   NOT NULL,
    questions     TEXT   NOT NULL,             -- JSON, with the keys; never changed
    rules_version TEXT   NOT NULL,             -- of the rules the keys were made with
    created_at    TEXT   NOT NULL
);
CREATE TABLE workshops (
    id            TEXT   NOT NULL PRIMARY KEY,
    set_id        TEXT   NOT NULL REFERENCES workshop_sets (id),
    owner_id      TEXT   NOT NULL REFERENCES people (id),
    code          TEXT   NOT NULL UNIQUE,      -- what participants type
    question      BIGINT NOT NULL,             -- from 0
    stage         TEXT   NOT NULL,
    created_at    TEXT   NOT NULL,
    ended_at      TEXT
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
CREATE UNIQUE INDEX cases_seq ON cases (seq);
CREATE INDEX cases_state ON cases (state, seq);
CREATE INDEX cases_due ON cases (next_due);
CREATE INDEX cases_party ON cases (party);
CREATE INDEX case_people_person ON case_people (person_id, case_no);
CREATE INDEX case_dues_due ON case_dues (due);
CREATE INDEX case_fines_party ON case_fines (party);
CREATE INDEX case_reviews_case ON case_reviews (case_no);
CREATE INDEX case_reviews_state ON case_reviews (state, due);
CREATE INDEX case_conflicts_case ON case_conflicts (case_no);
CREATE INDEX drafts_case ON drafts (case_no, created_seq);
CREATE INDEX drafts_state ON drafts (state);
CREATE INDEX drafts_paper ON drafts (paper);
CREATE INDEX draft_passages_draft ON draft_passages (draft_id, place);
CREATE INDEX draft_passage_versions_passage ON draft_passage_versions (draft_id, field, version);
CREATE TRIGGER draft_passage_versions_no_update BEFORE UPDATE ON draft_passage_versions BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER draft_passage_versions_no_delete BEFORE DELETE ON draft_passage_versions BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER draft_passage_versions_no_replace BEFORE INSERT ON draft_passage_versions
WHEN EXISTS (SELECT 1 FROM draft_passage_versions WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachment_evidence_no_update BEFORE UPDATE ON attachment_evidence BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachment_evidence_no_delete BEFORE DELETE ON attachment_evidence BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachment_evidence_no_replace BEFORE INSERT ON attachment_evidence
WHEN EXISTS (SELECT 1 FROM attachment_evidence WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE INDEX workshop_sets_owner ON workshop_sets (owner_id, created_at);
CREATE INDEX workshops_owner ON workshops (owner_id, created_at);
CREATE INDEX workshop_answers_question ON workshop_answers (workshop_id, question);
CREATE INDEX workshop_notes_workshop ON workshop_notes (workshop_id, question, noted_at);
COMMIT;
