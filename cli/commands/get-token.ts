import type { Command } from 'commander';
import type { AccessToken } from '../../shared/contract/index.js';
import { chooseAccount } from '../access/account.js';
import { withClient } from '../access/client.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

/** The arguments as typed. */
interface TokenRequest {
  readonly service: string;
  readonly account: string | undefined;
  readonly minValid: string | undefined;
  readonly format: string | undefined;
}

const FORMATS = ['text', 'json', 'header'] as const;
type Format = (typeof FORMATS)[number];

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github')
    .argument('[ACCOUNT]', 'the account; optional if the service has only one')
    .option('--min-valid <SECONDS>', 'ask for a token that is valid at least this long')
    .option('--format <FORMAT>', 'text, json, or header for curl -H @-')
    .action((service: string, account: string | undefined, options: { minValid?: string; format?: string }) =>
      printToken(context, { service, account, minValid: options.minValid, format: options.format }),
    );
  addNotes(command, {
    examples: [
      ['sigilforge get-token github work', 'print the token, refreshed first if needed'],
      ['sigilforge get-token github --format header | curl -H @- https://api.github.com/user', 'call an API'],
      ['sigilforge get-token google work --min-valid 1800', 'a token for the next half hour'],
    ],
    seeAlso: ['sigilforge token-info', 'sigilforge resolve'],
  });
}

/** Prints an access token that works, and nothing else. */
async function printToken(context: Context, request: TokenRequest): Promise<void> {
  const format = readFormat(request.format, context.output.json);
  const min_valid_s = readSeconds(request.minValid);
  const token = await withClient(context, async (client) =>
    client.getToken({
      ...(await chooseAccount(client, request.service, request.account)),
      ...(min_valid_s === undefined ? {} : { min_valid_s }),
    }),
  );
  context.output.value(formatted(token, format));
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
