#!/usr/bin/env bash
# Library: SQLite 3.54.1 (apsw 3.54.1.0, Python).
#
# Triggers before DELETE and before UPDATE that refuse make a table append-only, but for INSERT OR REPLACE: the row whose key it takes
# goes without either trigger. The documentation of ON CONFLICT says so: delete triggers run then only with `PRAGMA recursive_triggers`,
# which is off, and is set by each connection for itself. A trigger before INSERT that looks for the key holds for every connection.
#
# Seen (a row of 1, 'a'):
#   delete: refused
#   update: refused
#   insert or replace: 1, 'b'
#   insert or replace, with recursive_triggers: refused
#   insert or replace, with a trigger before insert: refused
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target packages apsw==3.54.1.0

cat >look.py <<'PYTHON'
import apsw

REFUSES = "BEGIN SELECT RAISE (ABORT, 'append-only'); END;"


def tried(what, statement, before=""):
    db = apsw.Connection(":memory:")
    db.execute("CREATE TABLE decision (id INTEGER PRIMARY KEY, value TEXT)")
    db.execute(f"CREATE TRIGGER no_delete BEFORE DELETE ON decision {REFUSES}")
    db.execute(f"CREATE TRIGGER no_update BEFORE UPDATE ON decision {REFUSES}")
    db.execute("INSERT INTO decision VALUES (1, 'a')")
    db.execute(before)
    try:
        db.execute(statement)
        print(f"{what}:", ", ".join(repr(value) for row in db.execute("SELECT * FROM decision") for value in row))
    except apsw.ConstraintError:
        print(f"{what}: refused")


replace = "INSERT OR REPLACE INTO decision VALUES (1, 'b')"
tried("delete", "DELETE FROM decision")
tried("update", "UPDATE decision SET value = 'b'")
tried("insert or replace", replace)
tried("insert or replace, with recursive_triggers", replace, "PRAGMA recursive_triggers = ON")
tried("insert or replace, with a trigger before insert", replace,
      f"CREATE TRIGGER no_replace BEFORE INSERT ON decision WHEN EXISTS (SELECT 1 FROM decision WHERE id = new.id) {REFUSES}")
PYTHON

PYTHONPATH=packages python3 look.py | tee seen
diff - seen <<'SEEN'
delete: refused
update: refused
insert or replace: 1, 'b'
insert or replace, with recursive_triggers: refused
insert or replace, with a trigger before insert: refused
SEEN
