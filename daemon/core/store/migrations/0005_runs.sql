-- Runs of capabilities, and the record of work that runs elsewhere (without a capability). `capability` is a name, which stays
-- when the capability is removed. `process`: what finds its processes after the death of a daemon, as JSON. Durations are
-- milliseconds.
CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  capability_id TEXT REFERENCES capabilities (id) ON DELETE SET NULL,
  capability TEXT,
  task TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled', 'interrupted')),
  created_at TEXT NOT NULL,
  started_at TEXT,
  completed_at TEXT,
  error TEXT,
  exit_code INTEGER,
  duration_ms INTEGER,
  process TEXT
) STRICT;

CREATE INDEX runs_by_capability ON runs (capability, id);
CREATE INDEX runs_by_capability_id ON runs (capability_id);
CREATE INDEX runs_by_capability_and_status ON runs (capability, status, id);
CREATE INDEX runs_by_status ON runs (status, id);

-- Ids are in the order of their making. What was secret is redacted before it comes here.
CREATE TABLE messages (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX messages_by_run ON messages (run_id, id);
