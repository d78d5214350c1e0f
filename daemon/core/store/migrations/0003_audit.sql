-- What left the vault and what was refused, one row after the other. `mac` is keyed, and covers the row and the `mac` of the
-- row before it. `count`: how many calls a row stands for. Times are milliseconds since 1970.
CREATE TABLE audit_records (
  seq INTEGER NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  uid INTEGER,
  pid INTEGER,
  executable TEXT,
  script TEXT,
  door TEXT,
  method TEXT NOT NULL,
  reference TEXT,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT;

CREATE INDEX audit_records_by_time ON audit_records (at);

-- One row, where the chain ends: the number and the key of the next row, and the `mac` of the last one.
CREATE TABLE audit_chain (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  seq INTEGER NOT NULL,
  key BLOB NOT NULL,
  mac BLOB NOT NULL
) STRICT;

-- One row, where the chain begins: the number and the key of its first row, the key sealed, the `mac` before that row, and
-- when the records began that are still there.
CREATE TABLE audit_anchor (
  id TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  sealed_key BLOB NOT NULL,
  mac BLOB NOT NULL,
  since INTEGER NOT NULL
) STRICT;
