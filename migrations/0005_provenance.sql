-- Of a picture out of an export of covid-ct that was imported: what the export's manifest told of it,
-- as JSON of its row, so that exporting it again tells the same. Empty of any other picture.
ALTER TABLE image ADD COLUMN provenance TEXT NOT NULL DEFAULT '';
