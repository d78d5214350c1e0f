-- What agents and apps run as: a folder each, of which only what was trusted runs. Times are ISO 8601 in UTC. `storage_version`
-- counts the changes of its storage, so that no version of a value comes twice.
CREATE TABLE capabilities (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  storage_version INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;

-- Everything that was trusted of each; the greatest number is what runs. `digest` covers every file, and `seal` is proof that a
-- person trusted it: nothing, sealed, and bound to the row.
CREATE TABLE capability_versions (
  id TEXT NOT NULL PRIMARY KEY,
  capability_id TEXT NOT NULL REFERENCES capabilities (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  version TEXT NOT NULL,
  manifest TEXT NOT NULL,
  digest TEXT NOT NULL,
  trusted_at TEXT NOT NULL,
  seal BLOB NOT NULL,
  UNIQUE (capability_id, number)
) STRICT;

-- The files of a version: paths with / between names, and SHA-256 in hexadecimal. `mode`: whether it may be executed.
CREATE TABLE capability_files (
  version_id TEXT NOT NULL REFERENCES capability_versions (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  executable INTEGER NOT NULL CHECK (executable IN (0, 1)),
  PRIMARY KEY (version_id, path)
) STRICT, WITHOUT ROWID;

-- What a person granted, in its usual spelling. `seal` as above.
CREATE TABLE capability_grants (
  id TEXT NOT NULL PRIMARY KEY,
  capability_id TEXT NOT NULL REFERENCES capabilities (id) ON DELETE CASCADE,
  "grant" TEXT NOT NULL,
  granted_at TEXT NOT NULL,
  seal BLOB NOT NULL,
  UNIQUE (capability_id, "grant")
) STRICT;

-- Secrets that only runs of their capability get.
CREATE TABLE capability_secrets (
  id TEXT NOT NULL PRIMARY KEY,
  capability_id TEXT NOT NULL REFERENCES capabilities (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (capability_id, key)
) STRICT;

-- What a capability keeps for itself: JSON values, sealed. `bytes` is the length of the JSON, `version` that of its last change.
CREATE TABLE capability_storage (
  id TEXT NOT NULL PRIMARY KEY,
  capability_id TEXT NOT NULL REFERENCES capabilities (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (capability_id, key)
) STRICT;
