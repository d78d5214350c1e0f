import { beforeEach, expect, test } from 'vitest';
import { addBot, heard, STAYS } from '../bots/scene.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// What a person does with bots, by commands.

let backend: DaemonBackend;
let home: string;
beforeEach(async () => {
  backend = await startDaemon();
  home = backend.sandbox.home;
  await addBot({ api: backend.api, home }, 'watcher', STAYS);
  return () => backend.stop();
});

const command = (...args: string[]) => backend.sandbox.run(['capability', ...args]);
const says = (state: string) => ({
  code: 0,
  stdout: '',
  stderr: expect.stringMatching(
    new RegExp(`^sigilforge: watcher is ${state}[.] It says what it does in ${home}/.*[.]jsonl\n$`),
  ),
});

test('start, stop and restart say how it stands and where its transcript is', async () => {
  expect(await command('start', 'watcher')).toMatchObject(says('running'));
  await heard(home, 'watcher', 'up');
  expect(await command('restart', 'watcher')).toMatchObject(says('running'));
  await heard(home, 'watcher', 'up', 2);
  expect(await command('stop', 'watcher')).toMatchObject(says('stopped'));
  const { stdout } = await command('start', 'watcher', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ capability: { name: 'watcher', service: 'running' } });
});

test('show has what is known about it, and list how it stands', async () => {
  expect((await command('list')).stdout).toMatch(/^watcher\t1[.]0[.]0\tcommand\tcreated\ttrue\t/);
  await command('start', 'watcher');
  expect((await command('list')).stdout).toMatch(/^watcher\t1[.]0[.]0\tcommand\trunning\ttrue\t/);
  const { stdout } = await command('show', 'watcher');
  expect(stdout).toMatch(/^service\trunning$/m);
  expect(stdout).toMatch(/^bot[.]since\t2\d{3}-/m);
  expect(stdout).toMatch(/^bot[.]restarts\t0$/m);
  expect(stdout).toMatch(/^bot[.]transcript\t\/.*[.]jsonl$/m);
});

test('what a bot that is up does not have yet is said', async () => {
  const hint = 'Restart it with: sigilforge capability restart watcher';
  expect((await command('grant', 'watcher', 'secret://one')).stderr).not.toContain(hint);
  await command('start', 'watcher');
  expect((await command('grant', 'watcher', 'secret://two')).stderr).toContain(hint);
  expect((await command('trust', 'watcher', '--yes')).stderr).toContain(hint);
  const set = ['capability', 'secret', 'set', 'watcher', 'KEY'];
  expect((await backend.sandbox.run(set, { input: 'a value' })).stderr).toContain(hint);
});

test('a bot is not run, and only bots are started', async () => {
  expect(await command('run', 'watcher')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('hint: Start it with: sigilforge capability start watcher'),
  });
  await addBot({ api: backend.api, home }, 'weather', STAYS, { service: false });
  expect(await command('start', 'weather')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('hint: Run it with: sigilforge capability run weather'),
  });
  expect((await command('disable', 'watcher')).stderr).toBe('sigilforge: watcher runs no more.\n');
  expect(await command('start', 'watcher')).toMatchObject({ code: 7 });
});
