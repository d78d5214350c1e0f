import type { Command } from 'commander';
import { stopDaemon } from '../../access/daemon.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { stopService } from '../../service/use.js';

export function configure(command: Command, context: Context): void {
  command.action(() => stop(context));
  addNotes(command, {
    examples: [
      ['sigilforge daemon stop', 'returns when the daemon has exited'],
      ['sigilforge daemon stop --json', 'tell a program whether it was running'],
    ],
    seeAlso: ['sigilforge status'],
  });
}

async function stop(context: Context): Promise<void> {
  const { output } = context;
  const stopped = (await stopService(context)) ?? (await stopDaemon(context));
  output.result({ stopped }, () =>
    output.notice(stopped ? 'The daemon has stopped.' : 'The daemon was not running.'),
  );
}
