import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { Core } from '../../core/core.js';
import type { StoredSlot } from '../../core/store/vault.js';
import { keyWarning, NAMES } from '../../core/vault/configured-key.js';
import { damagedSlot } from '../../core/vault/slots/damaged-slot.js';
import { readPasswordParams } from '../../core/vault/slots/password.js';
import { needsPerson, openSlot } from '../../core/vault/slots/slots.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import type { Patient } from '../patient.js';
import { defaultCollection } from '../secret-service.js';
import { capitalized, joined } from '../words.js';

export const vault: Check = {
  name: 'vault',
  async run(patient) {
    const core = await patient.core();
    if (core instanceof SigilforgeError) return [];
    const slots = core.vault.store.slots();
    const damages = await Promise.all(slots.map((slot) => damageOf(patient, core, slot)));
    const found = [...damages.flat(), ...configured(patient, slots), ...waysIn(patient, slots)];
    return [state(patient, core, slots), ...found];
  },
};

function state({ daemon }: Patient, { vault }: Core, slots: readonly StoredSlot[]): Finding {
  const kinds = new Set<string>(slots.map(({ kind }) => kind));
  const ways = Object.entries(NAMES).flatMap(([kind, name]) => (kinds.has(kind) ? [name] : []));
  const opens = `${joined(ways)} ${ways.length === 1 ? 'opens' : 'open'} it`;
  // Another process knows only whether it was locked, not whether a person has opened it in the daemon.
  const now = daemon !== null && 'vault' in daemon ? daemon.vault.state : vault.state;
  return now === 'unlocked'
    ? ok(`The vault is unlocked: ${opens}.`)
    : warning(`The vault is locked: ${opens}.`, 'Unlock it with: sigilforge vault unlock');
}

/** What is wrong with a way in, if that can be known without a person. */
async function damageOf(patient: Patient, { vault }: Core, slot: StoredSlot): Promise<Finding[]> {
  const slots = vault.store.slots();
  try {
    if (slot.kind === 'password') readPasswordParams(slot.params, `key slot ${slot.id}`);
    // What was locked on purpose is not opened here, even for a moment.
    if (needsPerson(slot) || vault.row().locked || !(await isReadable(patient, slot))) return [];
    const key = await vault.sources.find(({ kind }) => kind === slot.kind)?.read(vault.id, slot.id);
    if (key === undefined) return [withoutKey(slot, slots)];
    openSlot(vault.id, slot, key).privateKey.fill(0);
    key.fill(0);
    return [];
  } catch (thrown) {
    const { kind, message, hint } = asSigilforgeError(thrown);
    if (kind !== 'integrity') return [broken(message, hint)];
    const damage = damagedSlot(slot, slots, thrown);
    return [broken(damage.message, damage.hint)];
  }
}

/** Whether its key can be read from this process, and without a question to the person. */
async function isReadable({ env }: Patient, { kind }: StoredSlot): Promise<boolean> {
  if (kind === 'credential') return env['CREDENTIALS_DIRECTORY'] !== undefined;
  if (kind !== 'keychain' || process.platform === 'win32') return true;
  return (await defaultCollection(env)).state === 'unlocked';
}

function withoutKey({ id, kind }: StoredSlot, slots: readonly StoredSlot[]): Finding {
  const sentence = `${capitalized(NAMES[kind])}, which opens the vault, is not where it was kept (slot ${id}).`;
  return slots.length > 1
    ? warning(
        sentence,
        `Open the vault in another way, then remove this one: sigilforge vault remove-slot ${id}`,
      )
    : broken(
        sentence,
        'Put back the keychain item or the key file; or move the data folder away and read an export: sigilforge vault import FILE',
      );
}

/** What config.toml says about the key and is not so. */
function configured(patient: Patient, slots: readonly StoredSlot[]): Finding[] {
  const config = patient.config();
  const text = config instanceof SigilforgeError ? null : keyWarning(config.vault.key, slots);
  if (text === null) return [];
  const end = text.indexOf('. ') + 1;
  return [warning(text.slice(0, end), text.slice(end).trim())];
}

/** What is missing among the ways in, or too weak. */
function waysIn({ paths }: Patient, slots: readonly StoredSlot[]): Finding[] {
  const kinds = new Set(slots.map(({ kind }) => kind));
  const found: Finding[] = [];
  if (kinds.has('key_file')) {
    found.push(
      warning(
        `The key of the vault is in a file next to the database (${paths.keyFile}): a stolen folder is not safe.`,
        'Use a keychain with: sigilforge vault add-keychain, or a password with: sigilforge vault set-password --only',
      ),
    );
  }
  if (!kinds.has('recovery')) {
    const only = kinds.size === 1 && kinds.has('password');
    const sentence = only
      ? 'Only a password opens the vault: if it is forgotten, everything is lost.'
      : 'There is no recovery key: if the other ways into the vault are lost, everything is.';
    found.push(warning(sentence, 'Make one, and keep it on paper: sigilforge vault recovery-key'));
  }
  return found;
}
