-- Whether a bot was started by a person, or stopped: one that was started comes back with the daemon.
ALTER TABLE capabilities ADD COLUMN service TEXT NOT NULL DEFAULT 'created'
  CHECK (service IN ('created', 'started', 'stopped'));

-- The files of versions that can be restored, each content once for each capability.
CREATE TABLE capability_contents (
  capability_id TEXT NOT NULL REFERENCES capabilities (id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (capability_id, sha256)
) STRICT, WITHOUT ROWID;

-- Grants that capabilities ask for, in their usual spelling. `declined_at`: a person declined it, which is kept for a day.
CREATE TABLE capability_proposals (
  id TEXT NOT NULL PRIMARY KEY,
  capability_id TEXT NOT NULL REFERENCES capabilities (id) ON DELETE CASCADE,
  "grant" TEXT NOT NULL,
  reason TEXT NOT NULL,
  proposed_at TEXT NOT NULL,
  declined_at TEXT,
  UNIQUE (capability_id, "grant")
) STRICT;
