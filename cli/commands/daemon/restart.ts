import type { Command } from 'commander';
import { startDaemon, stopDaemon } from '../../access/daemon.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { restartService } from '../../service/use.js';

export function configure(command: Command, context: Context): void {
  command.action(async () => {
    if (await restartService(context)) return;
    await stopDaemon(context);
    await startDaemon(context);
  });
  addNotes(command, {
    examples: [
      ['sigilforge daemon restart', 'after an upgrade'],
      ['sigilforge daemon restart --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge status'],
  });
}
