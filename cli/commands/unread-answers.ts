import type { Command } from 'commander';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .option('--retry', 'read them again, and store the grants that are found')
    .action((options: { retry?: boolean }) => (options.retry ? retry(context) : list(context)));
  addNotes(command, {
    notes:
      'An answer to a refresh may hold the next grant of an account, so one that cannot be read is kept, encrypted, until the account has another grant. A newer version of Sigilforge may be able to read it: it tries by itself when its daemon starts.',
    examples: [
      ['sigilforge unread-answers', 'what is kept'],
      ['sigilforge unread-answers --retry', 'after an update of Sigilforge'],
    ],
    seeAlso: ['sigilforge token-info'],
  });
}

async function list(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listUnreadAnswers());
  output.result(result, () => {
    const rows = result.answers.map(({ service, account, received_at, bytes }) => [
      service,
      account,
      received_at,
      bytes,
    ]);
    if (rows.length > 0) output.table(['service', 'account', 'received', 'bytes'], rows);
    else output.notice('There are none: every answer could be read.');
  });
}

async function retry(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.retryUnreadAnswers());
  output.result(result, () => {
    for (const { service, account } of result.recovered)
      output.notice(`${service}/${account} has a new grant.`);
    if (result.unread > 0) output.notice(`${result.unread} still cannot be read, and are kept.`);
    if (result.recovered.length === 0 && result.unread === 0) output.notice('There is nothing to read.');
  });
}
