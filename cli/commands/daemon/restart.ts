import type { Command } from 'commander';
import { restartDaemon } from '../../access/daemon.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { restartService } from '../../service/use.js';

export function configure(command: Command, context: Context): void {
  command.action(async () => {
    if (!(await restartService(context))) await restartDaemon(context);
  });
  addNotes(command, {
    notes:
      'The new daemon takes over the socket before the old one ends, so that programs lose no request. Runs of capabilities end with the old one. A daemon that does not answer is stopped first.',
    examples: [
      ['sigilforge daemon restart', 'after an upgrade'],
      ['sigilforge daemon restart --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge status'],
  });
}
