import { Argument, type Command } from 'commander';
import { LogLevel } from '../../../shared/schemas.js';
import { withClient } from '../../access/client.js';
import { readChoice } from '../../arguments/choices.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .addArgument(new Argument('<LEVEL>', LogLevel.options.join(', ')))
    .action((level: string) => setLevel(context, level));
  addNotes(command, {
    notes: 'It counts until the daemon ends. For good: log_level under [daemon] in config.toml.',
    examples: [
      ['sigilforge daemon log-level debug', 'log more from now on'],
      ['sigilforge daemon log-level info', 'as usual'],
    ],
    seeAlso: ['sigilforge daemon logs'],
  });
}

async function setLevel(context: Context, text: string): Promise<void> {
  const level = readChoice('LEVEL', text, LogLevel.options);
  const ofDaemon = { ...context, direct: false, fallback: false };
  const result = await withClient(ofDaemon, (client) => client.setLogLevel({ level }));
  context.output.result(result, () => context.output.notice(`The daemon logs from ${level} on.`));
}
