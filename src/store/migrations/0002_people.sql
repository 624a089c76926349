-- People, their certificates, and what they sign in with. Secrets stand here as digests only. Times are RFC 3339 with
-- milliseconds at +08:00, so that their order as text is their order in time.

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

-- One certificate belongs to one person: nobody counts twice (行政处罚法42).
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
CREATE INDEX certificates_person ON certificates (person_id);

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
CREATE INDEX sessions_person ON sessions (person_id);

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
CREATE INDEX tokens_person ON tokens (person_id);

CREATE TABLE invitations (
    id          TEXT    NOT NULL PRIMARY KEY,
    person_id   TEXT    REFERENCES people (id),  -- NULL: makes the first administrator
    hash        TEXT    NOT NULL UNIQUE,      -- SHA-256
    created_at  TEXT    NOT NULL,
    expires_at  TEXT    NOT NULL,
    used_at     TEXT
);

-- Written before a password is looked at and removed when it was right: what is left within the window has failed.
CREATE TABLE sign_in_attempts (
    id          TEXT    NOT NULL PRIMARY KEY,
    name_key    TEXT    NOT NULL,             -- SHA-256 of the name: people type passwords into the wrong field
    address     TEXT    NOT NULL,
    at          BIGINT  NOT NULL              -- seconds since 1970
);
CREATE INDEX sign_in_attempts_name ON sign_in_attempts (name_key, at);
CREATE INDEX sign_in_attempts_address ON sign_in_attempts (address, at);
