import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GRANT_POINTS, type TracePoint } from '../../daemon/core/platform/trace.js';
import type { AccessToken } from '../../shared/contract/index.js';
import { addAccount, begin, signInExpired, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { changeAnswer, holdAnswer } from '../support/provider/faults.js';
import { signIn } from '../support/provider/person.js';
import { crash } from '../support/start/processes.js';
import { type Scene, startScene } from '../support/start/scene.js';
import * as stored from '../support/stored.js';
import { type BuiltProgram, buildProgram } from './build-program.js';

// A daemon that ends itself by SIGKILL at one of its fault points, and what the next one finds.

const LIMIT = 60_000;

/** What no client can prevent: the provider has spent the refresh token, and its answer was lost with the process. */
const LOST =
  'example/work must be signed in again: An earlier answer from the provider did not arrive whole, so the refresh token may ' +
  'have been spent on it. example refused: invalid_grant, grant request is invalid.';

let crashing: BuiltProgram;
let scene: Scene;
const reached = new Set<string>();

beforeAll(async () => {
  crashing = await buildProgram('crashing-daemon');
});
afterAll(() => crashing.stop());

beforeEach(async () => {
  scene = await startScene();
  return () => scene.stop();
});

describe('in a refresh', () => {
  test.each<{ at: TracePoint; exchanges: number; outcomes: string[] }>([
    // Nothing was sent.
    { at: 'refresh.leased', exchanges: 1, outcomes: ['stored'] },
    { at: 'refresh.journaled', exchanges: 1, outcomes: ['unknown', 'stored'] },
    // The answer is in the database.
    { at: 'refresh.committed', exchanges: 1, outcomes: ['stored'] },
  ])(
    'after a crash at $at the token is there',
    async ({ at, exchanges, outcomes }) => {
      await signInExpired(scene);
      await crashAt(at, () => scene.api.getToken(work));
      await expectGoodGrant({ exchanges, outcomes });
    },
    LIMIT,
  );

  test.each<{ at: TracePoint }>([
    // Between the answer and its commit.
    { at: 'refresh.answered' },
    { at: 'refresh.committing' },
  ])(
    'after a crash at $at the answer is lost, and every error says so',
    async ({ at }) => {
      await signInExpired(scene);
      await crashAt(at, () => scene.api.getToken(work));
      await expectLostGrant();
    },
    LIMIT,
  );

  test(
    'after a crash with a request on its way the answer is lost, and every error says so',
    async () => {
      await signInExpired(scene);
      const never = gate();
      const held = scene.proxy.plan(holdAnswer(never.opened), { grantType: 'refresh_token' });
      const asking = expect(scene.api.getToken(work)).rejects.toMatchObject({ kind: 'daemon_unavailable' });
      await held.reached;
      await expect
        .poll(() => scene.provider.requests.at(-1))
        .toMatchObject({ grantType: 'refresh_token', status: 200 });
      await crash(scene.daemon);
      await asking;
      never.open();
      await scene.sandbox.startDaemon();
      await expectLostGrant();
    },
    LIMIT,
  );

  test(
    'an answer that could not be stored outlives a crash, and another one while it is adopted',
    async () => {
      await signInExpired(scene);
      await crashAt('refresh.rescued', () => askWithBlockedStore(), { restart: false });
      expect(await rescued()).toHaveLength(1);
      // It adopts what it finds when it starts.
      await crashAt('refresh.adopting', async () => {});
      await expectGoodGrant({ exchanges: 1, outcomes: ['stored'] });
    },
    LIMIT,
  );

  test(
    'an answer that could not be read outlives a crash',
    async () => {
      await signInExpired(scene);
      const unreadable = changeAnswer((answer) => ({
        ...answer,
        body: Buffer.from(Buffer.from(answer.body).map((byte) => byte ^ 1)),
      }));
      scene.proxy.plan(unreadable, { grantType: 'refresh_token' });
      await crashAt('refresh.kept_unread', () => scene.api.getToken(work));
      expect(await scene.api.listUnreadAnswers()).toMatchObject({ answers: [work] });
      expect(scene.exchanges).toBe(1);
    },
    LIMIT,
  );
});

describe('in a sign-in', () => {
  test.each<{ at: TracePoint; kept: boolean }>([
    { at: 'sign_in.answered', kept: false },
    { at: 'sign_in.committing', kept: false },
    { at: 'sign_in.committed', kept: true },
  ])(
    'after a crash at $at the account is whole or not there',
    async ({ at, kept }) => {
      await crashAt(at, () => signInAndLose());
      if (kept) expect(await scene.api.getAccount(work)).toMatchObject({ state: 'ok' });
      else {
        await expect(scene.api.getAccount(work)).rejects.toMatchObject({ kind: 'not_found' });
        await addAccount(scene.api);
      }
      await expectGoodGrant({ exchanges: 0, outcomes: [] });
    },
    LIMIT,
  );

  test.each<{ at: TracePoint; generation: number }>([
    { at: 'sign_in.answered', generation: 1 },
    { at: 'sign_in.committing', generation: 1 },
    { at: 'sign_in.committed', generation: 2 },
  ])(
    'after a crash at $at in a second sign-in the old grant or the new one is there',
    async ({ at, generation }) => {
      await addAccount(scene.api);
      await crashAt(at, () => signInAndLose({ replace: true }));
      expect(stored.read(scene.sandbox.home).accounts).toMatchObject([{ generation }]);
      await expectGoodGrant({ exchanges: 0, outcomes: [] });
    },
    LIMIT,
  );
});

test('every point was reached', () => {
  expect([...reached].toSorted()).toEqual([...GRANT_POINTS].toSorted());
});

/** Has a daemon of its own crash at a point in the middle of `work`, and another one started in its place. */
async function crashAt(
  point: TracePoint,
  work: () => Promise<unknown>,
  { restart = true }: { restart?: boolean } = {},
): Promise<void> {
  const { sandbox, daemon } = scene;
  await crash(daemon);
  const env = { SIGILFORGE_CRASH_AT: point };
  const running = sandbox.spawn(crashing.command, { env, input: '' });
  await running.seen(/ready|reached/, 'stdout');
  await work().catch(() => {});
  const { signal, stdout } = await running.exited;
  expect({ signal, stdout }).toMatchObject({
    signal: 'SIGKILL',
    stdout: expect.stringContaining(`reached ${point}\n`),
  });
  reached.add(point);
  expect(stored.read(sandbox.home).integrity).toBe('ok');
  if (restart) await sandbox.startDaemon();
}

/** Another program keeps the database from the moment on in which the provider has answered. */
async function askWithBlockedStore(): Promise<void> {
  const answer = gate();
  const held = scene.proxy.plan(holdAnswer(answer.opened), { grantType: 'refresh_token' });
  const asking = scene.api.getToken(work);
  await held.reached;
  const unblock = stored.blockWrites(scene.sandbox.home);
  answer.open();
  await asking.finally(unblock);
}

async function signInAndLose(params: { replace?: boolean } = {}): Promise<void> {
  const { address } = await begin(scene.api, params);
  await signIn(address);
}

/** The token is good without more exchanges than these, and the grant is good for another one. */
async function expectGoodGrant(expected: { exchanges: number; outcomes: string[] }): Promise<void> {
  const token = await scene.api.getToken(work);
  await expectActive(token);
  const { home } = scene.sandbox;
  expect({ exchanges: scene.exchanges, outcomes: stored.read(home).outcomes }).toEqual(expected);
  const next = await scene.api.refreshToken(work);
  expect(next.access_token).not.toBe(token.access_token);
  await expectActive(next);
  expect(scene.provider.counts.reuse).toBe(0);
  expect(await rescued()).toEqual([]);
  expect(stored.read(home).integrity).toBe('ok');
}

async function expectLostGrant(): Promise<void> {
  const { api, sandbox } = scene;
  const error = { kind: 'auth_required', message: LOST };
  // The first one by the provider's refusal, the second one by what is stored of it.
  await expect(api.getToken(work)).rejects.toMatchObject(error);
  await expect(api.getToken(work)).rejects.toMatchObject(error);
  expect(stored.read(sandbox.home)).toMatchObject({
    integrity: 'ok',
    accounts: [{ state: 'needs_auth' }],
    outcomes: ['unknown', 'refused'],
  });
  expect({ exchanges: scene.exchanges, rescued: await rescued() }).toEqual({ exchanges: 2, rescued: [] });
  await addAccount(api, { replace: true });
  await expectActive(await api.refreshToken(work));
}

async function expectActive({ access_token }: AccessToken): Promise<void> {
  expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
}

async function rescued(): Promise<string[]> {
  return readdir(path.join(scene.sandbox.home, 'state', 'rescue')).catch(() => []);
}
