import type { Command } from 'commander';
import { asSigilforgeError } from '../../shared/errors.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { untilInterrupted } from '../terminal/interrupt.js';

/** The exit status of `daemon status` where none runs, as init scripts have it. */
const NOT_RUNNING = 3;

export function configure(command: Command, context: Context): void {
  add(command, 'run', 'Run the daemon in the foreground', 'watch it, or put it under a supervisor').action(
    async () => (await import('../run-daemon.js')).runDaemon(),
  );
  add(command, 'start', 'Start the daemon, unless it runs already', 'ends once it answers').action(() =>
    start(context),
  );
  add(command, 'stop', 'Stop the daemon', 'ends once it has ended').action(() => stop(context));
  add(command, 'restart', 'Stop the daemon and start it again', 'after an upgrade').action(async () => {
    await stopDaemon(context);
    await start(context);
  });
  add(command, 'status', 'Tell whether the daemon runs', 'exit status 0 if it runs, 3 if not').action(() =>
    status(context),
  );
  addNotes(command, {
    examples: [
      ['sigilforge daemon start', 'start it for this session'],
      ['sigilforge daemon status', 'does it run?'],
    ],
    seeAlso: ['sigilforge status'],
  });
}

function add(command: Command, name: string, summary: string, meaning: string): Command {
  const added = command.command(name).summary(summary).description(`${summary}.`);
  return addNotes(added, {
    examples: [
      [`sigilforge daemon ${name}`, meaning],
      [`sigilforge daemon ${name} --json`, 'the same for a program'],
    ],
    seeAlso: ['sigilforge status'],
  });
}

async function start({ output }: Context): Promise<void> {
  const { launchDaemon } = await import('../../client/daemon/launch.js');
  const { pid, socket, alreadyRunning, notices } = await untilInterrupted(
    output.waiting('Starting the daemon…', launchDaemon()),
  );
  const result = { pid, socket, already_running: alreadyRunning };
  output.result(result, () => {
    for (const sentence of notices) output.notice(sentence);
    output.notice(alreadyRunning ? 'The daemon is already running.' : 'The daemon has started.');
    output.record({ pid, socket });
  });
}

async function stop(context: Context): Promise<void> {
  const stopped = await stopDaemon(context);
  context.output.result({ stopped }, () =>
    context.output.notice(stopped ? 'The daemon has stopped.' : 'No daemon was running.'),
  );
}

async function stopDaemon({ output }: Context): Promise<boolean> {
  const { stopDaemon: end } = await import('../../client/daemon/stop.js');
  return untilInterrupted(output.waiting('Stopping the daemon…', end()));
}

async function status(context: Context): Promise<void> {
  const { output } = context;
  try {
    const found = await withClient({ ...context, direct: false, fallback: false }, (client) =>
      client.status(),
    );
    const { pid, socket, version, started_at, uptime_s } = found;
    output.result({ running: true, ...found }, () =>
      output.record({ daemon: 'running', pid, socket, version, started_at, uptime_s }),
    );
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'daemon_unavailable') throw thrown;
    output.result({ running: false }, () => output.record({ daemon: 'not running' }));
    process.exitCode = NOT_RUNNING;
  }
}
