import type { Command } from 'commander';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { setActive } from '../../capability/set-active.js';

export function configure(command: Command, context: Context): void {
  command.argument('<NAME>', 'the capability').action((name: string) => setActive(context, name, false));
  addNotes(command, {
    examples: [['sigilforge capability disable weather', 'it stays registered, with all that is its own']],
    seeAlso: ['sigilforge capability enable'],
  });
}
