import { hkdfSync, randomBytes } from 'node:crypto';
import path from 'node:path';
import { SigilforgeError } from '../../../../shared/errors.js';
import type { Keychain } from '../../keychain/keychain.js';
import {
  appendPrivateLine,
  readFile,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from '../../platform/files.js';
import { KEY_BYTES } from '../../sealing/sealing.js';

/** The kinds of slot that open without a person. A password and a recovery key are slots too, but not sources. */
type KeySourceKind = 'credential' | 'keychain' | 'key_file';

/** Where the key of a slot is kept: the key that wraps the vault's data key. */
export interface KeySource {
  readonly kind: KeySourceKind;
  /** The key of a slot, or `undefined` if this source does not have it. Locked, denied and unavailable are thrown. */
  read(vaultId: string, slotId: string): Promise<Buffer | undefined>;
  /** Makes a key for a new slot and returns once it is safely kept. Nothing is ever overwritten. */
  create(vaultId: string, slotId: string): Promise<Buffer>;
  /** Deletes the key of a slot that was not stored, or was removed. */
  discard(vaultId: string, slotId: string): Promise<void>;
}

/** An item of its own in the OS keychain. */
export function keychainSource(keychain: Keychain): KeySource {
  const user = (vaultId: string, slotId: string): string => `${vaultId}/key/${slotId}`;
  return {
    kind: 'keychain',
    async read(vaultId, slotId) {
      const text = await keychain.get(user(vaultId, slotId));
      return text === undefined ? undefined : decodeKey(text);
    },
    async create(vaultId, slotId) {
      await keychain.probe();
      const key = randomBytes(KEY_BYTES);
      await keychain.set(user(vaultId, slotId), key.toString('base64'));
      return key;
    },
    async discard(vaultId, slotId) {
      await keychain.delete(user(vaultId, slotId));
    },
  };
}

/** A line in a 0600 file, for machines without a keychain. A stolen database is safe; a stolen folder is not. */
export function keyFileSource(file: string): KeySource {
  return {
    kind: 'key_file',
    async read(_vaultId, slotId) {
      const lines = readPrivateFile(file)?.split('\n') ?? [];
      const text = lines.find((line) => line.startsWith(`${slotId} `))?.slice(slotId.length + 1);
      return text === undefined ? undefined : decodeKey(text);
    },
    async create(_vaultId, slotId) {
      const key = randomBytes(KEY_BYTES);
      appendPrivateLine(file, `${slotId} ${key.toString('base64')}`);
      return key;
    },
    async discard(_vaultId, slotId) {
      const lines = readPrivateFile(file)?.split('\n');
      const kept = lines?.filter((line) => !line.startsWith(`${slotId} `));
      if (!lines || !kept || kept.length === lines.length) return;
      if (kept.some((line) => line.trim() !== '')) writePrivateFile(file, Buffer.from(kept.join('\n')));
      else removePrivateFile(file);
    },
  };
}

/** The name of systemd's credential: `LoadCredential=sigilforge-key:…` */
const CREDENTIAL_NAME = 'sigilforge-key';

/**
 * A file in `$CREDENTIALS_DIRECTORY`, which the service manager makes (systemd.exec(5), CREDENTIALS). Its owner and mode are
 * not ours to check: for a service with `User=` it belongs to root, and an access list opens it to the user.
 */
export function credentialSource(directory: string | undefined): KeySource {
  const derive = (slotId: string): Buffer | undefined => {
    const material = directory === undefined ? undefined : readFile(path.join(directory, CREDENTIAL_NAME));
    if (material === undefined) return undefined;
    if (Buffer.byteLength(material) < KEY_BYTES) {
      throw new SigilforgeError(
        'config',
        `The credential ${CREDENTIAL_NAME} has less than ${KEY_BYTES} bytes.`,
        {
          hint: 'Make one with: openssl rand -base64 48',
        },
      );
    }
    return Buffer.from(hkdfSync('sha256', material, slotId, 'sigilforge key slot', KEY_BYTES));
  };
  return {
    kind: 'credential',
    async read(_vaultId, slotId) {
      return derive(slotId);
    },
    async create(_vaultId, slotId) {
      const key = derive(slotId);
      if (key) return key;
      throw new SigilforgeError('config', `This service has no credential ${CREDENTIAL_NAME}.`, {
        hint: `Add LoadCredential=${CREDENTIAL_NAME}:/path to the unit, or choose another vault.key in config.toml.`,
      });
    },
    async discard() {},
  };
}

function decodeKey(text: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new SigilforgeError('integrity', "The stored key of the vault's slot is not what was written.");
}
