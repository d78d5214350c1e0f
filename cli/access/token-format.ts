import type { AccessToken } from '../../shared/contract/index.js';
import { badArgument } from '../arguments/context.js';

/** How `get-token` writes a token, as the programs that it is for take it. */
export const TOKEN_FORMATS = [
  'text',
  'json',
  'header',
  'headers-json',
  'netrc',
  'xoauth2',
  'oauthbearer',
] as const;
export type TokenFormat = (typeof TOKEN_FORMATS)[number];

/** Whom a token is for, and where; only some formats say so. */
export interface Recipient {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

const NAMES: readonly (keyof Recipient)[] = ['user', 'host', 'port'];

/** What a format cannot do without, and what it takes besides. */
function recipientOf(format: TokenFormat): Readonly<Record<'needs' | 'takes', readonly (keyof Recipient)[]>> {
  switch (format) {
    case 'netrc':
      return { needs: ['user', 'host'], takes: [] };
    case 'xoauth2':
      return { needs: ['user'], takes: [] };
    case 'oauthbearer':
      return { needs: ['user'], takes: ['host', 'port'] };
    default:
      return { needs: [], takes: [] };
  }
}

/** Throws `invalid_params` if the format needs more than this, takes less, or cannot hold it. */
export function assertRecipient(format: TokenFormat, recipient: Recipient): void {
  const { needs, takes } = recipientOf(format);
  for (const name of NAMES) {
    const text = recipient[name];
    const isNeeded = needs.includes(name);
    if (text === undefined && isNeeded) throw badArgument(`--format ${format} needs --${name}.`);
    if (text === undefined) continue;
    if (!isNeeded && !takes.includes(name)) throw badArgument(`--format ${format} does not take --${name}.`);
    assertWord(name, text);
  }
}

/** A token in a format; `assertRecipient` was called before. */
export function formatToken(token: AccessToken, format: TokenFormat, recipient: Recipient): string {
  const { access_token: value } = token;
  switch (format) {
    case 'text':
      return value;
    case 'json':
      return JSON.stringify(token);
    case 'header':
      return `Authorization: ${bearer(value)}`;
    case 'headers-json':
      return JSON.stringify({ Authorization: bearer(value) });
    case 'netrc':
      return netrcLine(value, recipient);
    case 'xoauth2':
      return base64([`user=${recipient.user}`, `auth=${bearer(mailToken(token))}`]);
    case 'oauthbearer':
      return oauthBearer(mailToken(token), recipient);
  }
}

/** The initial response of RFC 7628, section 3.1. */
function oauthBearer(value: string, { user = '', host, port }: Recipient): string {
  const fields = [...(host ? [`host=${host}`] : []), ...(port ? [`port=${port}`] : [])];
  return base64([`n,a=${saslName(user)},`, ...fields, `auth=${bearer(value)}`]);
}

/** Both mail formats are lists, each part of which ends with the character 1, and one more ends the list. */
function base64(parts: readonly string[]): string {
  return Buffer.from(`${parts.map((part) => `${part}\x01`).join('')}\x01`).toString('base64');
}

/** RFC 5801, section 4. */
function saslName(user: string): string {
  return user.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/** One line, which curl, wget, git and Python read alike: none of them agree on quotes. */
function netrcLine(value: string, { host, user }: Recipient): string {
  const words = [
    ['machine', host],
    ['login', user],
    ['password', value],
  ] as const;
  return words.map(([name, word = '']) => `${name} ${plainWord(name, word)}`).join(' ');
}

function plainWord(name: string, word: string): string {
  if (/^[!$-[\]-~][!#-[\]-~]*$/.test(word)) return word;
  throw badArgument(
    `The ${name} cannot be written as a word of netrc.`,
    'Take another format, such as header.',
  );
}

function mailToken({ access_token: value, token_type: type }: AccessToken): string {
  if (type !== 'api_key') return value;
  throw badArgument('This is an API key, which mail servers do not take as a token.', 'Take --format text.');
}

/** A value with a control character in it would add headers or fields of its own. */
function bearer(value: string): string {
  if (!/\p{Cc}/u.test(value)) return `Bearer ${value}`;
  throw badArgument('This value has control characters or several lines, so it cannot be a header.');
}

function assertWord(name: keyof Recipient, text: string): void {
  const isPort = name !== 'port' || (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536);
  if (isPort && text !== '' && !/[\p{Cc}\s]/u.test(text)) return;
  throw badArgument(name === 'port' ? '--port takes a number up to 65535.' : `--${name} takes one word.`);
}
