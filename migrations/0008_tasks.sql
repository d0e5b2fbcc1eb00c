-- Which task a workspace is of, and questions of any task.

-- One row a task that decisions were made under, the newest last; none where it was never another than the one that is
-- compiled in.
CREATE TABLE task (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,
    sha256 TEXT NOT NULL,               -- of its file and guideline
    text   TEXT NOT NULL                -- its file
) STRICT;

-- As before, but for `stage`, which is any question of a task.
CREATE TABLE decision_of_any_task (
    id       INTEGER PRIMARY KEY,
    stage    TEXT NOT NULL CHECK (stage <> ''),
    image    INTEGER NOT NULL REFERENCES image (id),
    panel    INTEGER REFERENCES panel (id),
    value    TEXT,
    evidence TEXT CHECK (evidence IN ('caption', 'mention', 'abstract', 'image')),
    span     TEXT NOT NULL DEFAULT '',
    curator  TEXT NOT NULL CHECK (curator <> ''),
    time     TEXT NOT NULL,              -- RFC 3339, UTC
    note     TEXT NOT NULL DEFAULT '',
    adjudicates INTEGER NOT NULL DEFAULT 0 CHECK (adjudicates IN (0, 1))
) STRICT;
INSERT INTO decision_of_any_task
    SELECT id, stage, image, panel, value, evidence, span, curator, time, note, adjudicates FROM decision;
DROP TABLE decision;
ALTER TABLE decision_of_any_task RENAME TO decision;

CREATE INDEX decision_image ON decision (image, stage);
CREATE INDEX decision_newest ON decision (stage, image, panel, curator, time DESC, id DESC);
CREATE INDEX decision_curator ON decision (curator, stage, image, panel, time DESC, id DESC);
CREATE TRIGGER decision_append_only_update BEFORE UPDATE ON decision BEGIN
    SELECT RAISE (ABORT, 'decisions are append-only');
END;
CREATE TRIGGER decision_append_only_delete BEFORE DELETE ON decision BEGIN
    SELECT RAISE (ABORT, 'decisions are append-only');
END;
