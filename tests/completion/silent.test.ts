import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../client/index.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// A person is typing: whatever is the matter, TAB says nothing, starts nothing and asks nothing.

const NOTHING = { code: 0, stdout: '', stderr: '' };

function ask(sandbox: Sandbox, ...words: string[]) {
  return sandbox.run(['completion', 'bash', '--', 'sigilforge', ...words]);
}

test('without a daemon there are no names, and none is started; commands are there', async () => {
  const sandbox = await stopAfter(createSandbox());
  expect(await ask(sandbox, 'get-token', '')).toMatchObject(NOTHING);
  expect(await ask(sandbox, 'secret', 'get', '')).toMatchObject(NOTHING);
  expect(await ask(sandbox, 'vault', 'remove-slot', '')).toMatchObject(NOTHING);
  expect((await ask(sandbox, 'get-tok')).stdout).toBe('word\tget-token\tPrint an access token that works\n');
  expect(await readdir(sandbox.home)).toEqual([]);
});

test('a socket that systemd holds is not connected to, because that would start the daemon', async () => {
  const sandbox = await stopAfter(createSandbox());
  await mkdir(path.dirname(sandbox.socket), { mode: 0o700 });
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  onTestFinished(() => void server.close());
  const mask = process.umask(0o077);
  await once(server.listen(sandbox.socket), 'listening');
  process.umask(mask);
  expect(await ask(sandbox, 'get-token', '')).toMatchObject(NOTHING);
  expect(connections).toBe(0);
});

test('a daemon that does not answer is waited for only shortly', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { child } = await sandbox.startDaemon();
  child.kill('SIGSTOP');
  onTestFinished(() => void child.kill('SIGCONT'));
  expect(await ask(sandbox, 'get-token', '')).toMatchObject(NOTHING);
});

test('a locked vault stays locked, and shows no names', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { socket } = await sandbox.startDaemon();
  const api = sandbox.holds(await connect({ socket }));
  await api.setSecret({ key: 'openai/key', value: 'canary-value' });
  expect((await ask(sandbox, 'secret', 'get', '')).stdout).toBe('word\topenai/key\t\n');
  await api.vaultSetPassword({ password: 'correct horse battery staple', only: true });
  await api.lock();
  expect(await ask(sandbox, 'secret', 'get', '')).toMatchObject(NOTHING);
  expect((await api.status()).vault.state).toBe('locked');
});

test('within a grant there is nothing that was not granted', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { socket } = await sandbox.startDaemon();
  const api = sandbox.holds(await connect({ socket }));
  await api.setSecret({ key: 'openai/key', value: 'canary-value' });
  const door = await api.openDoor({ grants: ['secret://openai/key'] });
  const words = ['completion', 'bash', '--', 'sigilforge', 'secret', 'get', ''];
  expect(await sandbox.run(words, { env: { SIGILFORGE_SOCKET: door.socket } })).toMatchObject(NOTHING);
});

test('without a shell it says how to install it in each; an unknown shell is an error', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { stdout } = await sandbox.run(['completion']);
  expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(['bash', 'zsh', 'fish', '']);
  expect(await sandbox.run(['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' });
});
