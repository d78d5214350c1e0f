import type { Command } from 'commander';
import type { Api } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { nearest } from '../../../shared/nearest.js';
import { withClient } from '../../access/client.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the name of the door, or its id')
    .action((name: string) => closeDoor(context, name));
  addNotes(command, {
    notes: 'Connections that came through it end at once, with the calls that they have in progress.',
    examples: [
      ['sigilforge door close build', 'the door of this name'],
      ['sigilforge door close nzc4qk2v7emtxw3a', 'the door of this id, if several have the same name'],
    ],
    seeAlso: ['sigilforge door list'],
  });
}

async function closeDoor(context: Context, name: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, async (client) =>
    client.closeDoor({ door: await chooseDoor(client, name) }),
  );
  output.result(result, () =>
    output.notice(result.closed ? `Closed the door ${name}.` : `The door ${name} was closed already.`),
  );
}

/** The id of a door that has this id or, if there is none, this name. */
async function chooseDoor(client: Pick<Api, 'listDoors'>, name: string): Promise<string> {
  const { doors } = await client.listDoors();
  if (doors.some(({ door }) => door === name)) return name;
  const [only, ...others] = doors.filter((door) => door.name === name).map(({ door }) => door);
  if (only === undefined) {
    const meant = nearest(
      name,
      doors.flatMap((door) => door.name ?? []),
    );
    throw new SigilforgeError('not_found', `No door is called ${name}.`, {
      hint: meant
        ? `Did you mean ${meant}? Type: sigilforge door close ${meant}`
        : 'See the doors that are open with: sigilforge door list',
    });
  }
  if (others.length > 0) {
    const ids = [only, ...others].join(', ');
    throw badArgument(`Several doors are called ${name}: ${ids}.`, 'Name one of them by its id.');
  }
  return only;
}
