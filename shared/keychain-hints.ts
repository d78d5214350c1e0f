import { errorTable } from './errors.js';

export const CHECK_KEYCHAIN = 'Check the keychain of your desktop session, then try again.';
export const DO_WITHOUT_KEYCHAIN =
  'Try again. If the keychain stays broken, config.toml can name another key: vault.key = "key_file"';

/** Advice about the keychain of one's own session: no help if the daemon was started in another one. */
export const KEYCHAIN_HINTS: readonly string[] = [
  errorTable.keychain_unavailable.hint,
  errorTable.vault_locked.hint,
  CHECK_KEYCHAIN,
  DO_WITHOUT_KEYCHAIN,
];
