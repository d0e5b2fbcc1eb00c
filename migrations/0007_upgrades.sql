-- What an upgrade changed of what is in force: rules by which decisions are read may change, decisions never do.

CREATE TABLE upgrade (
    id   INTEGER PRIMARY KEY,
    time TEXT NOT NULL,                  -- RFC 3339, UTC
    told TEXT NOT NULL                   -- in plain English, one thing a row
) STRICT;

-- patient_case: from this version on the newest row of (preprint, name, curator) is what that curator tells, and which
-- curators' rows count, and of whom they tell, is said by the case decisions in force.
