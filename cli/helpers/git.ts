import type { AccessToken, AccountInfo, Api } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import { currentToken, type NamedAccount } from './current-token.js';
import { candidatesAt, usernameAt, usernameOf } from './git-hosts.js';
import { type GitRequest, originOf } from './git-request.js';

/*
 * What git(1) asks a credential helper, and what it is answered: gitcredentials(7), git-credential(1).
 *
 *   sigilforge git-credential [--account SERVICE/ACCOUNT] get|store|erase
 *
 * The ordinary form: `--account` and `get`, `protocol=https` and `host=` on standard input up to an empty line or its end.
 * The answer is `username=` (git's own, else what the host wants), `password=` (the token) and, if the token expires,
 * `password_expiry_utc=` in seconds, a line each. One call is made: `get_token`.
 *
 * Without --account only the hosts of known providers are served, by the accounts whose tokens come from that very host.
 * What a person types for another host is kept as the secret git/HOST/USERNAME.
 */

export type GitApi = Pick<
  Api,
  'listAccounts' | 'getAccount' | 'getToken' | 'getSecret' | 'setSecret' | 'listSecrets' | 'deleteSecret'
>;

/** The answer to `get`. Throws `not_found` if nothing fits, and `invalid_params` if several accounts do. */
export async function answerGet(
  api: GitApi,
  request: GitRequest,
  named: NamedAccount | undefined,
): Promise<string> {
  if (named) {
    const token = await api.getToken({ service: named.service, account: named.account });
    return tokenText(request, token, request.username ?? usernameAt(request.host));
  }
  const chosen = await chooseAccount(api, request);
  if ('password' in chosen) return basicText(chosen);
  const token = await api.getToken({ service: chosen.service, account: chosen.account });
  return tokenText(request, token, usernameOf(chosen));
}

/** Whether a person may have typed what git stores. An account is never answered by anything else, so nothing is kept beside one. */
export function mayBeTyped(request: GitRequest, named: NamedAccount | undefined): boolean {
  return named === undefined && !request.passes;
}

/** `store`: keeps what a person typed. */
export async function keepTyped(api: GitApi, request: GitRequest): Promise<void> {
  const { username, password } = request;
  if (!username || !password) return;
  const accounts = await candidatesAt(api, request.host);
  if (accounts.length === 1 || accounts.some(({ account }) => account === username)) return;
  for (const account of accounts) if ((await currentToken(api, account)) === password) return;
  const key = secretOf(request.host, username);
  if (key !== undefined && (await keptAt(api, key)) !== password)
    await api.setSecret({ key, value: password });
}

/** `erase`: a token that is the current one is replaced by the next `get`; what was typed goes if it is the same. */
export async function reject(
  api: GitApi,
  request: GitRequest,
  named: NamedAccount | undefined,
): Promise<void> {
  const rejected = request.credential ?? request.password;
  if (!rejected) return;
  for (const account of named ? [named] : await candidatesAt(api, request.host)) {
    if ((await currentToken(api, account)) !== rejected) continue;
    await api.getToken({ service: account.service, account: account.account, rejected_token: rejected });
    return;
  }
  const key = named || !request.username ? undefined : secretOf(request.host, request.username);
  if (key !== undefined && (await keptAt(api, key)) === rejected) await api.deleteSecret({ key });
}

interface Typed {
  readonly username: string;
  readonly password: string;
}

/** An account that is called as the user, what was typed for that user, and then whatever is the only one. */
async function chooseAccount(api: GitApi, request: GitRequest): Promise<AccountInfo | Typed> {
  const accounts = await candidatesAt(api, request.host);
  const called = accounts.filter(({ account }) => account === request.username);
  const [first, ...more] = called.length > 0 ? called : accounts;
  const typed =
    called.length > 0 ? undefined : await typedFor(api, request, { onlyNamed: first !== undefined });
  if (typed !== undefined) return typed;
  if (first === undefined) throw noneFits(request);
  if (more.length > 0) throw severalFit(request, [first, ...more]);
  return first;
}

async function typedFor(
  api: GitApi,
  { host, username }: GitRequest,
  { onlyNamed }: { readonly onlyNamed: boolean },
): Promise<Typed | undefined> {
  if (!username && onlyNamed) return undefined;
  const user = username || (await onlyUserAt(api, host));
  const key = user === undefined ? undefined : secretOf(host, user);
  const password = key === undefined ? undefined : await keptAt(api, key);
  return user === undefined || password === undefined ? undefined : { username: user, password };
}

/** Whose password was typed for a host. Throws `invalid_params` if there are several. */
async function onlyUserAt(api: GitApi, host: string): Promise<string | undefined> {
  const prefix = `${hostSecrets(host)}/`;
  const { secrets } = await api.listSecrets({ prefix });
  const users = secrets.map(({ key }) => decoded(key.slice(prefix.length)));
  if (users.length < 2) return users[0];
  throw new SigilforgeError(
    'invalid_params',
    `Several passwords are kept for ${host}: ${users.join(', ')}.`,
    {
      hint: `Name one in the address: https://${users[0]}@${host}`,
    },
  );
}

/** A value that is not text was not typed. */
async function keptAt(api: GitApi, key: string): Promise<string | undefined> {
  try {
    const { value, encoding } = await api.getSecret({ key });
    return encoding === 'utf8' ? value : undefined;
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind === 'not_found') return undefined;
    throw thrown;
  }
}

function basicText({ username, password }: Typed): string {
  assertOneLine(username);
  assertOneLine(password);
  return lines([
    ['username', username],
    ['password', password],
  ]);
}

/** By the Bearer scheme only if git can pass it on and the server offers it; GitHub and GitLab take only Basic. */
function tokenText(request: GitRequest, token: AccessToken, username: string): string {
  assertOneLine(token.access_token);
  const isBearer = request.takesAuthtype && request.offersBearer && /^bearer$/i.test(token.token_type);
  const expiry = token.expires_at === null ? undefined : Math.floor(Date.parse(token.expires_at) / 1000);
  return lines([
    ...(isBearer
      ? [
          ['capability[]', 'authtype'],
          ['authtype', 'Bearer'],
          ['credential', token.access_token],
          ['ephemeral', '1'],
        ]
      : [
          ['username', username],
          ['password', token.access_token],
        ]),
    ...(expiry === undefined ? [] : [['password_expiry_utc', String(expiry)]]),
  ]);
}

/** A line break would begin another attribute. */
function assertOneLine(value: string): void {
  if (!/[\p{Cc}]/u.test(value)) return;
  throw new SigilforgeError(
    'invalid_params',
    'What is kept for this host has control characters, so git cannot be given it.',
  );
}

function lines(pairs: readonly (readonly string[])[]): string {
  return pairs.map(([name = '', value = '']) => `${name}=${value}\n`).join('');
}

function hostSecrets(host: string): string {
  return `git/${encoded(host)}`;
}

/** The name of what is kept for a user; `undefined` if it would be too long for one. */
function secretOf(host: string, username: string): string | undefined {
  const key = `${hostSecrets(host)}/${encoded(username)}`;
  return key.length <= 255 ? key : undefined;
}

/** Every byte that the name of a secret cannot have, or that means something in it, as +XX. */
function encoded(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => String.fromCharCode(byte));
  return bytes
    .map((char) =>
      /[A-Za-z0-9._@:-]/.test(char)
        ? char
        : `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}

function decoded(text: string): string {
  const bytes = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function noneFits(request: GitRequest): SigilforgeError {
  return new SigilforgeError('not_found', `There is no account for ${originOf(request)}.`, {
    hint: `Name one with: sigilforge helper install git --host ${request.host} --account SERVICE/ACCOUNT`,
  });
}

function severalFit(request: GitRequest, accounts: readonly NamedAccount[]): SigilforgeError {
  const names = accounts.map(({ service, account }) => `${service}/${account}`);
  const sentence = `Several accounts fit ${originOf(request)}: ${names.join(', ')}.`;
  return new SigilforgeError('invalid_params', sentence, {
    hint: `Choose one with: sigilforge helper install git --host ${request.host} --account ${names[0]}`,
  });
}
