import type { Command } from 'commander';
import { definedOnly } from '../../shared/defined.js';
import { chooseAccount } from '../access/account.js';
import { withClient } from '../access/client.js';
import {
  assertRecipient,
  formatToken,
  type Recipient,
  TOKEN_FORMATS,
  type TokenFormat,
} from '../access/token-format.js';
import { readChoice } from '../arguments/choices.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { readSecret } from '../terminal/secret-input.js';

/** The arguments as typed. */
interface TokenRequest {
  readonly service: string;
  readonly account: string | undefined;
  readonly minValid: string | undefined;
  readonly format: string | undefined;
  readonly rejected: boolean;
  readonly recipient: Recipient;
}

interface Options extends Recipient {
  readonly minValid?: string;
  readonly format?: string;
  readonly rejected?: boolean;
}

const FORMATS =
  'json: the token and its end, for programs that run another one to get a token. headers-json: {"Authorization": …}, for those that ask for headers. netrc: a line for curl --netrc-file and wget. xoauth2 and oauthbearer: what IMAP and SMTP servers take, in base64.';

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github')
    .argument('[ACCOUNT]', 'the account; optional if the service has only one')
    .option('--min-valid <SECONDS>', 'ask for a token that is valid at least this long')
    .option('--rejected', 'get another token than the one that an API refused, which is asked for')
    .option('--format <FORMAT>', 'text, json, header for curl -H @-, or one of those below')
    .option('--user <USER>', 'whom it is for, in netrc, xoauth2 and oauthbearer')
    .option('--host <HOST>', 'where it is for, in netrc and oauthbearer')
    .option('--port <PORT>', 'the same, in oauthbearer')
    .action((service: string, account: string | undefined, options: Options) =>
      printToken(context, {
        service,
        account,
        minValid: options.minValid,
        format: options.format,
        rejected: options.rejected ?? false,
        recipient: { user: options.user, host: options.host, port: options.port },
      }),
    );
  addNotes(command, {
    readsValue: true,
    notes: `${FORMATS}
If an API refuses a token that should still be valid, give that token to --rejected: unless it has been replaced already, it is refreshed first.`,
    examples: [
      ['sigilforge get-token github work', 'print the token, refreshed first if needed'],
      ['sigilforge get-token github --format header | curl -H @- https://api.github.com/user', 'call an API'],
      ['sigilforge get-token google work --format xoauth2 --user ann@gmail.com', 'what mail servers take'],
      ['sigilforge get-token google work --min-valid 1800', 'a token for the next half hour'],
      ['printenv TOKEN | sigilforge get-token google work --rejected', 'after the API has refused $TOKEN'],
    ],
    seeAlso: ['sigilforge token-info', 'sigilforge resolve'],
  });
}

/** Prints an access token that works, and nothing else. */
async function printToken(context: Context, request: TokenRequest): Promise<void> {
  const format = readFormat(request.format, context.output.json);
  assertRecipient(format, request.recipient);
  const min_valid_s = readSeconds(request.minValid);
  const rejected_token = request.rejected ? tokenIn(await readSecret('Rejected token')) : undefined;
  const token = await withClient(context, async (client) =>
    client.getToken({
      ...(await chooseAccount(client, request.service, request.account)),
      ...definedOnly({ min_valid_s, rejected_token }),
    }),
  );
  context.output.value(formatToken(token, format, request.recipient));
}

/** The token, also of a whole header: as such it would be no token that is known, and taken for one replaced already. */
function tokenIn(text: string): string {
  return text.trim().replace(/^(?:authorization:\s*)?bearer\s+/i, '');
}

function readFormat(text: string | undefined, json: boolean): TokenFormat {
  if (text === undefined) return json ? 'json' : 'text';
  const format = readChoice('--format', text, TOKEN_FORMATS);
  if (json && format !== 'json') throw badArgument('--json and another --format cannot be combined.');
  return format;
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,8}$/.test(text)) throw badArgument('--min-valid takes a whole number of seconds.');
  return Number(text);
}
