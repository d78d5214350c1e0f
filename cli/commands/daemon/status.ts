import type { Command } from 'commander';
import { asSigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import { describeLost, lostDaemon, noteUnchecked, warnOfOtherSession } from '../../access/daemon.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { isServiceIdle } from '../../service/use.js';

/** The exit status if no daemon runs, as init scripts have it. */
const NOT_RUNNING = 3;

/** The one if a daemon runs and does not answer. */
const UNKNOWN = 4;

export function configure(command: Command, context: Context): void {
  command.action(() => status(context));
  addNotes(command, {
    examples: [
      ['sigilforge daemon status', 'exit status 0 if it is running, 3 if not, 4 if no socket leads to it'],
      ['sigilforge daemon status --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge status'],
  });
}

async function status(context: Context): Promise<void> {
  const { output } = context;
  if (await isServiceIdle()) {
    const result = { running: false, service: 'installed' };
    output.result(result, () => output.record({ daemon: 'not running', service: 'installed' }));
    process.exitCode = NOT_RUNNING;
    return;
  }
  try {
    const found = await withClient({ ...context, direct: false, fallback: false }, (client) =>
      client.status(),
    );
    const { pid, socket, version, started_at, started_by, uptime_s } = found;
    output.result({ running: true, ...found }, () =>
      output.record({ daemon: 'running', pid, socket, version, started_at, started_by, uptime_s }),
    );
    await warnOfOtherSession(context, found);
    noteUnchecked(context, found);
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'daemon_unavailable') throw thrown;
    const lost = await lostDaemon();
    const result = lost ? { running: true, reachable: false, ...lost } : { running: false };
    output.result(result, () =>
      output.record(lost ? { daemon: describeLost(lost), ...lost } : { daemon: 'not running' }),
    );
    process.exitCode = lost ? UNKNOWN : NOT_RUNNING;
  }
}
