-- The origins (RFC 6454) that a provider's client secret was given for, as a JSON list; the sealed secret is bound to it.
-- NULL beside a secret: from before this was kept.
ALTER TABLE providers ADD COLUMN secret_origins TEXT;

CREATE TRIGGER providers_sealed_again BEFORE UPDATE OF secret_origins ON providers
WHEN NEW.secret_origins IS NOT OLD.secret_origins AND NEW.client_secret = OLD.client_secret
  AND substr(NEW.client_secret, 1, 1) = x'02'
BEGIN
  SELECT RAISE(ABORT, 'The client secret of this provider must be sealed again.');
END;
