import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addAccount, work } from '../support/accounts.js';
import { answerWith, changeAnswer, type Fault } from '../support/provider/faults.js';
import { crash } from '../support/start/processes.js';
import { BUILT, type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { type BuiltProgram, buildProgram } from './build-program.js';

// Answers that Sigilforge cannot read, and that a newer version may be able to. The provider rotates refresh tokens and
// ends a grant whose old one comes again.

const WAIT = { timeout: 20_000, interval: 25 };
const refreshes = { grantType: 'refresh_token' };

/** What no version reads: one bit of each byte is another. */
const unreadable: Fault = changeAnswer((answer) => ({
  ...answer,
  body: Buffer.from(Buffer.from(answer.body).map((byte) => byte ^ 1)),
}));

describe.each<[string, Fault]>([
  ['bytes of no known form', unreadable],
  [
    'XML',
    changeAnswer((answer) => ({ ...answer, body: `<answer>${answer.body.replaceAll('"', '')}</answer>` })),
  ],
  ['tokens beside an error', changeAnswer((answer) => ({ ...answer, body: withError(answer.body) }))],
  ['a list of two', changeAnswer((answer) => ({ ...answer, body: `[${answer.body},{}]` }))],
])('%s', (_, fault) => {
  test('the answer is kept, sealed, and the next dead grant says that it may be spent', async () => {
    const scene = await stopAfter(startScene());
    await addAccount(scene.api);
    scene.proxy.plan(fault, refreshes);
    await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
    // It is not sent again at once: a refresh token that comes twice ends the grant.
    expect(scene.exchanges).toBe(1);
    expect(scene.provider.counts.reuse).toBe(0);
    expect(stored.read(scene.sandbox.home).outcomes).toEqual(['unknown']);
    const [name = '', ...others] = await readdir(rescueOf(scene));
    expect(others).toEqual([]);
    expect((await readFile(path.join(rescueOf(scene), name))).toString('latin1')).not.toContain(
      'access_token',
    );
    const { answers } = await scene.api.listUnreadAnswers();
    expect(answers).toMatchObject([work]);

    scene.proxy.plan(answerWith(400, { error: 'invalid_grant' }), refreshes);
    await expect(scene.api.refreshToken(work)).rejects.toMatchObject({
      kind: 'auth_required',
      message: expect.stringMatching(/could not be read and is kept .* may have been spent/),
    });
  });
});

test('a folder that cannot be read meanwhile keeps no failure from being recorded, and the answer comes into it later', async () => {
  const scene = await stopAfter(startScene());
  await addAccount(scene.api);
  const folder = rescueOf(scene);
  mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
  const swapped = changeAnswer((answer) => {
    writeFileSync(folder, 'no folder', { mode: 0o600 });
    return { ...answer, body: 'nothing that could be read' };
  });
  scene.proxy.plan(swapped, refreshes);
  await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
  expect(stored.read(scene.sandbox.home).outcomes).toEqual(['unknown']);
  // Whether an answer is kept cannot be said now, so nothing is sent.
  await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'store_unavailable' });
  await expect(scene.api.listUnreadAnswers()).rejects.toMatchObject({ kind: 'store_unavailable' });
  expect(scene.exchanges).toBe(1);
  rmSync(folder);
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), WAIT);
});

test('a maintenance page is kept too, and the grant lives on', async () => {
  const scene = await stopAfter(startScene());
  await addAccount(scene.api);
  scene.proxy.plan(answerWith(200, '<h1>Back soon</h1>', { 'content-type': 'text/html' }), refreshes);
  await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
  const { access_token } = await scene.api.refreshToken(work);
  expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
  // The grant has a successor, so that nothing can come of the page.
  expect(await scene.api.listUnreadAnswers()).toEqual({ answers: [], cursor: null });
  expect(await readdir(rescueOf(scene))).toEqual([]);
});

test('pages for days do not fill the disk, and the first answer stays', async () => {
  const scene = await stopAfter(startScene());
  await addAccount(scene.api);
  scene.proxy.plan(answerWith(200, '<h1>Back soon</h1>'), { ...refreshes, times: 20 });
  await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
  const [first] = await readdir(rescueOf(scene));
  for (let i = 1; i < 20; i++)
    await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
  const kept = await readdir(rescueOf(scene));
  expect(kept).toHaveLength(16);
  expect(kept).toContain(first);
});

test('an unread answer to a sign-in is not kept: there is no grant yet', async () => {
  const scene = await stopAfter(startScene());
  scene.proxy.plan(answerWith(200, 'noise'), { grantType: 'authorization_code' });
  await expect(addAccount(scene.api)).rejects.toMatchObject({ kind: 'refresh_failed' });
  expect(await scene.api.listUnreadAnswers()).toEqual({ answers: [], cursor: null });
});

describe('a newer version that can read the answer', () => {
  let older: BuiltProgram;

  beforeAll(async () => {
    older = await buildProgram('older-daemon', {
      file: 'answer-body.ts',
      from: 'readForm(answer.complete === false ? withoutLast(text) : text) ??',
      to: '',
    });
  });
  afterAll(() => older.stop());

  /** A home whose only living refresh token is in an answer that an older version could not read. */
  async function keptByOlderVersion({
    dead = false,
  } = {}): Promise<{ scene: Scene; accessToken: string; upgrade: () => Promise<void> }> {
    let program: readonly string[] | undefined = older.command;
    const scene = await stopAfter(startScene({ program: () => program ?? BUILT }));
    await addAccount(scene.api);
    let accessToken = '';
    const asForm: Fault = changeAnswer((answer) => {
      const fields = JSON.parse(answer.body) as Record<string, string>;
      accessToken = fields['access_token'] ?? '';
      return { ...answer, body: new URLSearchParams(fields).toString() };
    });
    scene.proxy.plan(asForm, refreshes);
    await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
    if (dead) {
      scene.proxy.plan(answerWith(400, { error: 'invalid_grant' }), refreshes);
      await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
    }
    await crash(scene.daemon);
    const upgrade = (): Promise<void> => {
      program = undefined;
      return scene.start();
    };
    return { scene, accessToken, upgrade };
  }

  test('takes it at its start', async () => {
    const { scene, accessToken, upgrade } = await keptByOlderVersion();
    await upgrade();
    await vi.waitFor(async () => expect(await readdir(rescueOf(scene))).toEqual([]), WAIT);
    expect(await scene.api.getToken(work)).toMatchObject({ access_token: accessToken });
    await expectWholeGrant(scene);
  });

  test('takes it without a daemon when it is asked to', async () => {
    const { scene, accessToken, upgrade } = await keptByOlderVersion();
    const cli = async (...args: string[]) =>
      JSON.parse((await scene.sandbox.run(['unread-answers', ...args, '--direct', '--json'])).stdout);
    expect(await cli()).toMatchObject({ answers: [work] });
    expect(await cli('--retry')).toEqual({ recovered: [work], unread: 0 });
    expect(await cli()).toEqual({ answers: [], cursor: null });
    await upgrade();
    expect(await scene.api.getToken(work)).toMatchObject({ access_token: accessToken });
    await expectWholeGrant(scene);
  });

  test('takes it where the grant is known to be dead, and its key is another one', async () => {
    const { scene, accessToken, upgrade } = await keptByOlderVersion({ dead: true });
    const rotated = await scene.sandbox.run(['vault', 'rotate', '--direct', '--json']);
    expect(rotated).toMatchObject({ code: 0 });
    await upgrade();
    await vi.waitFor(
      async () => expect(await scene.api.getAccount(work)).toMatchObject({ state: 'ok' }),
      WAIT,
    );
    expect(await scene.api.getToken(work)).toMatchObject({ access_token: accessToken });
    await expectWholeGrant(scene);
  });
});

function withError(body: string): string {
  return JSON.stringify({ ...JSON.parse(body), error: 'partial_failure' });
}

function rescueOf({ sandbox }: Scene): string {
  return path.join(sandbox.home, 'state', 'rescue');
}

/** The refresh token is the newest one: the provider takes it, and has never seen one twice. */
async function expectWholeGrant({ api, provider }: Scene): Promise<void> {
  const { access_token } = await api.refreshToken(work);
  expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  expect(provider.counts.reuse).toBe(0);
}
