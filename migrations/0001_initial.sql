-- The first schema. Forward only: what has landed is never edited; see CONTRIBUTING.md.

-- One version of one paper. Named as panel files name it: the DOI's suffix for a preprint,
-- else the stem of the file it was read from.
CREATE TABLE preprint (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,
    version  TEXT NOT NULL DEFAULT '',   -- '2' for v2; '' where the file does not say
    server   TEXT NOT NULL DEFAULT '',   -- 'medrxiv', 'biorxiv', or '' for anything else
    doi      TEXT NOT NULL DEFAULT '',
    title    TEXT NOT NULL DEFAULT '',
    posted   TEXT NOT NULL DEFAULT '',   -- YYYY-MM-DD
    licence  TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',
    UNIQUE (name, version)
) STRICT;

-- One file of bytes. A failed document keeps its reason and has no preprint.
CREATE TABLE document (
    id        INTEGER PRIMARY KEY,
    sha256    TEXT NOT NULL UNIQUE,
    path      TEXT NOT NULL,
    source    TEXT NOT NULL CHECK (source IN ('pdf', 'release')),
    pages     INTEGER NOT NULL,
    status    TEXT NOT NULL CHECK (status IN ('done', 'failed')),
    error     TEXT,
    extractor INTEGER NOT NULL,          -- version of the extractor that read it
    preprint  INTEGER REFERENCES preprint (id),
    CHECK ((status = 'failed') = (error IS NOT NULL)),
    CHECK ((status = 'done') = (preprint IS NOT NULL))
) STRICT;
CREATE INDEX document_preprint ON document (preprint);

CREATE TABLE page (
    id       INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL CHECK (number >= 1),
    width    REAL NOT NULL,              -- points, as displayed
    height   REAL NOT NULL,
    rotation INTEGER NOT NULL,           -- /Rotate, already applied to every box
    UNIQUE (document, number)
) STRICT;

-- rowid = page.id
CREATE VIRTUAL TABLE page_text USING fts5 (text, tokenize = 'unicode61');
CREATE TRIGGER page_deleted AFTER DELETE ON page BEGIN
    DELETE FROM page_text WHERE rowid = old.id;
END;

CREATE TABLE image (
    id           INTEGER PRIMARY KEY,
    document     INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    xref         INTEGER,                -- PDF object number; NULL for an inline image
    page         INTEGER NOT NULL,       -- 1-based page of its first placement
    sha256       TEXT NOT NULL,          -- of the object's bytes
    extension    TEXT NOT NULL CHECK (extension IN ('jpg', 'png')),
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    colour_space TEXT NOT NULL,
    filter       TEXT NOT NULL,
    origin       TEXT NOT NULL CHECK (origin IN ('original', 'decoded', 'stitched', 'rendered')),
    file_name    TEXT                    -- of a released picture: the name it was published under
) STRICT;
CREATE INDEX image_document ON image (document);
CREATE INDEX image_sha256 ON image (sha256);

CREATE TABLE placement (
    id    INTEGER PRIMARY KEY,
    image INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    page  INTEGER NOT NULL,              -- 1-based
    a REAL NOT NULL, b REAL NOT NULL, c REAL NOT NULL,
    d REAL NOT NULL, e REAL NOT NULL, f REAL NOT NULL,      -- unit square to page points
    x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL
) STRICT;
CREATE INDEX placement_image ON placement (image);

CREATE TABLE figure (
    id           INTEGER PRIMARY KEY,
    document     INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    ordinal      INTEGER NOT NULL,       -- reading order in the document, from 0
    label        TEXT,                   -- normalised: 'Figure 1', 'Figure S1'; NULL uncaptioned
    kind         TEXT NOT NULL CHECK (kind IN ('figure', 'supplementary', 'table')),
    caption      TEXT NOT NULL,
    caption_page INTEGER,
    cx0 REAL, cy0 REAL, cx1 REAL, cy1 REAL,
    page         INTEGER,
    x0 REAL, y0 REAL, x1 REAL, y1 REAL,
    pairing      TEXT NOT NULL,
    confidence   REAL NOT NULL,
    UNIQUE (document, ordinal)
) STRICT;

CREATE TABLE figure_image (
    figure    INTEGER NOT NULL REFERENCES figure (id) ON DELETE CASCADE,
    placement INTEGER NOT NULL REFERENCES placement (id) ON DELETE CASCADE,
    PRIMARY KEY (figure, placement)
) STRICT, WITHOUT ROWID;
CREATE INDEX figure_image_placement ON figure_image (placement);

CREATE TABLE mention (
    id       INTEGER PRIMARY KEY,
    figure   INTEGER NOT NULL REFERENCES figure (id) ON DELETE CASCADE,
    page     INTEGER NOT NULL,
    sentence TEXT NOT NULL
) STRICT;
CREATE INDEX mention_figure ON mention (figure);

-- A rectangle of a picture that shows one scan. Immutable: which panels of an image count is said
-- by the 'crop' decision in force.
CREATE TABLE panel (
    id          INTEGER PRIMARY KEY,
    image       INTEGER NOT NULL REFERENCES image (id),
    x INTEGER NOT NULL CHECK (x >= 0), y INTEGER NOT NULL CHECK (y >= 0),
    w INTEGER NOT NULL CHECK (w > 0),  h INTEGER NOT NULL CHECK (h > 0),
    letter      TEXT NOT NULL DEFAULT '',
    sub_caption TEXT NOT NULL DEFAULT '',
    proposed_by TEXT NOT NULL,           -- a curator's name, or 'auto'
    UNIQUE (image, x, y, w, h)
) STRICT;

-- What is known of a patient of a paper. Append-only: the newest row of (preprint, name) counts.
CREATE TABLE patient_case (
    id              INTEGER PRIMARY KEY,
    preprint        INTEGER NOT NULL REFERENCES preprint (id),
    name            TEXT NOT NULL,       -- local to the paper: 'Patient 1'
    age             TEXT NOT NULL DEFAULT '',
    sex             TEXT NOT NULL DEFAULT '',
    location        TEXT NOT NULL DEFAULT '',
    medical_history TEXT NOT NULL DEFAULT '',
    severity        TEXT NOT NULL DEFAULT '',
    other_diseases  TEXT NOT NULL DEFAULT '',
    curator         TEXT NOT NULL,
    time            TEXT NOT NULL        -- RFC 3339, UTC
) STRICT;
CREATE INDEX patient_case_name ON patient_case (preprint, name);

-- Append-only. A NULL value takes the curator's earlier decision back.
CREATE TABLE decision (
    id       INTEGER PRIMARY KEY,
    stage    TEXT NOT NULL CHECK (stage IN ('select', 'diagnose', 'crop', 'case')),
    image    INTEGER NOT NULL REFERENCES image (id),
    panel    INTEGER REFERENCES panel (id),
    value    TEXT,
    evidence TEXT CHECK (evidence IN ('caption', 'mention', 'abstract', 'image')),
    span     TEXT NOT NULL DEFAULT '',
    curator  TEXT NOT NULL CHECK (curator <> ''),
    time     TEXT NOT NULL,              -- RFC 3339, UTC
    note     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX decision_image ON decision (image, stage);
CREATE TRIGGER decision_append_only_update BEFORE UPDATE ON decision BEGIN
    SELECT RAISE (ABORT, 'decisions are append-only');
END;
CREATE TRIGGER decision_append_only_delete BEFORE DELETE ON decision BEGIN
    SELECT RAISE (ABORT, 'decisions are append-only');
END;

-- One row a named split.
CREATE TABLE split (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    how     TEXT NOT NULL,               -- JSON: how it was made
    created TEXT NOT NULL
) STRICT;

CREATE TABLE split_panel (
    split INTEGER NOT NULL REFERENCES split (id) ON DELETE CASCADE,
    panel INTEGER NOT NULL REFERENCES panel (id),
    part  TEXT NOT NULL CHECK (part IN ('train', 'val', 'test')),
    PRIMARY KEY (split, panel)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    created TEXT NOT NULL,
    config  TEXT NOT NULL,               -- JSON
    metrics TEXT NOT NULL                -- JSON
) STRICT;
