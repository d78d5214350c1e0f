import type { Config } from '../../shared/config.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { asSigilforgeError, type SigilforgeError } from '../../shared/errors.js';
import { type Environment, type Paths, resolvePaths } from '../../shared/paths.js';
import type { Core } from '../core/core.js';
import { readConfig } from '../core/platform/config.js';
import { type LocalCore, openLocalCore } from '../library/open.js';

/** How the daemon answered the program that asks: its status, why it gave none, or `null` if none runs. */
export type DaemonAnswer = ResultOf<'status'> | SigilforgeError | null;

/** What the checks look at: this process with its environment, and the places, the daemon and the library as they are. */
export class Patient {
  readonly env: Environment;
  readonly paths: Paths;
  readonly daemon: DaemonAnswer;
  #opened: Promise<LocalCore | SigilforgeError> | undefined;

  constructor(daemon: DaemonAnswer, env: Environment = process.env) {
    this.env = env;
    this.paths = resolvePaths(env);
    this.daemon = daemon;
  }

  /** `config.toml` as it is now, or what is wrong with it. */
  config(): Config | SigilforgeError {
    try {
      return readConfig(this.paths.configFile);
    } catch (thrown) {
      return asSigilforgeError(thrown);
    }
  }

  /** The library, opened when the first check needs it, or why it cannot be opened. */
  async core(): Promise<Core | SigilforgeError> {
    this.#opened ??= openLocalCore().catch(asSigilforgeError);
    const opened = await this.#opened;
    return 'core' in opened ? opened.core : opened;
  }

  async close(): Promise<void> {
    const opened = await this.#opened;
    if (opened !== undefined && 'core' in opened) await opened.close();
  }
}
