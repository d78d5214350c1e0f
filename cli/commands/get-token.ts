import type { Command } from 'commander';
import type { AccessToken } from '../../shared/contract/index.js';
import { definedOnly } from '../../shared/defined.js';
import { chooseAccount } from '../access/account.js';
import { withClient } from '../access/client.js';
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
}

interface Options {
  readonly minValid?: string;
  readonly format?: string;
  readonly rejected?: boolean;
}

const FORMATS = ['text', 'json', 'header'] as const;
type Format = (typeof FORMATS)[number];

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github')
    .argument('[ACCOUNT]', 'the account; optional if the service has only one')
    .option('--min-valid <SECONDS>', 'ask for a token that is valid at least this long')
    .option('--rejected', 'get another token than the one that an API refused, which is asked for')
    .option('--format <FORMAT>', 'text, json, or header for curl -H @-')
    .action((service: string, account: string | undefined, options: Options) =>
      printToken(context, {
        service,
        account,
        minValid: options.minValid,
        format: options.format,
        rejected: options.rejected ?? false,
      }),
    );
  addNotes(command, {
    readsValue: true,
    notes:
      'If an API refuses a token that should still be valid, give that token to --rejected: unless it has been replaced already, it is refreshed first.',
    examples: [
      ['sigilforge get-token github work', 'print the token, refreshed first if needed'],
      ['sigilforge get-token github --format header | curl -H @- https://api.github.com/user', 'call an API'],
      ['sigilforge get-token google work --min-valid 1800', 'a token for the next half hour'],
      ['printenv TOKEN | sigilforge get-token google work --rejected', 'after the API has refused $TOKEN'],
    ],
    seeAlso: ['sigilforge token-info', 'sigilforge resolve'],
  });
}

/** Prints an access token that works, and nothing else. */
async function printToken(context: Context, request: TokenRequest): Promise<void> {
  const format = readFormat(request.format, context.output.json);
  const min_valid_s = readSeconds(request.minValid);
  const rejected_token = request.rejected ? tokenIn(await readSecret('Rejected token')) : undefined;
  const token = await withClient(context, async (client) =>
    client.getToken({
      ...(await chooseAccount(client, request.service, request.account)),
      ...definedOnly({ min_valid_s, rejected_token }),
    }),
  );
  context.output.value(formatted(token, format));
}

/** The token, also of a whole header: as such it would be no token that is known, and taken for one replaced already. */
function tokenIn(text: string): string {
  return text.trim().replace(/^(?:authorization:\s*)?bearer\s+/i, '');
}

function formatted(token: AccessToken, format: Format): string {
  switch (format) {
    case 'text':
      return token.access_token;
    case 'header':
      return `Authorization: Bearer ${onOneLine(token.access_token)}`;
    case 'json':
      return JSON.stringify(token);
  }
}

/** A value with a line break in it would add headers of its own. */
function onOneLine(value: string): string {
  if (!/[\r\n]/.test(value)) return value;
  throw badArgument('This value has several lines, so it cannot be a header.');
}

function readFormat(text: string | undefined, json: boolean): Format {
  if (text === undefined) return json ? 'json' : 'text';
  const format = FORMATS.find((known) => known === text);
  if (format === undefined) throw badArgument(`--format is one of ${FORMATS.join(', ')}.`);
  if (json && format !== 'json') throw badArgument('--json and another --format cannot be combined.');
  return format;
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,8}$/.test(text)) throw badArgument('--min-valid takes a whole number of seconds.');
  return Number(text);
}
