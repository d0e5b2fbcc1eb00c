-- Of a picture out of an export of covid-ct that was imported: what the export's manifest told of it,
-- as JSON of its row, so that exporting it again tells the same. Empty of any other picture.
ALTER TABLE image ADD COLUMN provenance TEXT NOT NULL DEFAULT '';

-- What objects look like, as `annotations export` writes it: found once, as decoding takes long. By the
-- SHA-256 of the bytes, so that it never tells of others.
CREATE TABLE look (
    sha256 TEXT PRIMARY KEY,
    look   TEXT NOT NULL                 -- 'WIDTHxHEIGHT:' and 64 hexadecimal digits
) STRICT, WITHOUT ROWID;
