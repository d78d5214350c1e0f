import { appendFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../client/index.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import { addBot, type Bot, botOf, heard, printed, running, runsOf, shown, until } from './scene.js';

/** With a child that only the marker of its run finds, each with this word. */
const withChild = (word: string) =>
  `( setsid sleep ${word} & )\necho "pid $$"\necho up\nexec sleep ${word}\n`;

async function scene() {
  const backend = await stopAfter(startDaemon());
  return { ...backend, home: backend.sandbox.home };
}

async function startAgain({ sandbox }: Pick<DaemonBackend, 'sandbox'>) {
  const daemon = await sandbox.startDaemon();
  const api = await connect({ socket: daemon.socket });
  await stopAfter({ stop: () => api.close() });
  return { api, daemon };
}

/** The program that is up. */
function pidOf(home: string, name: string): number {
  return Number(
    printed(home, name)
      .findLast((line) => line.startsWith('pid '))
      ?.slice(4),
  );
}

test.each([
  ['the daemon', true, false, '70001'],
  ['the bot', false, true, '70002'],
  ['the bot and the daemon', true, true, '70003'],
])('after SIGKILL of %s it is up again, once', async (_, killsDaemon, killsBot, word) => {
  const first = await scene();
  const { home } = first;
  await addBot(first, 'watcher', withChild(word));
  await first.api.startCapability({ name: 'watcher' });
  await heard(home, 'watcher', 'up');
  if (killsBot) process.kill(pidOf(home, 'watcher'), 'SIGKILL');
  if (killsDaemon) await crash(first.daemon);
  const { api } = killsDaemon ? await startAgain(first) : first;
  await heard(home, 'watcher', 'up', 2);
  await until(api, 'watcher', { service: 'running' });
  await expect.poll(() => running(word).length, { timeout: 10_000 }).toBe(2);
  const [now, before] = await runsOf(api, 'watcher');
  expect(now).toMatchObject({ status: 'running' });
  expect(before?.status).toMatch(killsDaemon ? /^(interrupted|failed)$/ : /^failed$/);
  await api.stopCapability({ name: 'watcher' });
  expect(running(word)).toEqual([]);
});

test('it ends with the daemon and is up with the next one, and one that was stopped stays stopped', async () => {
  const first = await scene();
  const { home, daemon } = first;
  await addBot(first, 'up', withChild('70004'));
  await addBot(first, 'down', withChild('70005'));
  for (const name of ['up', 'down']) await first.api.startCapability({ name });
  await heard(home, 'up', 'up');
  await first.api.stopCapability({ name: 'down' });
  await first.api.shutdown();
  await daemon.exited;
  expect([...running('70004'), ...running('70005')]).toEqual([]);
  const { api } = await startAgain(first);
  await until(api, 'up', { service: 'running', restarts: 0 });
  expect((await runsOf(api, 'up')).map(({ status }) => status)).toEqual(['running', 'interrupted']);
  expect(await botOf(api, 'down')).toMatchObject({ service: 'stopped' });
  expect(await runsOf(api, 'down')).toHaveLength(1);
});

test('the delays of one that always fails grow, and it is stopped at once during one', async () => {
  const { api, home } = await scene();
  await addBot({ api, home }, 'fails', 'exit 3\n');
  await api.startCapability({ name: 'fails' }).catch(() => undefined);
  const seen = new Map<number, Bot>();
  await expect
    .poll(
      async () => {
        const bot = await botOf(api, 'fails');
        if (bot.next_start_at !== null) seen.set(bot.restarts, bot);
        return seen.size;
      },
      { timeout: 30_000, interval: 20 },
    )
    .toBe(3);
  const starts = [...seen.values()].map((bot) => Date.parse(bot.next_start_at ?? ''));
  const [first = 0, second = 0, third = 0] = starts;
  expect(second - first).toBeGreaterThanOrEqual(2_000);
  expect(third - second).toBeGreaterThanOrEqual(4_000);
  const stopped = shown((await api.stopCapability({ name: 'fails' })).capability);
  expect(stopped).toMatchObject({ service: 'stopped', next_start_at: null, error: null });
  expect(await runsOf(api, 'fails')).toHaveLength(3);
});

test('one whose files changed fails with that, and comes up once they are trusted', async () => {
  const { api, home } = await scene();
  const folder = await addBot({ api, home }, 'watcher', withChild('70006'));
  appendFileSync(path.join(folder, 'main'), '# changed\n');
  await expect(api.startCapability({ name: 'watcher' })).rejects.toMatchObject({ kind: 'integrity' });
  const failing = await botOf(api, 'watcher');
  expect(failing).toMatchObject({ service: 'failing', error: expect.stringContaining('main') });
  expect(await runsOf(api, 'watcher')).toEqual([]);
  await api.trustCapability({ name: 'watcher' });
  await until(api, 'watcher', { service: 'running' });
});

test('a locked vault keeps it from being started, until that is open', async () => {
  const first = await scene();
  const { daemon } = first;
  await addBot(first, 'watcher', withChild('70007'));
  await first.api.startCapability({ name: 'watcher' });
  await first.api.lock();
  await first.api.shutdown();
  await daemon.exited;
  const { api } = await startAgain(first);
  await until(api, 'watcher', { service: 'failing', error: expect.stringContaining('vault') });
  await api.unlock({});
  await until(api, 'watcher', { service: 'running' });
});

test('many calls at once are taken in turn, and the last one decides', async () => {
  const { api, home } = await scene();
  await addBot({ api, home }, 'watcher', withChild('70008'));
  const calls = ['startCapability', 'stopCapability', 'restartCapability'] as const;
  for (const last of ['stopCapability', 'startCapability'] as const) {
    const all = Array.from({ length: 20 }, (_, index) => calls[index % 3] ?? last);
    await Promise.all([...all.slice(0, 19), last].map((method) => api[method]({ name: 'watcher' })));
    const isUp = last === 'startCapability';
    expect(await botOf(api, 'watcher')).toMatchObject({ service: isUp ? 'running' : 'stopped' });
    await expect.poll(() => running('70008').length).toBe(isUp ? 2 : 0);
  }
});

test('it ends when it is disabled and is up when it is enabled; when it is removed, nothing is left of it', async () => {
  const { api, home } = await scene();
  await addBot({ api, home }, 'watcher', withChild('70009'));
  await api.startCapability({ name: 'watcher' });
  await api.setCapabilityActive({ name: 'watcher', active: false });
  expect(running('70009')).toEqual([]);
  expect(await botOf(api, 'watcher')).toMatchObject({ service: 'stopped' });
  await api.setCapabilityActive({ name: 'watcher', active: true });
  expect(await botOf(api, 'watcher')).toMatchObject({ service: 'running' });
  await heard(home, 'watcher', 'up');
  const { transcript } = await botOf(api, 'watcher');
  await api.removeCapability({ name: 'watcher' });
  expect(running('70009')).toEqual([]);
  expect(printed(home, 'watcher')).toContain('up');
  rmSync(transcript);
});
