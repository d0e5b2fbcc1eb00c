-- What an upgrade changed of what is in force: rules by which decisions are read may change, decisions never do.

CREATE TABLE upgrade (
    id   INTEGER PRIMARY KEY,
    time TEXT NOT NULL,                  -- RFC 3339, UTC
    told TEXT NOT NULL                   -- in plain English, one thing a row
) STRICT;
