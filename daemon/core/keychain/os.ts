import { randomUUID } from 'node:crypto';
import { builtProgram } from '../../../shared/built-program.js';
import { type ErrorKind, missingFile, SigilforgeError } from '../../../shared/errors.js';
import { CHECK_KEYCHAIN, DO_WITHOUT_KEYCHAIN } from '../../../shared/keychain-hints.js';
import { shuttingDown } from '../platform/shutting-down.js';
import { Turns } from '../platform/turns.js';
import type { Keychain } from './keychain.js';
import { KeychainProcess } from './process.js';
import type { KeychainAnswer, KeychainFault, KeychainRequest, Situation } from './protocol.js';

export interface OsKeychainOptions {
  /** How long one call may take before the child is killed, in milliseconds. Default: ten seconds. */
  readonly timeoutMs?: number;
  /** How long the child waits for another call before it is ended, in milliseconds. Default: five seconds. */
  readonly idleMs?: number;
  /** The environment to find the keychain with. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** The built program of `child.ts`. */
  readonly childPath?: string;
}

const MEANINGS: Record<Situation, readonly [kind: ErrorKind, sentence: string, hint?: string]> = {
  unavailable: ['keychain_unavailable', 'No keychain can be reached here.'],
  locked: ['vault_locked', 'The keychain is locked.'],
  denied: ['denied', 'The keychain refused access.', CHECK_KEYCHAIN],
  hung: ['timeout', 'The keychain did not answer in time.', CHECK_KEYCHAIN],
  changed: ['integrity', 'The keychain did not keep what was written to it.', CHECK_KEYCHAIN],
  too_long: [
    'limit_exceeded',
    'This is longer than one item in this keychain can be.',
    'Keep it in the vault: sigilforge secret set KEY --backend vault',
  ],
  // Not `keychain_unavailable`: that would let a new vault use a key file, and here it is not known that there is no keychain.
  failed: ['store_unavailable', 'The keychain failed to do what was requested.', DO_WITHOUT_KEYCHAIN],
};

/** The keychain of this system: the Secret Service on Linux, Keychain on macOS, the Credential Manager on Windows. */
export class OsKeychain implements Keychain {
  readonly #options: OsKeychainOptions;
  /** A keychain may ask the person something, and two questions at once are confusing: one call after the other. */
  readonly #turns = new Turns();
  #process: KeychainProcess | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: OsKeychainOptions = {}) {
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

  #inTurn(call: Omit<KeychainRequest, 'id'>): Promise<KeychainAnswer> {
    return this.#turns.take(() => this.#call(call));
  }

  async #call(call: Omit<KeychainRequest, 'id'>): Promise<KeychainAnswer> {
    const child = this.#wake();
    let late = false;
    // Only this timer keeps the host alive while a call is in progress.
    const limit = setTimeout(() => {
      late = true;
      child.kill();
    }, this.#options.timeoutMs ?? 10_000);
    const answer = await child.ask(call);
    clearTimeout(limit);
    if (answer === undefined) {
      if (late) throw failure({ situation: 'hung', message: 'killed' });
      throw child.hasLoaded || this.#closed
        ? this.#ended()
        : missingFile('The program for the keychain, or a module that it needs,');
    }
    this.#idleTimer = setTimeout(() => child.kill(), this.#options.idleMs ?? 5000).unref();
    if (answer.error !== undefined) throw failure(answer.error);
    return answer;
  }

  #wake(): KeychainProcess {
    if (this.#closed) throw this.#ended();
    clearTimeout(this.#idleTimer);
    if (this.#process?.alive !== true) {
      const { childPath = builtProgram('keychain.cjs'), env = process.env } = this.#options;
      this.#process = new KeychainProcess(childPath, env);
    }
    return this.#process;
  }

  #ended(): SigilforgeError {
    if (this.#closed) return shuttingDown();
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
