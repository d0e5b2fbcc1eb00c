-- Decisions are append-only for INSERT OR REPLACE too: it removes the row whose key it takes without the triggers before
-- DELETE, unless a connection sets `recursive_triggers` (SQLite 3.54.1, https://sqlite.org/lang_conflict.html; findings/).

CREATE TRIGGER decision_append_only_replace BEFORE INSERT ON decision
WHEN EXISTS (SELECT 1 FROM decision WHERE id = new.id) BEGIN
    SELECT RAISE (ABORT, 'decisions are append-only');
END;
