import { randomUUID } from 'node:crypto';
import { builtFile } from '../../../shared/built-file.js';
import { type ErrorKind, SigilforgeError } from '../../../shared/errors.js';
import type { Keychain } from './keychain.js';
import { KeychainProcess } from './process.js';
import type { KeychainAnswer, KeychainFault, KeychainRequest, Situation } from './protocol.js';

export interface OsKeychainOptions {
  /** How long one call may take before the child is killed, in milliseconds. Default: ten seconds. */
  readonly timeoutMs?: number;
  /** How long the child waits for another call before it is ended, in milliseconds. Default: five seconds. */
  readonly idleMs?: number;
  /** Where the keychain is looked for. Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** The built program of `child.ts`. */
  readonly childPath?: string;
}

const CHECK_KEYCHAIN = 'Check the keychain of your desktop session, then try again.';
const DO_WITHOUT =
  'Try again; where the keychain stays broken, config.toml may name another: vault.key = "key_file"';

const MEANINGS: Record<Situation, readonly [kind: ErrorKind, sentence: string, hint?: string]> = {
  unavailable: ['keychain_unavailable', 'There is no keychain here that could be reached.'],
  locked: ['vault_locked', 'The keychain is locked.'],
  denied: ['denied', 'The keychain refused the access.', CHECK_KEYCHAIN],
  hung: ['timeout', 'The keychain did not answer in time.', CHECK_KEYCHAIN],
  changed: ['integrity', 'The keychain did not keep what was written to it.', CHECK_KEYCHAIN],
  too_long: [
    'limit_exceeded',
    'This is longer than the keychain of this system keeps in one item.',
    'Keep it in the vault: sigilforge secret set KEY --backend vault',
  ],
  // Not `keychain_unavailable`: where there is no keychain a new vault makes do with a key file, and nobody knows that here.
  failed: ['store_unavailable', 'The keychain could not do what it was asked to.', DO_WITHOUT],
};

/** The keychain of this system: the Secret Service on Linux, Keychain on macOS, the Credential Manager on Windows. */
export function createOsKeychain(options: OsKeychainOptions = {}): Keychain {
  return new OsKeychain(options);
}

class OsKeychain implements Keychain {
  readonly #options: OsKeychainOptions;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #process: KeychainProcess | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: OsKeychainOptions) {
    this.#options = options;
  }

  async probe(): Promise<void> {
    await this.#inTurn({ op: 'probe', user: `probe/${randomUUID()}` });
  }

  async get(user: string): Promise<string | undefined> {
    return (await this.#inTurn({ op: 'get', user })).value ?? undefined;
  }

  async set(user: string, value: string): Promise<void> {
    await this.#inTurn({ op: 'set', user, value });
  }

  async delete(user: string): Promise<boolean> {
    return (await this.#inTurn({ op: 'delete', user })).deleted === true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    await this.#process?.close();
  }

  /** A keychain may ask a person something, and two questions at once help nobody: one call after the other. */
  #inTurn(call: Omit<KeychainRequest, 'id'>): Promise<KeychainAnswer> {
    const turn = this.#lastTurn.then(() => this.#call(call));
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }

  async #call(call: Omit<KeychainRequest, 'id'>): Promise<KeychainAnswer> {
    const child = this.#wake();
    let late = false;
    // This timer alone keeps the host alive while a call is under way.
    const limit = setTimeout(() => {
      late = true;
      child.kill();
    }, this.#options.timeoutMs ?? 10_000);
    const answer = await child.ask(call);
    clearTimeout(limit);
    if (answer === undefined) throw late ? failure({ situation: 'hung', message: 'killed' }) : this.#ended();
    this.#idleTimer = setTimeout(() => child.kill(), this.#options.idleMs ?? 5000).unref();
    if (answer.error !== undefined) throw failure(answer.error);
    return answer;
  }

  #wake(): KeychainProcess {
    if (this.#closed) throw this.#ended();
    clearTimeout(this.#idleTimer);
    if (this.#process?.alive !== true) {
      const { childPath = builtFile('keychain.cjs'), env = process.env } = this.#options;
      this.#process = new KeychainProcess(childPath, env);
    }
    return this.#process;
  }

  #ended(): SigilforgeError {
    if (this.#closed) return new SigilforgeError('cancelled', 'The keychain is no longer in use here.');
    return failure({
      situation: 'failed',
      message: 'The process that talks to the keychain ended by itself.',
    });
  }
}

function failure({ situation, message }: KeychainFault): SigilforgeError {
  const [kind, sentence, hint] = MEANINGS[situation];
  return new SigilforgeError(kind, sentence, { cause: new Error(message), ...(hint && { hint }) });
}
