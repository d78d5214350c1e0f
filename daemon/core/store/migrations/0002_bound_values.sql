-- What a sign-in asked for, as JSON like `scopes`, which holds what was granted. NULL: from before this was kept.
ALTER TABLE accounts ADD COLUMN asked_scopes TEXT;
-- Who signed in: `sub` of the ID token. NULL: not known.
ALTER TABLE accounts ADD COLUMN subject TEXT;
-- When the access token is over at the latest, whatever `expires_at` says.
ALTER TABLE accounts ADD COLUMN latest_end INTEGER;
UPDATE accounts SET latest_end = expires_at;
-- The origins (RFC 6454) that a provider's client secret was given for, as a JSON list. NULL beside a secret: from before this
-- was kept.
ALTER TABLE providers ADD COLUMN secret_origins TEXT;
-- Proof that a person set `settings`; empty: from before there was one.
ALTER TABLE providers ADD COLUMN settings_seal BLOB NOT NULL DEFAULT x'';

-- Sealed values are bound to what decides where they are sent, what for and under what name (see sealing/places.ts). A change
-- of that which forgets to seal them again would make them unreadable, so it fails.
CREATE TRIGGER accounts_sealed_again
BEFORE UPDATE OF service, account, kind, flow, client, minting, asked_scopes, subject ON accounts
WHEN (NEW.service IS NOT OLD.service OR NEW.account IS NOT OLD.account OR NEW.kind IS NOT OLD.kind
    OR NEW.flow IS NOT OLD.flow OR NEW.client IS NOT OLD.client OR NEW.minting IS NOT OLD.minting
    OR NEW.asked_scopes IS NOT OLD.asked_scopes OR NEW.subject IS NOT OLD.subject)
  AND (NEW.access_token = OLD.access_token OR NEW.refresh_token = OLD.refresh_token
    OR NEW.client_secret = OLD.client_secret OR NEW.private_key = OLD.private_key)
BEGIN
  SELECT RAISE(ABORT, 'The sealed values of this account must be sealed again.');
END;

CREATE TRIGGER accounts_token_sealed_again BEFORE UPDATE OF token_type, latest_end ON accounts
WHEN (NEW.token_type IS NOT OLD.token_type OR NEW.latest_end IS NOT OLD.latest_end)
  AND NEW.access_token = OLD.access_token
BEGIN
  SELECT RAISE(ABORT, 'The access token of this account must be sealed again.');
END;

CREATE TRIGGER providers_sealed_again BEFORE UPDATE OF secret_origins, settings ON providers
WHEN (NEW.secret_origins IS NOT OLD.secret_origins AND NEW.client_secret = OLD.client_secret
    AND substr(NEW.client_secret, 1, 1) <> x'01')
  OR (NEW.settings IS NOT OLD.settings AND NEW.settings_seal = OLD.settings_seal AND NEW.settings_seal <> x'')
BEGIN
  SELECT RAISE(ABORT, 'What is sealed of this provider must be sealed again.');
END;

CREATE TRIGGER secrets_sealed_again BEFORE UPDATE OF key ON secrets
WHEN NEW.key IS NOT OLD.key AND NEW.value = OLD.value
BEGIN
  SELECT RAISE(ABORT, 'The value of this secret must be sealed again.');
END;

-- A program of an older version, which had this database open before, binds nothing. Its write fails, and it keeps
-- the answer of a provider in a file.
CREATE TRIGGER accounts_inserted_bound BEFORE INSERT ON accounts
WHEN substr(NEW.access_token, 1, 1) = x'01' OR substr(NEW.refresh_token, 1, 1) = x'01'
  OR substr(NEW.client_secret, 1, 1) = x'01' OR substr(NEW.private_key, 1, 1) = x'01'
BEGIN
  SELECT RAISE(ABORT, 'The sealed values of this account must be bound to it.');
END;

CREATE TRIGGER accounts_updated_bound BEFORE UPDATE ON accounts
WHEN (NEW.access_token IS NOT OLD.access_token AND substr(NEW.access_token, 1, 1) = x'01')
  OR (NEW.refresh_token IS NOT OLD.refresh_token AND substr(NEW.refresh_token, 1, 1) = x'01')
  OR (NEW.client_secret IS NOT OLD.client_secret AND substr(NEW.client_secret, 1, 1) = x'01')
  OR (NEW.private_key IS NOT OLD.private_key AND substr(NEW.private_key, 1, 1) = x'01')
BEGIN
  SELECT RAISE(ABORT, 'The sealed values of this account must be bound to it.');
END;

CREATE TRIGGER providers_inserted_sealed BEFORE INSERT ON providers WHEN NEW.settings_seal = x''
BEGIN
  SELECT RAISE(ABORT, 'The settings of this provider must be sealed.');
END;

CREATE TRIGGER secrets_inserted_bound BEFORE INSERT ON secrets WHEN substr(NEW.value, 1, 1) = x'01'
BEGIN
  SELECT RAISE(ABORT, 'The value of this secret must be bound to its name.');
END;

CREATE TRIGGER secrets_updated_bound BEFORE UPDATE ON secrets
WHEN NEW.value IS NOT OLD.value AND substr(NEW.value, 1, 1) = x'01'
BEGIN
  SELECT RAISE(ABORT, 'The value of this secret must be bound to its name.');
END;
