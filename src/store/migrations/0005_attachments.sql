-- The piece of evidence a file belongs to, where it is one. A row of its own, because the files themselves are sealed as they were
-- first taken in.
CREATE TABLE attachment_evidence (
    id          TEXT   NOT NULL PRIMARY KEY,   -- of the attachment
    evidence_no BIGINT NOT NULL                -- 证据编号 in the case file
);
