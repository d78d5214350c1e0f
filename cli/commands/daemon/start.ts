import type { Command } from 'commander';
import { startDaemon } from '../../access/daemon.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { startService } from '../../service/use.js';

export function configure(command: Command, context: Context): void {
  command.action(async () => {
    if (!(await startService(context))) await startDaemon(context);
  });
  addNotes(command, {
    notes: 'A daemon of an older version, as after an upgrade, is replaced as by restart.',
    examples: [
      ['sigilforge daemon start', 'returns when the daemon is ready'],
      ['sigilforge daemon start --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge status'],
  });
}
