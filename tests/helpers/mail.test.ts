import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { importAccount } from '../support/provider/imports.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { isRoot } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Authority, createAuthority } from '../support/wire/authority.js';
import { startDovecot } from './dovecot.js';
import { startSmtpStandIn } from './smtp-stand-in.js';

const USER = 'ann@example.org';
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

let fake: FakeProvider;
let daemon: DaemonBackend;
let authority: Authority;

beforeEach(async () => {
  fake = await startFakeProvider();
  daemon = await startDaemon();
  authority = createAuthority();
  await daemon.api.setProvider({ id: 'corp', token_endpoint: `${fake.url}/token`, client_id: 'client' });
  await importAccount(daemon.api, fake, 'corp', 'work');
});
afterEach(async () => {
  await authority.stop();
  await daemon.stop();
  await fake.stop();
});

function at(name: string): string {
  return path.join(daemon.sandbox.home, name);
}

function write(name: string, text: string): void {
  writeFileSync(at(name), text, { mode: 0o600 });
}

function setUp(program: string, ...options: string[]) {
  const whose = ['--account', 'corp/work', '--user', USER];
  return daemon.sandbox.run(['helper', 'install', program, ...whose, ...options, '--yes']);
}

/** Takes it away, and says whether the file is what it was. */
async function isTakenAway(program: string, file: string, before: string): Promise<boolean> {
  const end = await daemon.sandbox.run(['helper', 'uninstall', program, '--user', USER, '--yes']);
  return end.code === 0 && readFileSync(at(file), 'utf8') === before;
}

describe.skipIf(!has('msmtp'))('msmtp', () => {
  test('sends mail with the token of the account', async () => {
    const good = `user=${USER}\x01auth=Bearer first\x01\x01`;
    const pair = authority.issue('localhost');
    const server = await stopAfter(startSmtpStandIn(pair, (response) => response === good));
    const before = `# of this machine\ndefaults\ntls_trust_file ${authority.file}\ntimeout 20`;
    write('.msmtprc', before);
    expect(await setUp('msmtp', '--host', `localhost:${server.port}`)).toMatchObject({ code: 0 });
    const once = readFileSync(at('.msmtprc'), 'utf8');
    await setUp('msmtp', '--host', `localhost:${server.port}`);
    expect(readFileSync(at('.msmtprc'), 'utf8')).toBe(once);
    const send = ['msmtp', '-a', USER, 'bob@example.org'];
    const end = await daemon.sandbox.spawn(send, { input: 'Subject: hello\n\nThe mail.\n' }).exited;
    expect(end, end.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(server.responses).toEqual([good]);
    expect(server.mails).toEqual([expect.stringContaining('The mail.')]);
    expect((await daemon.sandbox.run(['helper', 'list'])).stdout).toContain(
      `msmtp\t${USER}\tcorp/work\tok\t${at('.msmtprc')}`,
    );
    expect(await isTakenAway('msmtp', '.msmtprc', before)).toBe(true);
  });

  test('says what the server and what Sigilforge say, and sends nothing', async () => {
    const server = await stopAfter(startSmtpStandIn(authority.issue('localhost'), () => false));
    write('.msmtprc', `defaults\ntls_trust_file ${authority.file}\n`);
    await setUp('msmtp', '--host', `localhost:${server.port}`);
    const send = () =>
      daemon.sandbox.spawn(['msmtp', '-a', USER, 'bob@example.org'], { input: 'Subject: x\n\nx\n' }).exited;
    expect((await send()).stderr).toContain('not with this token');
    await daemon.api.removeAccount({ service: 'corp', account: 'work', revoke: false });
    const end = await send();
    expect(end.code).not.toBe(0);
    expect(end.stderr).toContain('There is no account corp/work.');
    expect([server.responses.length, server.mails]).toEqual([1, []]);
  });
});

describe.skipIf(!isRoot || !has('mbsync') || !has('dovecot'))('mbsync', () => {
  test('copies a mail box with the token of the account', async () => {
    const pair = authority.issue('localhost');
    const server = await stopAfter(
      startDovecot(daemon.sandbox, pair, (token) => (token === 'first' ? USER : undefined)),
    );
    mkdirSync(at('mail'));
    const before = `# of this machine
IMAPStore far
Account ${USER}

MaildirStore near
Inbox ${at('mail')}/inbox

Channel all
Far :far:
Near :near:
Create Near
`;
    // An account stands before what names it.
    write('.mbsyncrc', '');
    expect(await setUp('mbsync', '--host', `localhost:${server.port}`)).toMatchObject({ code: 0 });
    const own = readFileSync(at('.mbsyncrc'), 'utf8');
    write('.mbsyncrc', own + before);
    const copy = () =>
      daemon.sandbox.spawn(['mbsync', 'all'], { input: '', env: { SSL_CERT_FILE: authority.file } }).exited;
    const end = await copy();
    expect(end, end.stderr + end.stdout).toMatchObject({ code: 0 });
    expect(server.asked).toEqual(['first']);
    const [name = ''] = readdirSync(at('mail/inbox/new'));
    expect(readFileSync(at(`mail/inbox/new/${name}`), 'utf8')).toContain('The mail of the server.');
    expect(await isTakenAway('mbsync', '.mbsyncrc', before)).toBe(true);
  });
});

describe.skipIf(!has('mutt'))('mutt', () => {
  test('starts the command that it is set up with', async () => {
    const before = 'set realname = "Ann"\n';
    write('.muttrc', before);
    expect(await setUp('mutt')).toMatchObject({ code: 0 });
    const ask = ['mutt', '-Q', 'imap_oauth_refresh_command', '-Q', 'imap_user'];
    const { stdout } = await daemon.sandbox.spawn(ask, { input: '' }).exited;
    expect(stdout).toContain(`imap_user="${USER}"`);
    const [, command = ''] = /^imap_oauth_refresh_command="(.*)"$/m.exec(stdout) ?? [];
    const shell = daemon.sandbox.spawn(['sh', '-c', command.replace(/\\(.)/g, '$1')], { input: '' });
    expect(await shell.exited).toMatchObject({ code: 0, stdout: 'first\n' });
    expect(await isTakenAway('mutt', '.muttrc', before)).toBe(true);
  });
});

test.each([
  [['msmtp', '--host', 'a b'], '--host is the name of a mail server'],
  [['msmtp', '--host', 'a:70000'], '--host is the name of a mail server'],
  [['msmtp'], 'msmtp needs these options: --account, --user, --host.'],
  [['mutt', '--host', 'a'], 'The helper for mutt does not take --host.'],
])('%j is refused, and nothing is written', async (args, sentence) => {
  const [program = '', ...options] = args;
  const end = await setUp(program, ...options);
  expect(end).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
  expect(['.msmtprc', '.muttrc'].filter((name) => existsSync(at(name)))).toEqual([]);
});
