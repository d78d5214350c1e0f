import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { definedOnly } from '../../shared/defined.js';
import { isLoopback } from '../../shared/schemas.js';
import { badArgument } from '../arguments/context.js';
import { readText } from './changes.js';
import { holdsOurs, type OurSection, ourSections, withoutSections, withSection } from './git-config.js';
import type { Edit, Helper, Setup } from './helper.js';
import { type HelperOptions, readAccount } from './options.js';
import { shellLine } from './our-command.js';

/** How git is told to ask Sigilforge; what it then asks, and what it is answered, is in `git.ts`. */
export const git: Helper = {
  name: 'git',
  summary: 'git over https',
  program: 'git',
  takes: ['global', 'file', 'host', 'account'],
  example: 'sigilforge helper install git --global',
  install: async (options, command) => [await edit(options, (text) => installed(text, options, command))],
  uninstall: async (options) => [
    await edit(options, (text) => withoutSections(text, (url) => isMeant(url, options))),
  ],
  examine: async () => (await usualFiles()).flatMap(setupsIn),
  advice,
};

async function edit(options: HelperOptions, change: (text: string) => string): Promise<Edit> {
  return { file: await fileOf(options), change, holdsOurs };
}

/**
 * With an address, other helpers are not asked there: those that keep what they see would go on answering with a token that
 * is over. They stay in the configuration, and are asked for every other address.
 */
function installed(text: string, options: HelperOptions, command: readonly string[]): string {
  const url = urlOf(options);
  const account = options.account === undefined ? [] : ['--account', accountOf(options.account)];
  const value = `!${shellLine([...command, 'git-credential', ...account])}`;
  const reset = url === '' ? [] : [{ name: 'helper', value: '' }];
  return withSection(text, { url, variables: [...reset, { name: 'helper', value }] });
}

function accountOf(text: string): string {
  const { service, account } = readAccount(text);
  return `${service}/${account}`;
}

/** Without a host, everything of ours. */
function isMeant(url: string, options: HelperOptions): boolean {
  return options.host === undefined || url === urlOf(options);
}

/** The address in the header of the section; empty for all. */
function urlOf({ host, account }: HelperOptions): string {
  if (host === undefined) {
    if (account === undefined) return '';
    throw badArgument('An account is for one host.', 'Name it, for example: --host git.example.com');
  }
  const address = host.includes('://') ? host : `https://${host}`;
  const isPlain = /^https?:\/\/[\w.-]+(?::\d{1,5})?(?:\/[\w.~/-]*)?$/.test(address);
  const url = isPlain && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) {
    throw badArgument('--host is a host, with a port or a path if needed.', 'For example: --host github.com');
  }
  if (url.protocol === 'http:' && !(isLoopback(url) && account !== undefined)) {
    throw badArgument(
      'A token is sent over https only.',
      'Only a host of this machine, with its --account, may be asked over http.',
    );
  }
  return address.replace(/\/+$/, '');
}

async function fileOf({ file, global = false }: HelperOptions): Promise<string> {
  if (file !== undefined && global) throw badArgument('--file and --global cannot be combined.');
  if (file !== undefined) return path.resolve(file);
  if (global) return globalFile();
  const own = await projectFile();
  if (own !== undefined) return own;
  throw badArgument('This folder is in no project of git.', 'For all projects: --global');
}

/** The file that `git config --global` writes. */
function globalFile(): string {
  const named = process.env['GIT_CONFIG_GLOBAL'];
  if (named) return named;
  const home = path.join(os.homedir(), '.gitconfig');
  return !fs.existsSync(home) && fs.existsSync(xdgFile()) ? xdgFile() : home;
}

function xdgFile(): string {
  return path.join(process.env['XDG_CONFIG_HOME'] || path.join(os.homedir(), '.config'), 'git', 'config');
}

/** The file that `git config --local` writes; `undefined` outside of a project, or without git. */
async function projectFile(): Promise<string | undefined> {
  const found = await output('rev-parse', '--git-common-dir');
  return found === undefined ? undefined : path.resolve(found, 'config');
}

async function usualFiles(): Promise<readonly string[]> {
  const own = await projectFile();
  const homes = [path.join(os.homedir(), '.gitconfig'), xdgFile(), globalFile()];
  return [...new Set([...homes, ...(own === undefined ? [] : [own])])];
}

function setupsIn(file: string): Setup[] {
  return ourSections(readText(file) ?? '').map((section) => setupOf(file, section));
}

function setupOf(file: string, { url, variables }: OurSection): Setup {
  const line = variables.findLast(({ name }) => name === 'helper')?.value.slice(1) ?? '';
  const [, word = '', rest = ''] = /^((?:'[^']*'|\\'|[^'\s])+)(.*)$/.exec(line) ?? [];
  const [, service, account] = /--account ([^\s/]+)\/(\S+)/.exec(rest) ?? [];
  const starts = word.replace(/'([^']*)'|\\(')/g, '$1$2');
  return { file, serves: url || 'known providers', starts, ...definedOnly({ service, account }) };
}

/** Helpers without an address keep what they see, tokens included. */
async function advice({ host }: HelperOptions): Promise<readonly string[]> {
  const set = host === undefined ? await output('config', '--get-all', 'credential.helper') : undefined;
  const values = (set ?? '').split('\n').filter((value) => value !== '' && !value.includes('git-credential'));
  // The line of a shell may hold a password.
  const others = values.map((value) => (value.startsWith('!') ? '!…' : value));
  if (others.length === 0) return [];
  return [
    `git asks credential.helper=${others.join(', ')} as well, which may keep the tokens it sees. To ask only Sigilforge for a host: sigilforge helper install git --host github.com`,
  ];
}

/** What git prints; `undefined` if it fails or is not there. */
async function output(...args: string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)('git', args)).stdout.trim();
  } catch {
    return undefined;
  }
}
