import { errorTable } from '../shared/errors.js';
import { logThrown } from './core/platform/faults.js';
import type { Logger } from './core/platform/log.js';

/** Longer than a daemon that ends has to wait: an exchange, and then its answer to be stored, have a minute each. */
const LIMIT_MS = 180_000;

/**
 * Ends this process after an error that no code has caught, or a promise that failed unseen: what it left undone may be
 * anything, so the process does not go on. It is logged without its message, and `stop` finishes what is under way. The
 * exit status says that it failed, so that a service manager starts it again.
 */
export function endAfterFaults(log: Logger, stop: () => void): void {
  // Node tells here of promises too.
  process.on('uncaughtException', (thrown) => {
    logThrown(thrown, 'daemon.fault', log);
    process.exitCode = errorTable.internal_error.exit;
    setTimeout(() => process.exit(), LIMIT_MS).unref();
    stop();
  });
}
