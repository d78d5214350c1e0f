-- The sealed values of an account are bound to what decides where they are sent: kind, flow, client and minting (see
-- sealing/places.ts). A change of those that forgets to seal the values again would make them unreadable, so it fails.
CREATE TRIGGER accounts_sealed_again BEFORE UPDATE OF kind, flow, client, minting ON accounts
WHEN (NEW.kind IS NOT OLD.kind OR NEW.flow IS NOT OLD.flow OR NEW.client IS NOT OLD.client
    OR NEW.minting IS NOT OLD.minting)
  AND (NEW.access_token = OLD.access_token OR NEW.refresh_token = OLD.refresh_token
    OR NEW.client_secret = OLD.client_secret OR NEW.private_key = OLD.private_key)
BEGIN
  SELECT RAISE(ABORT, 'The sealed values of this account must be sealed again.');
END;

-- A program of an older version, which had this database open before, does not bind what it seals. Its write fails, and
-- it keeps the answer of a provider in a file.
CREATE TRIGGER accounts_inserted_bound BEFORE INSERT ON accounts
WHEN x'01' IN (substr(NEW.access_token, 1, 1), substr(NEW.refresh_token, 1, 1), substr(NEW.client_secret, 1, 1),
  substr(NEW.private_key, 1, 1))
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
