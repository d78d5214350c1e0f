import { execFile } from 'node:child_process';
import type { Config } from '../shared/config.js';
import { errnoOf } from '../shared/errno.js';
import type { CoreEvent, Events } from './core/accounts/events.js';
import type { Logger } from './core/platform/log.js';

const LIMIT_MS = 30_000;

/**
 * Runs the programs of `[hooks]` in config.toml on their events: an argument list and no shell. What happened is in
 * SIGILFORGE_EVENT, SIGILFORGE_SERVICE and SIGILFORGE_ACCOUNT, never a value. Kills a program after `limitMs`.
 */
export function runHooks(hooks: Config['hooks'], events: Events, log: Logger, limitMs = LIMIT_MS): void {
  events.listen((event) => {
    const [program, ...args] = hooks[event.type] ?? [];
    if (program !== undefined) run([program, ...args], event, log, limitMs);
  });
}

function run(
  [program, ...args]: readonly [string, ...string[]],
  { type, service, account }: CoreEvent,
  log: Logger,
  limitMs: number,
): void {
  const env = {
    ...process.env,
    SIGILFORGE_EVENT: type,
    SIGILFORGE_SERVICE: service,
    SIGILFORGE_ACCOUNT: account,
  };
  const failed = (reason: unknown): void =>
    log.warn('hook.failed', {
      on: type,
      program,
      reason: typeof reason === 'number' ? reason : String(reason),
    });
  try {
    const child = execFile(program, args, { env, timeout: limitMs, killSignal: 'SIGKILL' }, (failure) => {
      if (failure) failed(failure.code ?? failure.signal);
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end();
  } catch (thrown) {
    // Some faults of a path or an argument are thrown immediately.
    failed(errnoOf(thrown) ?? 'unknown');
  }
}
