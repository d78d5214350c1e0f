import os from 'node:os';
import path from 'node:path';
import { definedOnly } from '../../../shared/defined.js';
import { isRecord, parseJson } from '../../../shared/json.js';
import { badArgument } from '../../arguments/context.js';
import { isInPath } from '../../files/in-path.js';
import { readText } from '../changes.js';
import type { Definition } from '../definition.js';
import type { Edit, Helper, Setup } from '../helper.js';
import { withMember, withoutMember } from '../json-text.js';
import { type HelperOptions, readAccount } from '../options.js';
import { isMapping, mappingText, registrySecret } from './logins.js';
import { registryOf, urlOf } from './registry.js';

/** The program that docker starts, and the end of its name, which is all that docker is told. */
const PROGRAM = 'docker-credential-sigilforge';
const NAME = 'sigilforge';

/** The text of a file that `helper install` made, without what it put there. */
const NOTHING_LEFT = '{\n\t\n}\n';

/** How docker and its kin are told to ask Sigilforge; what they then ask is in `messages.ts`. */
export const docker: Helper = {
  name: 'docker',
  summary: 'docker, podman, skopeo and buildah',
  program: 'docker',
  alternatives: ['podman', 'skopeo', 'buildah'],
  takes: ['global', 'file', 'host', 'account', 'user'],
  example: 'sigilforge helper install docker --host ghcr.io --account github/work',
  install: (options) => [edit('+', options, installed)],
  uninstall: (options) => [edit('-', options, uninstalled)],
  defines: definition,
  examine: () => usualFiles().flatMap(setupsIn),
  advice: () => (isInPath(PROGRAM) ? [] : [`docker starts ${PROGRAM}, which is not in PATH yet.`]),
};

/** Only the member is shown: on the same line of the file there may be a login. */
function edit(sign: '+' | '-', options: HelperOptions, changed: typeof installed): Edit {
  const file = options.file === undefined ? dockerFile() : path.resolve(options.file);
  assertSense(options);
  const { host } = options;
  const member = host === undefined ? { credsStore: NAME } : { [nameIn(file, readRegistry(host))]: NAME };
  const shown = JSON.stringify(host === undefined ? member : { credHelpers: member }, null, 1);
  return {
    file,
    change: (text) => changed(text, file, options),
    holdsOurs: (text) => serves(text).length > 0,
    shown: [sign + shown.replace(/\n\s*/g, ' ')],
  };
}

function assertSense({ host, global = false, account, user }: HelperOptions): void {
  const example = 'For one registry: --host ghcr.io. For all: --global';
  if (global && host !== undefined) throw badArgument('--global and --host cannot be combined.', example);
  if (!global && host === undefined) throw badArgument('Which registry is it for?', example);
  if (account !== undefined && host === undefined)
    throw badArgument('An account is for one registry.', 'Name it, for example: --host ghcr.io');
  if (user !== undefined && account === undefined)
    throw badArgument(
      '--user goes with the token of an account.',
      'Name it, for example: --account github/work',
    );
}

function installed(text: string, file: string, { host, global = false }: HelperOptions): string {
  const json = readObject(text, file);
  const key = host === undefined ? 'credsStore' : nameIn(file, readRegistry(host));
  const members = global ? json : json['credHelpers'];
  const there = isRecord(members) ? members[key] : undefined;
  if (there === NAME) return text;
  if (there !== undefined && there !== '') {
    throw badArgument(
      `${file} names another program for ${global ? 'all registries' : key}.`,
      'Take that out first, or name single registries with --host.',
    );
  }
  if (text.trim() === '') {
    const made = global ? { [key]: NAME } : { credHelpers: { [key]: NAME } };
    return `${JSON.stringify(made, null, '\t')}\n`;
  }
  const changed = withMember(text, global ? [] : ['credHelpers'], key, NAME);
  if (changed === undefined) throw notReadable(file);
  return changed;
}

function uninstalled(text: string, file: string, { host }: HelperOptions): string {
  if (text === '') return text;
  const json = readObject(text, file);
  const key = host === undefined ? 'credsStore' : nameIn(file, readRegistry(host));
  const members = host === undefined ? json : json['credHelpers'];
  if (!isRecord(members) || members[key] !== NAME) return text;
  const changed = withoutMember(text, host === undefined ? [] : ['credHelpers'], key);
  if (changed === undefined) throw notReadable(file);
  return changed === NOTHING_LEFT ? '' : changed;
}

/** The account of a registry. As long as another file names the registry, it stays. */
function definition({ host, account, user, file }: HelperOptions): Definition | undefined {
  if (host === undefined) return undefined;
  const registry = readRegistry(host);
  const own = file === undefined ? dockerFile() : path.resolve(file);
  const named = account === undefined ? undefined : readAccount(account);
  const isNeeded = usualFiles().some(
    (other) => other !== own && serves(readText(other) ?? '').some((one) => registryOf(one) === registry),
  );
  return {
    key: registrySecret(registry),
    value: named && mappingText({ account: `${named.service}/${named.account}`, ...definedOnly({ user }) }),
    isOurs: (value) => isMapping(value) && (named !== undefined || !isNeeded),
  };
}

function readRegistry(host: string): string {
  const registry = registryOf(host);
  if (registry !== undefined) return registry;
  throw badArgument(
    '--host is a registry, with a port if needed.',
    'For example: --host registry.example.com:5000',
  );
}

/** Docker Hub has another name in the files of docker than in those of podman and its kin. */
function nameIn(file: string, registry: string): string {
  return path.basename(file) === 'auth.json' ? registry : urlOf(registry);
}

function readObject(text: string, file: string): Record<string, unknown> {
  const json = text.trim() === '' ? {} : parseJson(text);
  if (isRecord(json)) return json;
  throw notReadable(file);
}

function notReadable(file: string): Error {
  return badArgument(`${file} is not JSON that can be changed, and was left as it is.`, 'Change it by hand.');
}

function setupsIn(file: string): Setup[] {
  const starts = { starts: undefined, looksFor: PROGRAM };
  return serves(readText(file) ?? '').map((registry) => ({ file, serves: registry, ...starts }));
}

/** The registries for which a file names us. */
function serves(text: string): string[] {
  const json = parseJson(text);
  if (!isRecord(json)) return [];
  const helpers = isRecord(json['credHelpers']) ? Object.entries(json['credHelpers']) : [];
  const named = helpers.filter(([, program]) => program === NAME).map(([registry]) => registry);
  return json['credsStore'] === NAME ? ['all registries', ...named] : named;
}

function dockerFile(): string {
  return path.join(process.env['DOCKER_CONFIG'] || path.join(os.homedir(), '.docker'), 'config.json');
}

function usualFiles(): readonly string[] {
  const named = process.env['REGISTRY_AUTH_FILE'];
  const config = process.env['XDG_CONFIG_HOME'] || path.join(os.homedir(), '.config');
  const all = [dockerFile(), path.join(config, 'containers', 'auth.json'), ...(named ? [named] : [])];
  return [...new Set(all)];
}
