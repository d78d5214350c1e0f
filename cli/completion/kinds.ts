import { type Argument, type Command, Option } from 'commander';
import { RunStatus, SecretBackend } from '../../shared/contract/index.js';
import { ProviderQuirk, SecretRule } from '../../shared/provider.js';
import { ClientAuth, FlowKind, LogLevel } from '../../shared/schemas.js';
import { TOKEN_FORMATS } from '../access/token-format.js';
import { pathOf } from '../arguments/help.js';
import { helpers } from '../helpers/index.js';
import { UNSETTABLE } from '../provider/unset.js';
import { SHELLS } from './shells.js';

/** Names that only a daemon knows. */
export type LiveKind =
  | 'services'
  | 'accounts'
  | 'providers'
  | 'secrets'
  | 'references'
  | 'capabilities'
  | 'capability secrets'
  | 'runs'
  | 'doors'
  | 'secret requests'
  | 'proposals'
  | 'slots';

/** What the value of an argument or an option is. */
export type Kind =
  | LiveKind
  | 'files'
  | 'folders'
  /** A reference behind `NAME=`. */
  | 'named reference'
  /** A text of one's own, of which nothing can be known. */
  | 'text'
  | readonly string[];

/** What `doctor` looks at. Its own list is part of the library, which takes long to load. */
export const CHECKS = [
  ...['accounts', 'audit', 'browser', 'callback-ports', 'clock', 'config', 'core-files', 'daemon'],
  ...['database', 'folders', 'keychain', 'log', 'native-parts', 'network', 'node', 'package', 'service'],
  ...['socket', 'swap', 'vals', 'vault'],
];

/** By what stands for the value in the help. */
const USUAL: Readonly<Record<string, Kind>> = {
  SERVICE: 'services',
  ACCOUNT: 'accounts',
  KEY: 'secrets',
  PREFIX: 'secrets',
  REFERENCE: 'references',
  REF: 'references',
  'NAME=REF': 'named reference',
  'N=REF': 'named reference',
  FILE: 'files',
  PATH: 'files',
  TEMPLATE: 'files',
  PROGRAM: 'files',
  FOLDER: 'folders',
  SHELL: SHELLS,
  FLOW: FlowKind.options,
  FORMAT: TOKEN_FORMATS,
  BACKEND: SecretBackend.options,
  METHOD: ClientAuth.options,
  RULE: SecretRule.options,
  CHECK: CHECKS,
  LEVEL: LogLevel.options,
  STATUS: RunStatus.options,
  ACTION: ['get', 'store', 'erase'],
  RUNNER: ['python', 'node', 'command'],
  ...Object.fromEntries(
    [
      'URL',
      'A,B',
      'SECONDS',
      'TIME',
      'N',
      'NUMBER',
      'JSON',
      'CODE',
      'ISSUER',
      'ID',
      'NAME',
      'USER',
      'HOST',
      'PORT',
      'ARN',
      'REGION',
      'SERVICE/ACCOUNT',
    ].map((name) => [name, 'text' as const]),
  ),
  ...Object.fromEntries(
    ['NAME=VALUE', 'FIELD=VALUE', 'NAME=OTHER', 'FIELD'].map((name) => [name, 'text' as const]),
  ),
};

/** Where the same word stands for something else: by the command and its argument or option. */
const SPECIAL: Readonly<Record<string, Kind>> = {
  'provider ID': 'providers',
  'add-account --provider': 'providers',
  'runs ID': 'runs',
  'runs list --capability': 'capabilities',
  'secret answer ID': 'secret requests',
  'capability proposals accept ID': 'proposals',
  'capability proposals decline ID': 'proposals',
  'vault remove-slot ID': 'slots',
  'door NAME': 'doors',
  'helper NAME': helpers.map(({ name }) => name),
  'capability NAME': 'capabilities',
  'capability create NAME': 'text',
  'capability secret KEY': 'capability secrets',
  'provider set --quirk': ProviderQuirk.options,
  'provider set --pkce': ['on', 'off'],
  'provider set --scope-separator': ['space', 'comma', '+'],
  'provider set --unset': UNSETTABLE,
};

/** What the value of an argument or an option of a command is; `undefined` if nothing says so. */
export function kindOf(command: Command, of: Argument | Option): Kind | undefined {
  const name = of instanceof Option ? (of.long ?? '') : of.name();
  const path = pathOf(command).split(' ').slice(1);
  for (let length = path.length; length > 0; length -= 1) {
    const special = SPECIAL[[...path.slice(0, length), name].join(' ')];
    if (special !== undefined) return special;
  }
  return USUAL[of instanceof Option ? placeholderOf(of) : name];
}

function placeholderOf({ flags }: Option): string {
  return /[<[]([^>\]]+)[>\]]$/.exec(flags)?.[1] ?? '';
}
