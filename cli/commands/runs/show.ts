import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the id of the run').action((id: string) => showRun(context, id));
  addNotes(command, {
    examples: [
      ['sigilforge runs show ID', 'how it ended, and what it said'],
      ['sigilforge runs show ID --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge runs list', 'sigilforge runs follow'],
  });
}

async function showRun(context: Context, id: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, async (client) => {
    const { run, response } = await client.getRun({ run_id: id });
    const { messages } = await client.listMessages({ run_id: id });
    return { run, response, messages };
  });
  output.result(result, () => {
    output.record(result.run);
    for (const { created_at, role, content } of result.messages) {
      for (const line of content.split('\n')) output.value([created_at, role, line].join('\t'));
    }
  });
}
