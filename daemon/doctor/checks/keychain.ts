import { randomUUID } from 'node:crypto';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { readPresence } from '../../../shared/presence.js';
import { sessionBus } from '../../../shared/session-bus.js';
import { OsKeychain } from '../../core/keychain/os.js';
import type { SlotKind } from '../../core/store/vault.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import type { Patient } from '../patient.js';
import { type DefaultCollection, defaultCollection } from '../secret-service.js';
import { withoutStop } from '../words.js';

/** A keychain that works answers in milliseconds; the binding itself waits for two seconds. */
const TIMEOUT_MS = 5_000;
/** The collection that GNOME Keyring and KWallet keep only in memory. */
const SESSION_COLLECTION = '/org/freedesktop/secrets/collection/session';

export const keychain: Check = {
  name: 'keychain',
  async run(patient) {
    const collection = await defaultCollection(patient.env);
    const refused = await answerOf(patient, collection);
    const needs = await openersOf(patient);
    if (refused) return [refusal(refused, patient, needs), ...besideDaemon(patient, false)];
    return [...keeping(collection), ...besideDaemon(patient, true)];
  },
};

/**
 * What a call to it ends in; `undefined` if it works. Only what is known to be open is written to: another keychain would ask
 * the person for its password.
 */
async function answerOf(
  { env }: Patient,
  { state }: DefaultCollection,
): Promise<SigilforgeError | undefined> {
  if (state === 'locked') return new SigilforgeError('vault_locked', 'The keychain is locked.');
  if (state === 'missing')
    return new SigilforgeError('keychain_unavailable', 'The keychain has no collection to keep items in.');
  const os = new OsKeychain({ timeoutMs: TIMEOUT_MS, env });
  try {
    if (state === 'unlocked' || process.platform === 'win32') await os.probe();
    else await os.get(`doctor/${randomUUID()}`);
    return undefined;
  } catch (thrown) {
    return asSigilforgeError(thrown);
  } finally {
    await os.close();
  }
}

/** The ways to open the vault, if they are known. */
async function openersOf(patient: Patient): Promise<readonly SlotKind[]> {
  const core = await patient.core();
  return core instanceof SigilforgeError ? [] : core.vault.store.slots().map(({ kind }) => kind);
}

function refusal(error: SigilforgeError, patient: Patient, openers: readonly SlotKind[]): Finding {
  const sentence = error.message;
  const isNeeded = openers.includes('keychain');
  if (error.kind === 'keychain_unavailable') {
    if (isReachedByDaemon(patient)) return ok(`${withoutStop(sentence)}; the daemon reaches its own.`);
    if (!isNeeded && openers.length > 0) return ok(`${withoutStop(sentence)}, and this vault needs none.`);
  }
  const cure = CURES[error.kind] ?? error.hint;
  return isNeeded ? broken(sentence, cure) : warning(sentence, cure);
}

const CURES: Partial<Record<SigilforgeError['kind'], string>> = {
  keychain_unavailable:
    'Start a keychain (on Linux: a Secret Service such as GNOME Keyring or KeePassXC) in this session, then: sigilforge daemon restart',
  vault_locked:
    'Unlock it in your desktop session, or open the vault by its password: sigilforge vault unlock',
  timeout:
    'End the program of the keychain and start it again; until then, a password opens the vault: sigilforge vault unlock',
  denied:
    'Allow Sigilforge in the keychain, and in the rules of the session bus; until then, a password opens the vault: sigilforge vault unlock',
};

function keeping(collection: DefaultCollection): Finding[] {
  if (collection.state !== 'unlocked') return [ok('The keychain answers.')];
  if (collection.path !== SESSION_COLLECTION) {
    const name = decodeURIComponent(collection.path.split('/').at(-1) ?? '');
    return [ok(`The Secret Service keeps what it is given in its collection ${name}, also over a reboot.`)];
  }
  return [
    warning(
      'The Secret Service keeps what it is given only until the session ends: its default collection is in memory.',
      'Make a collection that stays the default one, and a second way to open the vault: sigilforge vault recovery-key',
    ),
  ];
}

function isReachedByDaemon({ daemon }: Patient): boolean {
  return daemon !== null && 'keychain' in daemon && daemon.keychain.available === true;
}

/** The daemon may look for its keychain on the bus of another session. */
function besideDaemon(patient: Patient, worksHere: boolean): Finding[] {
  const { daemon, env, paths } = patient;
  if (daemon === null || !('keychain' in daemon) || !worksHere || isReachedByDaemon(patient)) return [];
  const { error } = daemon.keychain;
  const bus = busOf(paths.presence, daemon.pid);
  const isElsewhere = bus !== undefined && bus !== sessionBus(env);
  if (error === null && !isElsewhere) return [];
  const where = isElsewhere ? ', because it was started outside this session' : '';
  const sentence =
    error === null
      ? 'The daemon was started outside this session, and looks for its keychain there.'
      : `The daemon cannot use the keychain (${error})${where}.`;
  return [warning(sentence, 'Start it again in this session: sigilforge daemon restart')];
}

/** `undefined` if that is not known. */
function busOf(presenceFile: string, pid: number): string | null | undefined {
  try {
    const presence = readPresence(presenceFile);
    return presence?.pid === pid ? presence.bus : undefined;
  } catch {
    return undefined;
  }
}
