import type { Command } from 'commander';
import { definedOnly } from '../../shared/defined.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'what they are called; the secret aws/NAME says where they come from')
    .action((name: string) => printCredentials(context, name));
  addNotes(command, {
    notes:
      'For credential_process in ~/.aws/config. The secret aws/NAME has keys, or names a role and the account that assumes it: then the daemon asks AWS, and keeps the answer, encrypted, until shortly before it expires.',
    examples: [
      ['sigilforge aws-credentials work', 'print them as JSON'],
      [
        'sigilforge helper install aws --profile work --role-arn ARN --account google/work',
        'set up a role, and the profile that uses it',
      ],
    ],
    seeAlso: ['sigilforge helper install', 'sigilforge secret set'],
  });
}

/** In the form that AWS documents for `credential_process`. */
async function printCredentials(context: Context, name: string): Promise<void> {
  const { output } = context;
  const credentials = await withClient(context, (client) => client.getAwsCredentials({ name }));
  output.result(credentials, () => {
    const known = definedOnly({
      SessionToken: credentials.session_token ?? undefined,
      Expiration: credentials.expires_at ?? undefined,
    });
    const keys = {
      AccessKeyId: credentials.access_key_id,
      SecretAccessKey: credentials.secret_access_key,
    };
    output.value(JSON.stringify({ Version: 1, ...keys, ...known }));
  });
}
