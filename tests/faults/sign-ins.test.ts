import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import {
  ACCOUNT,
  addAccount,
  begin,
  completed,
  isPending,
  SERVICE,
  signInExpired,
  work,
} from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { answerWith, cutAfter, type Fault } from '../support/provider/faults.js';
import { signIn } from '../support/provider/person.js';
import { type Scene, startScene } from '../support/start/scene.js';
import * as stored from '../support/stored.js';

// Sign-ins that meet each other, and sign-ins and removals that meet a refresh.

const LIMIT = 60_000;

let scene: Scene;

beforeEach(async () => {
  scene = await startScene();
  return () => scene.stop();
});

describe('one pending flow for each account', () => {
  test(
    'a caller that asks for the same joins it, over any connection',
    async () => {
      const [one, other] = [scene.api, await scene.connect()];
      const all = await Promise.all([begin(one), begin(other), begin(one), begin(other)]);
      expect(new Set(all.map(({ flowId }) => flowId)).size).toBe(1);
      expect(new Set(all.map(({ address }) => address)).size).toBe(1);
      const waiting = [completed(one, all[0].flowId), completed(other, all[0].flowId)];
      await signIn(all[0].address);
      const [account, same] = await Promise.all(waiting);
      expect(account).toMatchObject({ ...work, state: 'ok' });
      expect(same).toEqual(account);
      expect(scene.provider.counts.token['authorization_code']).toBe(1);
    },
    LIMIT,
  );

  test(
    'a caller that asks for something else is told its id',
    async () => {
      const { flowId } = await begin(scene.api);
      const other = await scene.connect();
      await expect(begin(other, { scopes: ['openid', 'email'] })).rejects.toMatchObject({
        kind: 'already_exists',
        message: expect.stringContaining(flowId),
      });
      // An account of another name is none of its business.
      expect((await begin(other, { account: 'home' })).flowId).not.toBe(flowId);
      expect(await isPending(scene.api, flowId)).toBe(true);
    },
    LIMIT,
  );

  test(
    'a waiter that leaves takes only itself away, and the last one ends it',
    async () => {
      const [one, other] = [await scene.connect(), await scene.connect()];
      const { flowId } = await begin(one);
      await begin(other);
      await leaveWhileWaiting(one, flowId);
      expect(await isPending(scene.api, flowId)).toBe(true);
      await leaveWhileWaiting(other, flowId);
      await expect(scene.api.waitFlow({ flow_id: flowId })).rejects.toMatchObject({ kind: 'cancelled' });
      // Nothing of it is in the way of the next one.
      await addAccount(scene.api);
    },
    LIMIT,
  );

  test(
    'it ends with its last client, whether that was waiting or not',
    async () => {
      const [one, other] = [await scene.connect(), await scene.connect()];
      const { flowId, redirectUri } = await begin(one);
      await begin(other);
      await one.close();
      expect(await isPending(scene.api, flowId)).toBe(true);
      await other.close();
      await vi.waitFor(() =>
        expect(scene.api.waitFlow({ flow_id: flowId, timeout_s: 0 })).rejects.toMatchObject({
          kind: 'cancelled',
        }),
      );
      await expect(fetch(redirectUri)).rejects.toThrow();
    },
    LIMIT,
  );

  test(
    'one that only looks on does not end it by leaving',
    async () => {
      const { flowId, address } = await begin(scene.api);
      const waiting = completed(scene.api, flowId);
      await leaveWhileWaiting(await scene.connect(), flowId);
      expect(await isPending(scene.api, flowId)).toBe(true);
      await signIn(address);
      expect(await waiting).toMatchObject(work);
    },
    LIMIT,
  );
});

describe('while a refresh is under way', () => {
  test(
    'a removal waits for its answer, and revokes it',
    async () => {
      await addAccount(scene.api, { account: 'other' });
      await signInExpired(scene);
      const answer = holdTokens();
      const asking = scene.api.getToken(work);
      const tokens = await answer.given;
      const removal = scene.api.removeAccount(work);
      // Time enough for a whole removal, of an account that is not being refreshed.
      await scene.api.removeAccount({ service: SERVICE, account: 'other' });
      await scene.api.getAccount(work);
      answer.release();
      expect(await removal).toEqual({ removed: true, revoked: true, notices: [] });
      expect(await asking).toMatchObject({ access_token: tokens.access_token });
      await expectRevoked(tokens);
      expect(stored.read(scene.sandbox.home)).toMatchObject({ integrity: 'ok', accounts: [], outcomes: [] });
      expect(scene.exchanges).toBe(1);
    },
    LIMIT,
  );

  test(
    'an answer that finds its account gone is revoked, and stored nowhere',
    async () => {
      await signInExpired(scene);
      const answer = holdTokens();
      const asking = expect(scene.api.getToken(work)).rejects.toMatchObject({ kind: 'not_found' });
      const tokens = await answer.given;
      stored.deleteAccounts(scene.sandbox.home);
      answer.release();
      await asking;
      await expectRevoked(tokens);
      expect(stored.read(scene.sandbox.home)).toMatchObject({ integrity: 'ok', accounts: [], outcomes: [] });
    },
    LIMIT,
  );

  test(
    'a new sign-in is stored after its answer, and is what counts',
    async () => {
      await signInExpired(scene);
      const answer = holdTokens();
      const asking = scene.api.getToken(work);
      await answer.given;
      const { flowId, address } = await begin(scene.api, { replace: true });
      const page = signIn(address);
      await expect.poll(() => scene.provider.counts.token['authorization_code']).toBe(2);
      expect(await isPending(scene.api, flowId)).toBe(true);
      answer.release();
      expect((await page).text).toContain('Signed in');
      expect(await completed(scene.api, flowId)).toMatchObject({ ...work, state: 'ok' });
      await asking;
      // The first sign-in, the expiry that the test brought about, the refresh, and the second sign-in.
      expect(stored.read(scene.sandbox.home)).toMatchObject({
        accounts: [{ generation: 4 }],
        outcomes: ['stored'],
      });
      await expectGoodGrant();
      expect(scene.exchanges).toBe(2);
    },
    LIMIT,
  );
});

test(
  'a refresh token that an account has is not imported, and not even tried',
  async () => {
    const answer = holdTokens('authorization_code');
    answer.release();
    await addAccount(scene.api);
    const { refresh_token } = await answer.given;
    for (const account of ['other', ACCOUNT]) {
      const request = {
        service: SERVICE,
        account,
        flow: 'import',
        credential: { refresh_token },
        replace: true,
      } as const;
      await expect(scene.api.addAccount(request)).rejects.toMatchObject({
        kind: 'already_exists',
        message: 'The account example/work already has this grant.',
      });
    }
    expect(scene.exchanges).toBe(0);
    await expectGoodGrant();
  },
  LIMIT,
);

test(
  'a refresh token that was imported before, and is spent, is not sent again',
  async () => {
    const answer = holdTokens('authorization_code');
    answer.release();
    await addAccount(scene.api);
    const { refresh_token } = await answer.given;
    await scene.api.removeAccount({ ...work, revoke: false });
    const request = {
      service: SERVICE,
      account: 'imported',
      flow: 'import',
      credential: { refresh_token },
      replace: true,
    } as const;
    await scene.api.addAccount(request);
    expect(scene.exchanges).toBe(1);
    for (const account of ['imported', 'other']) {
      await expect(scene.api.addAccount({ ...request, account })).rejects.toMatchObject({
        kind: 'already_exists',
        message: 'The account example/imported already has this grant.',
      });
    }
    expect(scene.exchanges).toBe(1);
    expect(scene.provider.counts.reuse).toBe(0);
  },
  LIMIT,
);

test.each<[string, Fault]>([
  ['cannot be read', answerWith(200, '<h1>Back soon</h1>')],
  ['never comes', cutAfter],
])('an import whose answer %s says that its token may be spent', async (_, fault) => {
  scene.proxy.plan(fault, { grantType: 'refresh_token' });
  const credential = { refresh_token: 'from elsewhere' };
  await expect(scene.api.addAccount({ ...work, flow: 'import', credential })).rejects.toMatchObject({
    message: expect.stringContaining('may have been spent'),
  });
});

test(
  'an import under way is stored before an ending daemon ends',
  async () => {
    const answer = holdTokens('authorization_code');
    answer.release();
    await addAccount(scene.api);
    const { refresh_token } = await answer.given;
    await scene.api.removeAccount({ ...work, revoke: false });
    const held = holdTokens();
    const importing = scene.api.addAccount({ ...work, flow: 'import', credential: { refresh_token } });
    const { access_token } = await held.given;
    scene.daemon.child.kill('SIGTERM');
    await expect(importing).rejects.toMatchObject({ kind: 'daemon_unavailable' });
    held.release();
    expect(await scene.daemon.exited).toMatchObject({ code: 0, signal: null });
    await scene.sandbox.startDaemon();
    expect(await scene.api.getToken(work)).toMatchObject({ access_token });
    expect(scene.exchanges).toBe(1);
  },
  LIMIT,
);

/** The next answer of this kind waits at the proxy; its tokens are known at once. */
function holdTokens(grantType = 'refresh_token') {
  const released = gate();
  const given = new Promise<{ access_token: string; refresh_token: string }>((resolve) => {
    const hold: Fault = async (exchange) => {
      const answer = await exchange.forward();
      resolve(JSON.parse(answer.body));
      await released.opened;
      exchange.send(answer);
    };
    scene.proxy.plan(hold, { grantType });
  });
  return { given, release: released.open };
}

async function leaveWhileWaiting(client: SigilforgeClient, flowId: string): Promise<void> {
  const waiting = expect(client.waitFlow({ flow_id: flowId })).rejects.toMatchObject({ kind: 'cancelled' });
  // Answered after the daemon has taken the request before.
  const { connections } = await client.status();
  await client.close();
  await waiting;
  await expect.poll(async () => (await scene.api.status()).connections).toBe(Number(connections) - 1);
}

async function expectRevoked(tokens: { access_token: string; refresh_token: string }): Promise<void> {
  for (const token of [tokens.access_token, tokens.refresh_token])
    expect(await scene.provider.introspect(token)).toMatchObject({ active: false });
}

async function expectGoodGrant(): Promise<void> {
  const { access_token } = await scene.api.refreshToken(work);
  expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
  expect(scene.provider.counts.reuse).toBe(0);
}
