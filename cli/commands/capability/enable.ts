import type { Command } from 'commander';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { setActive } from '../../capability/set-active.js';

export function configure(command: Command, context: Context): void {
  command.argument('<NAME>', 'the capability').action((name: string) => setActive(context, name, true));
  addNotes(command, {
    examples: [['sigilforge capability enable weather', 'it may run again']],
    seeAlso: ['sigilforge capability disable'],
  });
}
