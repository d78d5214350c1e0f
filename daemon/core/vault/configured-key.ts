import type { Config } from '../../../shared/config.js';
import type { SlotKind, StoredSlot } from '../store/vault.js';
import { needsPerson } from './slots/slots.js';

/** What `vault.key` in config.toml may say. Only the first start acts by it: later it is compared with what there is. */
export type ConfiguredKey = Config['vault']['key'];

export const NAMES: Readonly<Record<SlotKind, string>> = {
  keychain: 'a key in the keychain',
  key_file: 'a key file',
  credential: 'a credential of the service manager',
  password: 'a password',
  recovery: 'a recovery key',
};

/** What config.toml says about the vault's key that is not so, with the command that helps; `null` if there is nothing. */
export function keyWarning(
  configured: ConfiguredKey,
  slots: readonly Pick<StoredSlot, 'id' | 'kind'>[],
): string | null {
  if (configured === 'auto') return null;
  const wanted = slots.filter(({ kind }) => kind === configured);
  // A password or a recovery key beside the key contradicts nothing.
  const others = slots.filter((slot) => slot.kind !== configured && !needsPerson(slot));
  if (others.length === 0 && (wanted.length > 0 || configured === 'password')) return null;
  const openers = (others.length > 0 ? others : slots).map(({ kind }) => NAMES[kind]);
  const too = wanted.length > 0 ? ' too' : '';
  const advice = adviceOn(configured, wanted.length > 0, others[0]?.id);
  return `config.toml says vault.key = "${configured}", but ${openers.join(' and ')} ${openers.length === 1 ? 'opens' : 'open'} the vault${too}. ${advice}`;
}

/** Advice for a vault that is lost with one item of the keychain, as after a new installation; `null` for any other. */
export function onlyWay(slots: readonly Pick<StoredSlot, 'kind'>[]): string | null {
  if (slots.length !== 1 || slots[0]?.kind !== 'keychain') return null;
  return 'Only an item of the keychain opens the vault, and without it everything is lost. Make a recovery key: sigilforge vault recovery-key';
}

function adviceOn(
  configured: Exclude<ConfiguredKey, 'auto'>,
  exists: boolean,
  other: string | undefined,
): string {
  if (configured === 'password')
    return 'Make a password the only way in with: sigilforge vault set-password --only';
  const remove = other === undefined ? '' : `sigilforge vault remove-slot ${other}`;
  if (exists) return `Remove that with: ${remove}`;
  if (configured === 'keychain')
    return ['Move it with: sigilforge vault add-keychain', remove].filter(Boolean).join(', then ');
  return 'A vault gets such a key only when it is made: correct the line, or take everything to a new vault with: sigilforge vault export FILE --with-grants';
}
