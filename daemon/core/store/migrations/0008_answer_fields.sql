-- The named fields of the provider's answers (`answer_fields`, `redirect_fields`), sealed as JSON: they may say where tokens are
-- sent. NULL: none.
ALTER TABLE accounts ADD COLUMN fields BLOB;

-- As for the other sealed values of an account: see 0002.
CREATE TRIGGER accounts_fields_sealed_again
BEFORE UPDATE OF service, account, kind, flow, client, minting, asked_scopes, subject ON accounts
WHEN (NEW.service IS NOT OLD.service OR NEW.account IS NOT OLD.account OR NEW.kind IS NOT OLD.kind
    OR NEW.flow IS NOT OLD.flow OR NEW.client IS NOT OLD.client OR NEW.minting IS NOT OLD.minting
    OR NEW.asked_scopes IS NOT OLD.asked_scopes OR NEW.subject IS NOT OLD.subject)
  AND NEW.fields = OLD.fields
BEGIN
  SELECT RAISE(ABORT, 'The fields of this account must be sealed again.');
END;
