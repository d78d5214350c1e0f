import os from 'node:os';
import path from 'node:path';
import { definedOnly } from '../../shared/defined.js';
import { badArgument } from '../arguments/context.js';
import { readText } from './changes.js';
import type { Edit, Helper, Setup } from './helper.js';
import { type ExecUser, ourUsers, withoutUsers, withUser } from './kube-config.js';
import { type HelperOptions, readAccount } from './options.js';

const COMMAND = 'kube-credential';

/** kubectl, and what reads a kubeconfig as it does. What it asks, and is answered, is in `commands/kube-credential.ts`. */
export const kubectl: Helper = {
  name: 'kubectl',
  summary: 'kubectl and other programs that read a kubeconfig',
  program: 'kubectl',
  takes: ['account', 'user', 'idToken', 'file'],
  example: 'sigilforge helper install kubectl --account corp/work --user corp --id-token',
  install: (options, command) => {
    const user = userOf(options, command);
    return [edit(options, (text) => withUser(text, user))];
  },
  uninstall: (options) => [
    edit(options, (text) =>
      withoutUsers(text, (name) => options.user === undefined || options.user === name),
    ),
  ],
  examine: () =>
    usualFiles().flatMap((file) => ourUsers(readText(file) ?? '').map((user) => setup(file, user))),
  advice: ({ user }) => [
    `For a context to use it: kubectl config set-context --current --user ${user ?? 'NAME'}`,
  ],
};

function edit({ file }: HelperOptions, change: (text: string) => string): Edit {
  const [usual = ''] = usualFiles();
  return {
    file: file === undefined ? usual : path.resolve(file),
    change,
    holdsOurs: (text) => ourUsers(text).length > 0,
  };
}

function userOf({ account, user, idToken }: HelperOptions, command: readonly string[]): ExecUser {
  if (account === undefined || user === undefined) {
    throw badArgument(
      'kubectl needs --account and --user.',
      'The user is one of the kubeconfig, for example: --account corp/work --user corp',
    );
  }
  if (!/^[^\p{Cc}\s"'\\]+$/u.test(user))
    throw badArgument('--user is the name of a user of the kubeconfig, one word.');
  const [program = '', ...words] = command;
  const { service, account: name } = readAccount(account);
  const args = [...words, COMMAND, service, name, ...(idToken ? ['--id-token'] : [])];
  return { name: user, command: program, args };
}

/** Those that kubectl reads; the first is the one that is changed. */
function usualFiles(): readonly string[] {
  const named = (process.env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  return named.length > 0
    ? named.map((file) => path.resolve(file))
    : [path.join(os.homedir(), '.kube', 'config')];
}

function setup(file: string, { name, command, args }: ExecUser): Setup {
  const [service, account] = args.slice(args.indexOf(COMMAND) + 1).filter((word) => !word.startsWith('-'));
  return { file, serves: name, starts: command, ...definedOnly({ service, account }) };
}
