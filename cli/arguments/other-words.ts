import * as v from 'valibot';
import { isReference } from '../../shared/reference.js';
import { AccountName, SecretKey, ServiceName } from '../../shared/schemas.js';

/** The command that a word stands for in other programs, given the words after it. */
type Meant = (words: readonly string[]) => string;

/** What is longer may be a token or a key in the place of a name, and is not repeated. */
const LONGEST_NAME = 32;

function isShort(word: string | undefined): boolean {
  return word !== undefined && word.length < LONGEST_NAME;
}

/** `COMMAND SERVICE ACCOUNT`, with the person's own names where they gave them. */
const onAccount = (command: string, bare = command): Meant => {
  return ([service, account]) => {
    if (!v.is(ServiceName, service)) return bare;
    return `${command} ${service} ${isShort(account) && v.is(AccountName, account) ? account : 'work'}`;
  };
};

/** `COMMAND KEY`. Nothing behind the key is repeated: it may be the secret itself. */
const onKey = (command: string): Meant => {
  return ([key, ...more]) =>
    v.is(SecretKey, key) && (more.length > 0 || isShort(key)) ? `${command} ${key}` : `${command} KEY`;
};

const always = (line: string): Meant => {
  return () => line;
};

const signIn = onAccount('add-account', 'add-account github work');
const execute = always('exec --env TOKEN=auth://github/work/token -- COMMAND');

function storedValue(words: readonly string[]): string {
  const [first = ''] = words;
  if (isReference(first)) return `resolve ${first}`;
  return words.length > 1 ? onAccount('get-token')(words) : onKey('secret get')(words);
}

function removal(words: readonly string[]): string {
  return words.length > 1 ? onAccount('remove-account')(words) : onKey('secret delete')(words);
}

/**
 * Words that are commands in other programs, and that a person may try first. Those that could mean one thing only are
 * aliases, in commands.ts; these are answered with the command to type.
 */
const OTHER_WORDS: ReadonlyMap<string, Meant> = new Map([
  ['add', signIn],
  ['auth', ([, ...words]) => signIn(words)],
  ['connect', signIn],
  ['init', signIn],
  ['setup', signIn],
  ['signin', signIn],
  ['get', storedValue],
  ['read', storedValue],
  ['show', onAccount('get-account', 'list-accounts')],
  ['info', onAccount('token-info', 'status')],
  ['whoami', onAccount('get-account', 'list-accounts')],
  ['refresh', onAccount('refresh-token', 'refresh-token github work')],
  ['set', onKey('secret set')],
  ['put', onKey('secret set')],
  ['key', onKey('secret set')],
  ['store', onKey('secret set')],
  ['secrets', always('secret list')],
  ['keys', always('secret list')],
  ['providers', always('provider list')],
  ['services', always('provider list')],
  ['config', always('provider list')],
  ['rm', removal],
  ['remove', removal],
  ['delete', removal],
  ['revoke', onAccount('remove-account', 'remove-account github work')],
  ['run', execute],
  ['env', execute],
  ['with', execute],
  ['start', always('daemon start')],
  ['stop', always('daemon stop')],
  ['restart', always('daemon restart')],
  ['lock', always('vault lock')],
  ['unlock', always('vault unlock')],
  ['export', always('vault export FILE')],
  ['import', always('vault import FILE')],
  ['log', always('daemon logs')],
  ['logs', always('daemon logs')],
  ['version', always('--version')],
  ['demo', always('quickstart')],
]);

/** What to type in place of a word that is not a command here; `undefined` for a word that nothing is known of. */
export function commandInPlaceOf([word = '', ...words]: readonly string[]): string | undefined {
  const meant = OTHER_WORDS.get(word);
  return meant && `sigilforge ${meant(words)}`;
}
