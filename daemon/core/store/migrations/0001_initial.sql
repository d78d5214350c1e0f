-- One row: the vault's identity, and the data key that new values are sealed with. While it is locked no slot opens it
-- by itself, in any process.
CREATE TABLE vault (
  id TEXT NOT NULL PRIMARY KEY,
  current_key_id TEXT NOT NULL,
  fingerprint_key BLOB NOT NULL,
  locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

-- The ways to open the vault: each a pair of keys, the private one sealed by the slot's own key, the public one by the
-- data key. `params` is JSON: how the slot's own key is made of a password.
CREATE TABLE key_slots (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('keychain', 'credential', 'password', 'recovery', 'key_file')),
  private_key BLOB NOT NULL,
  public_key BLOB NOT NULL,
  params TEXT,
  created_at INTEGER NOT NULL
) STRICT;

-- Each data key, wrapped for each slot: one key, but for the time of a rotation, when there are two.
CREATE TABLE wrapped_keys (
  slot_id TEXT NOT NULL REFERENCES key_slots (id) ON DELETE CASCADE,
  key_id TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY (slot_id, key_id)
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
  -- A key that mints tokens, and what it signs for them as JSON: both or neither.
  private_key BLOB,
  minting TEXT,
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
  UNIQUE (service, account),
  CHECK ((private_key IS NULL) = (minting IS NULL))
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

-- Every item that this vault may have in the keychain of the system, besides the keys of its slots: written down before
-- the item is made, and struck out once it is deleted. One that no secret names is left over, and is deleted.
CREATE TABLE keychain_items (
  user TEXT NOT NULL PRIMARY KEY
) STRICT;

-- Secrets by their names, each with its one back end: `value` is sealed here, `item` names an item of the keychain.
CREATE TABLE secrets (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  value BLOB,
  item TEXT UNIQUE REFERENCES keychain_items (user),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((value IS NULL) <> (item IS NULL))
) STRICT;
