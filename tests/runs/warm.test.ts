import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Secret } from '../../shared/secret.js';
import { startDaemon } from '../support/start/backends.js';
import { aPeer } from '../support/start/peers.js';
import { crash, isRunning } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type ManifestPart, type RunScene, runScene, type SceneOptions, writeCapability } from './scene.js';

// Programs that are kept alive: one process serves one run after another, and each run has its own end.

/** Answers each line with what `code` makes of `args`: it has `say(response)`, `print(text)`, `warn(text)` and `pid`. */
function program(code: string): string {
  return `#!/usr/bin/env node
import { createInterface } from 'node:readline';
import { writeSync } from 'node:fs';
const { pid } = process;
const print = (text) => writeSync(1, text);
const warn = (text) => writeSync(2, text);
const seen = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { args, context } = JSON.parse(line);
  const answer = (fields) => print(JSON.stringify({ run_id: context.run_id, ...fields }) + '\\n');
  const say = (response, storage = {}) => answer({ type: 'result', response: String(response), storage });
  ${code}
}
`;
}

interface WarmScene extends RunScene {
  /** Registers one, and gives what asks it and returns its response. */
  warm(code: string, manifest?: ManifestPart): Promise<void>;
  ask(args?: unknown): Promise<string | null>;
}

async function warmScene(options: SceneOptions = {}): Promise<WarmScene> {
  const scene = await runScene(options);
  return {
    ...scene,
    warm: (code, manifest = {}) =>
      scene.add(
        'warm',
        { run: { runner: 'command', command: ['./main.mjs'], keep_alive: true }, ...manifest },
        { 'main.mjs': program(code) },
      ),
    ask: async (args = {}) => (await scene.run('warm', args)).response,
  };
}

async function untilGone(pid: number): Promise<void> {
  await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
}

test('one process serves 1,000 runs, and each has what it printed, its response and its storage', async () => {
  const scene = await warmScene();
  await scene.warm(`
    warn('warns ' + args.number + '\\n');
    print('prints ' + args.number + '\\n');
    answer({ type: 'message', role: 'assistant', content: 'says ' + args.number });
    say(pid, { count: (context.storage.count ?? 0) + 1 });`);
  const pids = new Set<string | null>();
  for (let number = 0; number < 1_000; number += 1) {
    const { run, response } = await scene.run('warm', { number });
    pids.add(response);
    expect(scene.said(run.id, 'output').sort()).toEqual([`prints ${number}`, `warns ${number}`]);
    expect(scene.said(run.id, 'assistant')).toEqual([`says ${number}`]);
  }
  expect(pids.size).toBe(1);
  await expect(
    scene.core.capabilities.storage.get({ capability: 'warm', key: 'count' }),
  ).resolves.toMatchObject({
    value: 1_000,
  });
}, 120_000);

test.each([
  ['with a status', 'process.exit(3)', 'Its program ended with status 3.'],
  [
    'by a signal',
    'process.kill(pid, "SIGKILL"); await new Promise(() => {})',
    'Its program was ended by SIGKILL.',
  ],
  [
    'in the middle of a line',
    `print('{"type":"result","respon'); process.exit(0)`,
    'Its program ended without a result.',
  ],
])('a program that ends %s fails that run only', async (_, end, error) => {
  const scene = await warmScene();
  await scene.warm(`if (args.end) { ${end} } else say(pid);`);
  const first = await scene.ask();
  expect((await scene.run('warm', { end: true })).run).toMatchObject({ status: 'failed', error });
  const next = await scene.ask();
  expect(next).toMatch(/^[0-9]+$/);
  expect(next).not.toBe(first);
});

test.each([
  ['a part of a line', `say(pid); print('half of ' + pid)`],
  ['a second answer', 'say(pid); say("again")'],
  [
    'an answer for another run',
    `say(pid); setTimeout(() => print('{"type":"result","response":"late","run_id":"x"}\\n'), 1)`,
  ],
])('what comes after an answer is not the next run’s: %s', async (_, code) => {
  const scene = await warmScene();
  await scene.warm(code);
  const first = await scene.run('warm');
  expect(first.run.status).toBe('completed');
  await untilGone(Number(first.response));
  const second = await scene.run('warm');
  expect(second.run.status).toBe('completed');
  expect(second.response).not.toBe(first.response);
  expect(scene.said(second.run.id, 'output')).not.toContain(`half of ${first.response}`);
});

test('an answer that names no run, or another one, fails the run and ends the program', async () => {
  const scene = await warmScene();
  await scene.warm(`seen.push(context.run_id);
    if (args.how === 'none') print('{"type":"result","response":"done"}\\n');
    else if (args.how === 'other') print(JSON.stringify({ type: 'result', response: 'done', run_id: seen[0] }) + '\\n');
    else say(pid);`);
  const first = await scene.ask();
  for (const how of ['other', 'none']) {
    const { run } = await scene.run('warm', { how });
    expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('run_id') });
  }
  expect(await scene.ask()).not.toBe(first);
  await untilGone(Number(first));
});

test('messages for a run that is over are not the next one’s', async () => {
  const scene = await warmScene();
  await scene.warm(`seen.push(context.run_id);
    print(JSON.stringify({ type: 'message', content: 'for the first', run_id: seen[0] }) + '\\n');
    say(pid);`);
  const first = await scene.run('warm');
  const second = await scene.run('warm');
  expect(second.response).toBe(first.response);
  expect(scene.said(first.run.id, 'assistant')).toEqual(['for the first']);
  expect(scene.said(second.run.id, 'assistant')).toEqual([]);
});

test('a run that is cancelled, or takes too long, ends its program, and the next has a new one', async () => {
  const scene = await warmScene();
  await scene.warm(
    `if (args.wait) { print('pid ' + pid + '\\n'); await new Promise((resolve) => setTimeout(resolve, 60_000)); } else say(pid);`,
    {
      timeout_s: 2,
    },
  );
  const first = await scene.ask();
  expect((await scene.run('warm', { wait: true })).run).toMatchObject({
    status: 'cancelled',
    exit_code: null,
  });
  await untilGone(Number(first));
  const second = await scene.ask();
  const id = await scene.start('warm', { wait: true });
  await scene.heard(id, `pid ${second}`);
  await scene.core.runs.cancel(id);
  expect(scene.core.history.get(id).run.status).toBe('cancelled');
  await untilGone(Number(second));
  expect(await scene.ask()).not.toBe(second);
});

test('two runs at once have a process each, and their lines are never mixed', async () => {
  const scene = await warmScene();
  await scene.warm(
    `for (let line = 0; line < 200; line += 1) {
      print(args.name + '\\n');
      warn(args.name + '\\n');
      if (line % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    say(pid);`,
    { concurrent: true },
  );
  const runs = await Promise.all(['one', 'two', 'three'].map((name) => scene.run('warm', { name })));
  expect(new Set(runs.map(({ response }) => response)).size).toBe(3);
  for (const [index, name] of ['one', 'two', 'three'].entries()) {
    expect(scene.said(runs[index]?.run.id ?? '', 'output')).toEqual(Array(400).fill(name));
  }
});

test('a program that waits is ended when a secret, a grant or what is trusted changes', async () => {
  const scene = await warmScene();
  await scene.warm('say(pid);');
  const { ownSecrets, granted, registry } = scene.core.capabilities;
  const changes: (() => Promise<unknown>)[] = [
    () => ownSecrets.setAll('warm', new Map([['KEY', new Secret('a-new-value')]])),
    () => ownSecrets.delete('warm', 'KEY'),
    () => granted.grant('warm', 'secret://extra'),
    () => granted.revoke('warm', 'secret://extra'),
    async () => scene.core.runs.changed(registry.find('warm').id),
    () => scene.core.vaultKeys.lock(),
  ];
  for (const change of changes) {
    const pid = await scene.ask();
    expect(await scene.ask()).toBe(pid);
    await change();
    await untilGone(Number(pid));
    await scene.core.vaultKeys.unlock(undefined, aPeer());
  }
});

test('a change during a run ends its program after it', async () => {
  const scene = await warmScene();
  await scene.warm(`print('begun\\n'); await new Promise((resolve) => setTimeout(resolve, 500)); say(pid);`);
  const id = await scene.start('warm');
  await scene.heard(id, 'begun');
  await scene.core.capabilities.ownSecrets.setAll('warm', new Map([['KEY', new Secret('a-new-value')]]));
  const { run, response } = await scene.wait(id);
  expect(run.status).toBe('completed');
  await untilGone(Number(response));
});

test('files that changed stop the next run, though the program that was trusted is still warm', async () => {
  const scene = await warmScene();
  await scene.warm('say(pid);');
  await scene.ask();
  mkdirSync(`${scene.sandbox.home}/made/warm/more`, { mode: 0o700 });
  const { path } = scene.core.capabilities.registry.find('warm');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${path}/more/file`, 'new', { mode: 0o600 });
  await expect(scene.run('warm')).rejects.toMatchObject({ kind: 'integrity' });
});

test('one that has waited too long is ended', async () => {
  const scene = await warmScene({ runIdleMs: 300 });
  await scene.warm('say(pid);');
  await untilGone(Number(await scene.ask()));
  expect(await scene.ask()).toMatch(/^[0-9]+$/);
});

test('a value that one run was given is redacted in what a later one says', async () => {
  const scene = await warmScene();
  await scene.warm(`if (args.value) seen.push(args.value); say('It was ' + seen[0]);`);
  await scene.ask({});
  const id = await scene.start('warm', { value: 'canary-value-41' });
  await scene.wait(id);
  scene.doors.at(-1)?.run.released(new Secret('canary-value-41'), 'utf8');
  expect(await scene.ask()).toBe('It was [redacted]');
});

test('its door is open for the run that it works for, and for no other', async () => {
  const scene = await warmScene();
  await scene.warm(`print('begun\\n'); await new Promise((resolve) => setTimeout(resolve, 300)); say(pid);`);
  for (let round = 0; round < 2; round += 1) {
    const id = await scene.start('warm');
    await scene.heard(id, 'begun');
    expect(scene.doors.at(-1)?.run.runId).toBe(id);
    await scene.wait(id);
  }
  expect(scene.doors).toHaveLength(1);
  expect(scene.doors[0]?.run.runId).toBe('');
});

test('a daemon that ends leaves none that waits, even if it ignores SIGTERM', async () => {
  const scene = await warmScene();
  await scene.warm(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); say(pid);`);
  const pid = Number(await scene.ask());
  await scene.core.close();
  expect(await isRunning(pid)).toBe(false);
});

test('a program that waits when its daemon is killed is ended by the next one', async () => {
  const { sandbox, api, daemon } = await stopAfter(startDaemon());
  const code = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); say(pid);`;
  const run = { runner: 'command', command: ['./main.mjs'], keep_alive: true };
  await api.registerCapability({
    path: writeCapability(sandbox.home, 'warm', { run }, { 'main.mjs': program(code) }),
  });
  const { response } = await api.runCapability({ name: 'warm', wait: true });
  await crash(daemon);
  expect(await isRunning(Number(response))).toBe(true);
  await sandbox.startDaemon();
  await untilGone(Number(response));
});
