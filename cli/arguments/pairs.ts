import { PROTOCOL_PARAMS } from '../../shared/request-params.js';
import { badArgument } from './context.js';

/** Collects the values of an option that may be given more than once. */
export function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** The values of `option NAME=VALUE`, by name. A value may be a secret by mistake, so no error repeats one. */
export function readPairs(option: string, texts: readonly string[]): Record<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) throw badArgument(`${option} is written as NAME=VALUE.`);
    const name = text.slice(0, equals);
    if (pairs.has(name)) throw badArgument(`${option} names ${name} twice.`);
    pairs.set(name, text.slice(equals + 1));
  }
  return Object.fromEntries(pairs);
}

/** The parameters of `--param NAME=VALUE`, for the requests that a sign-in makes. */
export function readParams(texts: readonly string[]): Record<string, string> {
  const params = readPairs('--param', texts);
  for (const name of Object.keys(params)) assertOwn(name, [...PROTOCOL_PARAMS, 'scope']);
  return params;
}

/** Where a parameter of a provider can go, by the prefix that says so. */
const KINDS = {
  authorize: 'authorize_params',
  device: 'device_params',
  token: 'token_params',
  refresh: 'refresh_params',
} as const;
type Kind = keyof typeof KINDS;

/** Without a prefix: token requests include refreshes. */
const EVERYWHERE: readonly Kind[] = ['authorize', 'device', 'token'];

/** The parameters of `--param [REQUEST:]NAME=VALUE`, as settings of a provider. */
export function readProviderParams(
  texts: readonly string[],
): Partial<Record<(typeof KINDS)[Kind], Record<string, string>>> {
  const settings: Partial<Record<(typeof KINDS)[Kind], Record<string, string>>> = {};
  for (const [name, value] of Object.entries(readPairs('--param', texts))) {
    const { kinds, own } = placesOf(name);
    for (const kind of kinds) {
      assertOwn(
        own,
        kind === 'token' || kind === 'refresh' ? PROTOCOL_PARAMS : [...PROTOCOL_PARAMS, 'scope'],
      );
      const before = settings[KINDS[kind]];
      settings[KINDS[kind]] = { ...before, [own]: value };
    }
  }
  return settings;
}

function placesOf(name: string): { kinds: readonly Kind[]; own: string } {
  const colon = name.indexOf(':');
  if (colon < 0) return { kinds: EVERYWHERE, own: name };
  const prefix = name.slice(0, colon);
  if (!isKind(prefix)) {
    throw badArgument(`--param: the word before the colon is one of ${Object.keys(KINDS).join(', ')}.`);
  }
  return { kinds: [prefix], own: name.slice(colon + 1) };
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

/** Options that say what a person may have meant with a parameter of the protocol. */
const INSTEAD: Readonly<Record<string, string>> = {
  client_id: '--client-id ID',
  client_secret: '--client-secret',
  redirect_uri: 'sigilforge provider set ID --redirect-uri URL',
  refresh_token: 'sigilforge add-account SERVICE ACCOUNT --flow import',
  scope: '--scopes A,B',
};

function assertOwn(name: string, refused: readonly string[]): void {
  if (!refused.includes(name)) return;
  const instead = INSTEAD[name];
  throw badArgument(
    `--param ${name}: this parameter is part of the protocol, and Sigilforge sends its own.`,
    ...(instead === undefined ? [] : [`Use instead: ${instead}`]),
  );
}
