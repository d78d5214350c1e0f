import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import type { Audit } from '../audit/audit.js';
import type { Who } from '../audit/who.js';
import type { Granted } from '../capabilities/granted.js';
import type { OwnSecrets } from '../capabilities/own-secrets.js';
import type { Registry } from '../capabilities/registry.js';
import type { Storage } from '../capabilities/storage.js';
import type { Trust } from '../capabilities/trust.js';
import type { Resolver } from '../references/resolver.js';
import type { Env } from '../store/env.js';
import type { RunDoors } from './doors.js';
import type { History } from './history.js';

interface Collaborators {
  readonly registry: Registry;
  readonly trust: Trust;
  readonly granted: Granted;
  readonly ownSecrets: OwnSecrets;
  readonly storage: Storage;
  readonly resolver: Resolver;
  readonly history: History;
  readonly audit: Audit;
}

interface Options {
  /** `runs.at_once` in config.toml. */
  readonly atOnce: number;
  /** Where working folders are made (`Paths.runs`). */
  readonly folders: string;
}

/** Who waits for a run. */
interface Waiter {
  readonly gone: AbortSignal;
  readonly who: Who;
}

/** The runs of capabilities: their queue, their processes, and how they end. */
export class Runs {
  constructor(_env: Env, _parts: Collaborators, _options: Options) {}

  /** From now on runs may begin, first those that an earlier daemon has left are ended. Only a daemon calls it. */
  begin(_doors: RunDoors): Promise<void> {
    return Promise.resolve();
  }

  /** Throws `daemon_unavailable` before `begin`; `not_found`, `denied`, `integrity` if it must not start. */
  run(_params: CheckedParamsOf<'run_capability'>, _waiter: Waiter): Promise<ResultOf<'run_capability'>> {
    throw new Error('not built');
  }

  wait(_params: CheckedParamsOf<'wait_run'>, _waiter: Waiter): Promise<ResultOf<'wait_run'>> {
    throw new Error('not built');
  }

  /** Says whether it was under way. */
  cancel(_id: string): Promise<boolean> {
    throw new Error('not built');
  }

  /** Ends every run of a capability, and resolves once their processes are gone. */
  endAllOf(_capabilityId: string): Promise<void> {
    throw new Error('not built');
  }

  /** Ends every run as `interrupted`. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
