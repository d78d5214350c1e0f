import type { VaultSlot } from '../../shared/contract/index.js';

const NAMES: Readonly<Record<VaultSlot['kind'], string>> = {
  recovery: 'the recovery key',
  password: 'the password',
  keychain: "this machine's keychain",
  key_file: 'the key file vault.key of the data folder',
  credential: 'the credential of the service manager',
};

/** What a person has with them wherever they are. */
const PORTABLE: ReadonlySet<VaultSlot['kind']> = new Set(['recovery', 'password']);

/** What opens a vault, in words, what a person has with them first. */
export function describeOpeners(kinds: readonly VaultSlot['kind'][]): string {
  const [here, there] = [
    kinds.filter((kind) => PORTABLE.has(kind)),
    kinds.filter((kind) => !PORTABLE.has(kind)),
  ];
  const names = [...here, ...there].map((kind) => NAMES[kind]);
  return names.length === 0 ? 'nothing yet' : names.join(', ');
}

/** Advice for a copy that would open nowhere else; `undefined` if there is no need. */
export function openerWarning(kinds: readonly VaultSlot['kind'][]): string | undefined {
  if (kinds.some((kind) => PORTABLE.has(kind))) return undefined;
  const only = kinds.includes('key_file') ? 'Keep a copy of that as well, or make' : 'Make';
  return `Without that, it opens nowhere. ${only} a recovery key, and then a new backup: sigilforge vault recovery-key`;
}
