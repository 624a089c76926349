-- 研讨: sets of questions, classes, who takes part, what they answered, what was noted. Secrets stand here as digests only.

CREATE TABLE workshop_sets (
    id            TEXT   NOT NULL PRIMARY KEY,
    owner_id      TEXT   NOT NULL REFERENCES people (id),
    title         TEXT   NOT NULL,
    questions     TEXT   NOT NULL,             -- JSON, with the keys; never changed
    rules_version TEXT   NOT NULL,             -- of the rules the keys were made with
    created_at    TEXT   NOT NULL
);
CREATE INDEX workshop_sets_owner ON workshop_sets (owner_id, created_at);

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
CREATE INDEX workshops_owner ON workshops (owner_id, created_at);

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

-- One row per participant and question, whatever is sent how often.
CREATE TABLE workshop_answers (
    id             TEXT   NOT NULL PRIMARY KEY, -- participant and question
    workshop_id    TEXT   NOT NULL REFERENCES workshops (id),
    participant_id TEXT   NOT NULL REFERENCES workshop_participants (id),
    question       BIGINT NOT NULL,
    answer         TEXT   NOT NULL,             -- JSON
    answered_at    TEXT   NOT NULL,
    UNIQUE (participant_id, question)
);
CREATE INDEX workshop_answers_question ON workshop_answers (workshop_id, question);

CREATE TABLE workshop_notes (
    id            TEXT   NOT NULL PRIMARY KEY,
    workshop_id   TEXT   NOT NULL REFERENCES workshops (id),
    question      BIGINT NOT NULL,
    text          TEXT   NOT NULL,
    noted_at      TEXT   NOT NULL
);
CREATE INDEX workshop_notes_workshop ON workshop_notes (workshop_id, question, noted_at);
