-- What a figure is made of, where else it stands, what is printed over its pictures.

ALTER TABLE preprint ADD COLUMN abstract TEXT NOT NULL DEFAULT '';

-- Part of the paper's dress (a logo, a banner, a watermark), not of a figure.
ALTER TABLE image ADD COLUMN furniture INTEGER NOT NULL DEFAULT 0 CHECK (furniture IN (0, 1));
-- The stitched picture that this one is a tile of.
ALTER TABLE image ADD COLUMN tile_of INTEGER REFERENCES image (id);

-- Clip box in page points; NULL where nothing but the page's edge cuts.
ALTER TABLE placement ADD COLUMN kx0 REAL;
ALTER TABLE placement ADD COLUMN ky0 REAL;
ALTER TABLE placement ADD COLUMN kx1 REAL;
ALTER TABLE placement ADD COLUMN ky1 REAL;

-- What the page prints over a picture: panel letters, arrows, boxes. Page points.
CREATE TABLE overlay (
    id        INTEGER PRIMARY KEY,
    placement INTEGER NOT NULL REFERENCES placement (id) ON DELETE CASCADE,
    kind      TEXT NOT NULL CHECK (kind IN ('text', 'path')),
    text      TEXT NOT NULL,             -- '' for a path
    x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL
) STRICT;
CREATE INDEX overlay_placement ON overlay (placement);

-- 'raster': pictures and nothing else; 'vector': painted paths; 'mixed': pictures with paths or text
-- that belong to them; '' where an extractor before this migration read it.
ALTER TABLE figure ADD COLUMN composition TEXT NOT NULL DEFAULT ''
    CHECK (composition IN ('', 'raster', 'vector', 'mixed'));

-- Where a figure stands besides its own page and box: continued on another page, or drawn again.
CREATE TABLE figure_region (
    id     INTEGER PRIMARY KEY,
    figure INTEGER NOT NULL REFERENCES figure (id) ON DELETE CASCADE,
    role   TEXT NOT NULL CHECK (role IN ('continued', 'copy')),
    page   INTEGER NOT NULL,
    x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL
) STRICT;
CREATE INDEX figure_region_figure ON figure_region (figure);
-- NULL for a picture of the figure's own region.
ALTER TABLE figure_image ADD COLUMN region INTEGER REFERENCES figure_region (id) ON DELETE CASCADE;

-- The panels a figure names: letters of its caption and letters printed on it.
CREATE TABLE figure_panel (
    figure  INTEGER NOT NULL REFERENCES figure (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,            -- from 0
    letter  TEXT NOT NULL,               -- 'A', or a place such as 'left'
    text    TEXT NOT NULL,               -- what the caption says of it; '' where it says nothing
    page    INTEGER,                     -- where the letter is printed over the figure, if it is
    x0 REAL, y0 REAL, x1 REAL, y1 REAL,
    PRIMARY KEY (figure, ordinal)
) STRICT, WITHOUT ROWID;

-- Panels that a citing sentence names, joined by blanks: 'A B'.
ALTER TABLE mention ADD COLUMN panels TEXT NOT NULL DEFAULT '';
