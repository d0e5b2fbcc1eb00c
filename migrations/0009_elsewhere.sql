-- Pictures that `merge --only likely` left where they are: objects are below data/objects, or at the place of one of the
-- documents that have them, from where they are had when they are first needed.

CREATE TABLE object_place (
    id       INTEGER PRIMARY KEY,
    place    TEXT NOT NULL,              -- absolute folder, or 's3://…'; objects are below it as below data/objects
    access   TEXT NOT NULL CHECK (access IN ('anonymous', 'account', 'requester-pays')),
    endpoint TEXT NOT NULL,              -- of an S3 service other than Amazon's, else ''
    UNIQUE (place, access, endpoint)
) STRICT;

CREATE TABLE document_objects (
    document INTEGER PRIMARY KEY REFERENCES document (id) ON DELETE CASCADE,
    place    INTEGER NOT NULL REFERENCES object_place (id)
) STRICT;
