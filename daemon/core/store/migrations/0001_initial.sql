-- One row: the vault's identity, and the data key that new values are sealed with.
CREATE TABLE vault (
  id TEXT NOT NULL PRIMARY KEY,
  current_key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- The data key, wrapped once for each way to open it.
CREATE TABLE key_slots (
  id TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('keychain', 'credential', 'password', 'recovery', 'key_file')),
  wrapped_key BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- What a person set of a provider; the rest comes from config.toml or is built in.
CREATE TABLE providers (
  id TEXT NOT NULL PRIMARY KEY,
  settings TEXT NOT NULL,
  client_secret BLOB,
  updated_at INTEGER NOT NULL
) STRICT;

-- An account with its one grant. `client` is the provider as it was when the person signed in.
-- `generation` grows with every change of the grant. Times are milliseconds since 1970.
CREATE TABLE accounts (
  id TEXT NOT NULL PRIMARY KEY,
  service TEXT NOT NULL,
  account TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('oauth', 'api_key')),
  flow TEXT NOT NULL,
  client TEXT,
  client_secret BLOB,
  state TEXT NOT NULL CHECK (state IN ('ok', 'needs_auth', 'parked')),
  generation INTEGER NOT NULL,
  access_token BLOB,
  refresh_token BLOB,
  -- Keyed, so that it tells nothing; one refresh token under two accounts would be spent twice.
  refresh_fingerprint BLOB UNIQUE,
  token_type TEXT,
  scopes TEXT NOT NULL,
  issued_at INTEGER,
  expires_at INTEGER,
  refresh_expires_at INTEGER,
  last_refreshed_at INTEGER,
  last_error TEXT,
  next_attempt_at INTEGER,
  failures INTEGER NOT NULL,
  last_used INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (service, account)
) STRICT;

-- What the scheduler looks for.
CREATE INDEX accounts_by_expiry ON accounts (expires_at) WHERE state = 'ok' AND expires_at IS NOT NULL;

-- The journal of exchanges: each is written before its request is sent. One that has no end was cut off by a crash.
CREATE TABLE refresh_attempts (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  generation INTEGER NOT NULL,
  fingerprint BLOB,
  holder TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  outcome TEXT CHECK (outcome IN ('stored', 'refused', 'not_sent', 'unknown')),
  ended_at INTEGER
) STRICT;

CREATE INDEX refresh_attempts_by_account ON refresh_attempts (account_id, generation);
