import { existsSync } from 'node:fs';
import type { Config } from '../../shared/config.js';
import type { Api } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import {
  type Environment,
  type Paths,
  pinnedDescriptor,
  pinnedSocket,
  resolvePaths,
} from '../../shared/paths.js';
import type { Core } from '../core/core.js';
import { readConfig } from '../core/platform/config.js';
import { type LocalCore, openLocalCore } from '../library/open.js';

/** How the daemon answered the program that asks: its status, why it gave none, or `null` if none runs. */
export type DaemonAnswer = Awaited<ReturnType<Api['status']>> | SigilforgeError | null;

/** A call of the daemon that answered, by the program that asks. */
export type VerifyAudit = Api['verifyAudit'];

/** Thrown by `core` where the library may not be used. A check need not know of it: `examine` says what was left out. */
export class Confined extends Error {}

/** What the checks look at: this process with its environment, and the places, the daemon and the library as they are. */
export class Patient {
  readonly env: Environment;
  readonly paths: Paths;
  readonly daemon: DaemonAnswer;
  readonly verifyAudit: VerifyAudit | undefined;
  #opened: Promise<LocalCore | SigilforgeError> | undefined;

  constructor(daemon: DaemonAnswer, env: Environment = process.env, verifyAudit?: VerifyAudit) {
    this.env = env;
    this.paths = resolvePaths(env);
    this.daemon = daemon;
    this.verifyAudit = verifyAudit;
  }

  /** The variable that names the only way to a daemon: then the library must not be used to get around it. */
  get confinedBy(): 'SIGILFORGE_SOCKET' | 'SIGILFORGE_FD' | undefined {
    if (pinnedSocket(this.env) !== undefined) return 'SIGILFORGE_SOCKET';
    return pinnedDescriptor(this.env) === undefined ? undefined : 'SIGILFORGE_FD';
  }

  /** Where the daemon listens by the configuration; `null` on Windows, and for an inherited descriptor. */
  get socket(): string | null {
    if (this.confinedBy === 'SIGILFORGE_FD') return null;
    if (this.paths.socketPinned) return this.paths.socket;
    const config = this.config();
    return ('daemon' in config ? config.daemon.socket : undefined) ?? this.paths.socket;
  }

  /** `config.toml` as it is now, or what is wrong with it. */
  config(): Config | SigilforgeError {
    try {
      return readConfig(this.paths.configFile);
    } catch (thrown) {
      return asSigilforgeError(thrown);
    }
  }

  /**
   * The library, opened when the first check needs it, or why it cannot be opened: also `not_found` if there is no vault
   * yet, which opening it would make. Throws `Confined`.
   */
  async core(): Promise<Core | SigilforgeError> {
    if (this.confinedBy !== undefined) throw new Confined();
    if (this.#opened === undefined && !existsSync(this.paths.database)) return noVault();
    this.#opened ??= openLocalCore().catch(asSigilforgeError);
    const opened = await this.#opened;
    return 'core' in opened ? opened.core : opened;
  }

  async close(): Promise<void> {
    const opened = await this.#opened;
    if (opened !== undefined && 'core' in opened) await opened.close();
  }
}

function noVault(): SigilforgeError {
  return new SigilforgeError('not_found', 'There is no vault yet.', {
    hint: 'It is made when it is first needed, as by: sigilforge add-account SERVICE ACCOUNT',
  });
}
