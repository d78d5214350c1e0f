import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => listDoors(context));
  addNotes(command, {
    examples: [
      ['sigilforge door list', 'every door, with what is granted through it'],
      ['sigilforge door list --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge door close'],
  });
}

async function listDoors(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listDoors());
  output.result(result, () => {
    const rows = result.doors.map(({ door, name, opened_at, expires_at, connections, grants }) => [
      door,
      name,
      opened_at,
      expires_at,
      connections,
      grants,
    ]);
    if (rows.length > 0) output.table(['door', 'name', 'opened', 'expires', 'connections', 'grants'], rows);
    else output.notice('No door is open.');
  });
}
