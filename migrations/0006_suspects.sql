-- What the cross-check found to look at in a document: its own text or its pages speak of something that
-- was not found, or not like that. Replaced when the document is read again.

CREATE TABLE suspect (
    id       INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,           -- by page, from 0
    kind     TEXT NOT NULL,              -- 'figure_not_found', 'no_graphic', ...: new ones need no migration
    page     INTEGER CHECK (page >= 1),  -- 1-based; NULL where it is about the document as a whole
    label    TEXT,                       -- of the figure it is about, normalised
    reason   TEXT NOT NULL,              -- in plain English
    UNIQUE (document, ordinal)
) STRICT;
