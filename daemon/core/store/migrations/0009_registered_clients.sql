-- Clients that were registered by themselves (RFC 7591), one for an issuer, which is the id. `registration`: JSON. `seal`: proof
-- that it was stored by this vault. `doubted`: a sign-in with it did not end well, so it is looked at before the next one.
CREATE TABLE registered_clients (
  id TEXT NOT NULL PRIMARY KEY,
  registration TEXT NOT NULL,
  seal BLOB NOT NULL,
  client_secret BLOB,
  access_token BLOB,
  doubted INTEGER NOT NULL DEFAULT 0 CHECK (doubted IN (0, 1))
) STRICT;
