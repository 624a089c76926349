-- SQLite: texts of passages are append-only.
CREATE TRIGGER draft_passage_versions_no_update BEFORE UPDATE ON draft_passage_versions BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER draft_passage_versions_no_delete BEFORE DELETE ON draft_passage_versions BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER draft_passage_versions_no_replace BEFORE INSERT ON draft_passage_versions
WHEN EXISTS (SELECT 1 FROM draft_passage_versions WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
