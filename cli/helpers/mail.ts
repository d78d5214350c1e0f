import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { definedOnly } from '../../shared/defined.js';
import { badArgument } from '../arguments/context.js';
import { blockIds, blockOf, withBlock, withoutBlock } from './blocks.js';
import { readText } from './changes.js';
import type { Edit, Helper, Setup } from './helper.js';
import { type HelperOptions, readAccount } from './options.js';
import { shellLine } from './our-command.js';

/*
 * Programs for mail. Each starts `get-token` as a command that prints a password, and wraps the token for the server by
 * itself (XOAUTH2), so that none of them needs `--format xoauth2`.
 */

interface Mailbox {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** The line of a shell that prints the token. */
  readonly command: string;
}

interface MailProgram extends Pick<Helper, 'program' | 'summary' | 'example' | 'alternatives'> {
  /** Its configuration files below the home folder, in the order in which it looks for them. */
  readonly files: readonly string[];
  /** Without `--host`, or `undefined` if it takes no host. */
  readonly port?: number;
  readonly lines: (mailbox: Mailbox) => readonly string[];
  /** How to go on. */
  readonly next: (user: string) => string;
}

const EXAMPLE = '--account google/work --user ann@gmail.com';

const PROGRAMS: readonly MailProgram[] = [
  {
    program: 'msmtp',
    summary: 'msmtp, which sends mail; git send-email by it, too',
    example: `sigilforge helper install msmtp ${EXAMPLE} --host smtp.gmail.com`,
    files: ['.msmtprc', '.config/msmtp/config'],
    port: 587,
    lines: ({ user, host, port, command }) => [
      `account ${user}`,
      `host ${host}`,
      `port ${port}`,
      'tls on',
      `tls_starttls ${port === 465 ? 'off' : 'on'}`,
      'auth xoauth2',
      `user ${user}`,
      `from ${user}`,
      `passwordeval "${command}"`,
    ],
    next: (user) =>
      `Send with: msmtp -a ${user}. For git send-email: git config sendemail.sendmailCmd "msmtp -a ${user}"`,
  },
  {
    program: 'mbsync',
    summary: 'mbsync, which copies mail boxes',
    example: `sigilforge helper install mbsync ${EXAMPLE} --host imap.gmail.com`,
    files: ['.mbsyncrc', '.config/isyncrc'],
    port: 993,
    // A section ends at an empty line.
    lines: ({ user, host, port, command }) => [
      '',
      `IMAPAccount ${user}`,
      `Host ${host}`,
      `Port ${port}`,
      `SSLType ${port === 143 ? 'STARTTLS' : 'IMAPS'}`,
      `User ${user}`,
      'AuthMechs XOAUTH2',
      `PassCmd "${command.replace(/[\\"]/g, '\\$&')}"`,
      '',
    ],
    next: (user) =>
      `Name it in an IMAPStore: Account ${user}. XOAUTH2 is a module of SASL, in Debian's package libsasl2-modules-kdexoauth2.`,
  },
  {
    program: 'mutt',
    alternatives: ['neomutt'],
    summary: 'mutt and neomutt',
    example: `sigilforge helper install mutt ${EXAMPLE}`,
    files: ['.muttrc', '.mutt/muttrc', '.config/mutt/muttrc'],
    lines: ({ user, command }) => {
      const quoted = `"${command.replace(/[\\"$`]/g, '\\$&')}"`;
      return [
        `set imap_user = "${user}"`,
        'set imap_authenticators = "xoauth2:oauthbearer"',
        `set imap_oauth_refresh_command = ${quoted}`,
        'set smtp_authenticators = "xoauth2:oauthbearer"',
        `set smtp_oauth_refresh_command = ${quoted}`,
      ];
    },
    next: (user) => `Name the user in smtp_url as well: smtp://${user.replace('@', '%40')}@HOST:587/`,
  },
];

/** One for each program. */
export const mailHelpers: readonly Helper[] = PROGRAMS.map((program) => ({
  name: program.program,
  ...program,
  takes: ['account', 'user', 'file', ...(program.port === undefined ? [] : (['host'] as const))],
  install: (options, command) => {
    const mailbox = mailboxOf(program, options, command);
    const lines = program.lines(mailbox);
    return [edit(program, options, (text) => withBlock(text, idOf(program, mailbox.user), lines))];
  },
  uninstall: (options) => [edit(program, options, (text) => withoutOurs(program, text, options.user))],
  examine: () => setupsIn(program, fileOf(program)),
  advice: ({ user }) => [program.next(user ?? 'USER')],
}));

function edit(program: MailProgram, { file }: HelperOptions, change: (text: string) => string): Edit {
  return {
    file: file === undefined ? fileOf(program) : path.resolve(file),
    change,
    holdsOurs: (text) => blockIds(text, idOf(program, '')).length > 0,
  };
}

function withoutOurs(program: MailProgram, text: string, user: string | undefined): string {
  const ids = user === undefined ? blockIds(text, idOf(program, '')) : [idOf(program, user)];
  return ids.reduceRight((rest, id) => withoutBlock(rest, id), text);
}

function mailboxOf(
  { program, port: usual, example }: MailProgram,
  { account, user, host }: HelperOptions,
  command: readonly string[],
): Mailbox {
  if (account === undefined || user === undefined || (usual !== undefined && host === undefined)) {
    const needed = ['--account', '--user', ...(usual === undefined ? [] : ['--host'])].join(', ');
    throw badArgument(`${program} needs these options: ${needed}.`, `For example: ${example}`);
  }
  if (!/^[\w.+%=-]+(?:@[\w.-]+)?$/.test(user)) {
    throw badArgument('--user is a mail address, or the name of a mail box.', `For example: ${example}`);
  }
  const { service, account: name } = readAccount(account);
  const words = [...command, 'get-token', service, name];
  return { user, ...serverOf(host ?? '', usual ?? 0), command: shellLine(words) };
}

function serverOf(text: string, usual: number): Pick<Mailbox, 'host' | 'port'> {
  const [, host, port = String(usual)] = /^([\w.-]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host !== undefined && Number(port) < 65_536) return { host, port: Number(port) };
  throw badArgument(
    '--host is the name of a mail server, with a port if needed.',
    'For example: smtp.gmail.com:465',
  );
}

function fileOf({ files }: MailProgram): string {
  const [first = '', ...others] = files.map((file) => path.join(os.homedir(), file));
  return [first, ...others].find((file) => fs.existsSync(file)) ?? first;
}

function idOf({ program }: MailProgram, user: string): string {
  return `${program} ${user}`;
}

function setupsIn(program: MailProgram, file: string): Setup[] {
  const text = readText(file) ?? '';
  return blockIds(text, idOf(program, '')).flatMap((id) => {
    const line = blockOf(text, id)?.find((one) => one.includes('get-token')) ?? '';
    const [, starts, service, account] = /"(.*?) get-token (\S+) ([^\s"]+)"/.exec(line) ?? [];
    const serves = id.slice(program.program.length + 1);
    return [{ file, serves, starts: fileIn(starts ?? ''), ...definedOnly({ service, account }) }];
  });
}

/** The first word of a line of a shell, without what quotes it. */
function fileIn(line: string): string {
  const [word = ''] = /^(?:'[^']*'|\\+.|[^'\s])+/.exec(line) ?? [];
  return word.replace(/'([^']*)'|\\+(.)/g, '$1$2');
}
