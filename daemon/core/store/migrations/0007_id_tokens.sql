-- The newest ID token that the provider sent (OpenID Connect Core 1.0, section 2), sealed. NULL: none that could be kept.
ALTER TABLE accounts ADD COLUMN id_token BLOB;

-- As for the other sealed values of an account: see 0002.
CREATE TRIGGER accounts_id_token_sealed_again
BEFORE UPDATE OF service, account, kind, flow, client, minting, asked_scopes, subject ON accounts
WHEN (NEW.service IS NOT OLD.service OR NEW.account IS NOT OLD.account OR NEW.kind IS NOT OLD.kind
    OR NEW.flow IS NOT OLD.flow OR NEW.client IS NOT OLD.client OR NEW.minting IS NOT OLD.minting
    OR NEW.asked_scopes IS NOT OLD.asked_scopes OR NEW.subject IS NOT OLD.subject)
  AND NEW.id_token = OLD.id_token
BEGIN
  SELECT RAISE(ABORT, 'The ID token of this account must be sealed again.');
END;
