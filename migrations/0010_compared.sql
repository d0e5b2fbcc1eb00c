-- What the search for near-duplicates found, so that a panel is compared once with each other one.

-- Panels of which each pair was compared, by the pixels that they show.
CREATE TABLE compared (
    id        INTEGER PRIMARY KEY,
    method    INTEGER NOT NULL,          -- version of what is compared, and how
    sha256    TEXT NOT NULL,             -- of the object's bytes
    extension TEXT NOT NULL CHECK (extension IN ('jpg', 'png')),
    x INTEGER NOT NULL, y INTEGER NOT NULL, w INTEGER NOT NULL, h INTEGER NOT NULL,
    UNIQUE (method, sha256, x, y, w, h)
) STRICT;

-- Pairs of them that are related; all others are not.
CREATE TABLE related (
    one         INTEGER NOT NULL REFERENCES compared (id) ON DELETE CASCADE,
    other       INTEGER NOT NULL REFERENCES compared (id) ON DELETE CASCADE,
    kinship     TEXT NOT NULL CHECK (kinship IN ('same', 'alike')),
    mirrored    INTEGER NOT NULL,        -- 1 where the one lies on the other mirrored left to right
    correlation REAL NOT NULL,
    detail      REAL NOT NULL,
    scale_x REAL NOT NULL, scale_y REAL NOT NULL,           -- where a point of the one lies on the other,
    offset_x REAL NOT NULL, offset_y REAL NOT NULL,         -- in fractions of the sides
    PRIMARY KEY (one, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX related_other ON related (other);
