-- SQLite: what a file was taken in for is not changed afterwards.
CREATE TRIGGER attachment_evidence_no_update BEFORE UPDATE ON attachment_evidence BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachment_evidence_no_delete BEFORE DELETE ON attachment_evidence BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
CREATE TRIGGER attachment_evidence_no_replace BEFORE INSERT ON attachment_evidence
WHEN EXISTS (SELECT 1 FROM attachment_evidence WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'record.append_only'); END;
