-- What a sign-in asked for, as JSON like `scopes`, which holds what was granted. NULL: from before this was kept.
ALTER TABLE accounts ADD COLUMN asked_scopes TEXT;
-- Who signed in: `sub` of the ID token. NULL: not known.
ALTER TABLE accounts ADD COLUMN subject TEXT;
