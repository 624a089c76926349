-- 案件: one row per case with its whole file as JSON. The other columns and the tables case_people, case_dues, case_fines and
-- case_reviews are for lists, filters and sight only: all of them follow from `dossier` and `dues`, which the record seals, and
-- verify-record compares them.

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
CREATE UNIQUE INDEX cases_seq ON cases (seq);
CREATE INDEX cases_state ON cases (state, seq);
CREATE INDEX cases_due ON cases (next_due);
CREATE INDEX cases_party ON cases (party);

-- Who belongs to a case: decides who sees it.
CREATE TABLE case_people (
    case_no   TEXT NOT NULL,
    person_id TEXT NOT NULL,
    tie       TEXT NOT NULL,                   -- creator, officer, reviewer, hearing_host, shared …
    PRIMARY KEY (case_no, person_id, tie)
);
CREATE INDEX case_people_person ON case_people (person_id, case_no);

-- Open deadlines, computed at every save.
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
CREATE INDEX case_dues_due ON case_dues (due);

-- Fines that were decided, for 一事不再罚.
CREATE TABLE case_fines (
    case_no    TEXT NOT NULL PRIMARY KEY,
    party      TEXT NOT NULL,
    violation  TEXT NOT NULL,
    act_from   TEXT,
    act_to     TEXT,
    decided_on TEXT NOT NULL
);
CREATE INDEX case_fines_party ON case_fines (party);

-- 法制审核 rounds, for queues and for finding the case of a round.
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
CREATE INDEX case_reviews_case ON case_reviews (case_no);
CREATE INDEX case_reviews_state ON case_reviews (state, due);

-- 文号: given once, never reused; a void one stays.
CREATE TABLE doc_numbers (
    id      TEXT   NOT NULL PRIMARY KEY,       -- code/year/number
    code    TEXT   NOT NULL,                   -- 代字
    year    BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    case_no TEXT   NOT NULL,
    subject TEXT   NOT NULL,                   -- the draft or paper that carries it
    UNIQUE (code, year, number)
);

-- What two people saved over each other: the one that came second is kept here.
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
CREATE INDEX case_conflicts_case ON case_conflicts (case_no);
