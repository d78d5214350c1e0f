import type { Command } from 'commander';
import type { ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

type Verified = ResultOf<'verify_audit'>;
type Fault = NonNullable<Verified['fault']>;

export function configure(command: Command, context: Context): void {
  command.action(() => verify(context));
  addNotes(command, {
    notes:
      'The vault must be open. If a row was changed, removed, moved or added by another program, the first one is named and the exit status is 7. SECURITY.md says what this cannot show.',
    examples: [
      ['sigilforge audit verify', 'check every row'],
      ['sigilforge audit verify --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge audit', 'sigilforge vault unlock'],
  });
}

async function verify(context: Context): Promise<void> {
  const { output } = context;
  const checking = withClient(context, (client) => client.verifyAudit());
  const verified = await output.waiting('Checking the record', checking);
  output.result(verified, () =>
    output.record({ ...verified, fault: verified.fault && describe(verified.fault) }),
  );
  if (verified.fault) throw damaged(verified.fault);
}

function damaged(fault: Fault): SigilforgeError {
  return new SigilforgeError('integrity', `The record is not as it was written: ${describe(fault)}.`, {
    hint: 'Another program has changed the database. Keep a copy of the data folder, and compare what is listed there with: sigilforge audit',
  });
}

function describe({ seq, id, reason }: Fault): string {
  const row = id === null ? `row ${seq}` : `row ${seq} (${id})`;
  switch (reason) {
    case 'changed':
      return `${row} was changed or moved`;
    case 'missing':
      return `${row} was removed`;
    case 'added':
      return `${row} was added`;
    case 'key':
      return `the key that belongs to ${row} was changed`;
  }
}
