-- 文书草稿 of a case: durable jobs whose passages are saved one by one, and what people made of each passage.

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
CREATE INDEX drafts_case ON drafts (case_no, created_seq);
CREATE INDEX drafts_state ON drafts (state);
CREATE INDEX drafts_paper ON drafts (paper);

-- One row per field that is drafted; the others are filled from the file and follow it.
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
CREATE INDEX draft_passages_draft ON draft_passages (draft_id, place);

-- Every text a passage ever had, and those that came too late. Append-only.
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
CREATE INDEX draft_passage_versions_passage ON draft_passage_versions (draft_id, field, version);
