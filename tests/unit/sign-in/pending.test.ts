import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { PendingFlow } from '../../../daemon/core/oauth/flows/flow.js';
import type { SignInClient } from '../../../daemon/core/sign-in/parts.js';
import { PendingSignIns, type StoredSignIn } from '../../../daemon/core/sign-in/pending.js';
import { SigilforgeError } from '../../../shared/errors.js';

/** A flow that ends when it is told to, or is cancelled. */
function flow() {
  let end: (error?: Error) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  const pending: PendingFlow = {
    kind: 'authorization_code',
    prompt: {
      message: '',
      authorizationUrl: null,
      userCode: null,
      verificationUri: null,
      verificationUriComplete: null,
      expiresAt: 0,
      intervalS: null,
      scopes: [],
    },
    done,
    complete: async () => end(),
    cancel: (reason) => end(reason),
  };
  done.catch(() => undefined);
  return pending;
}

/** A client that counts what keeps its connection. */
function client() {
  const gone = new AbortController();
  setMaxListeners(0, gone.signal);
  const one = {
    kept: 0,
    gone: gone.signal,
    leave: () => gone.abort(),
    keep: () => {
      one.kept += 1;
      return () => {
        one.kept -= 1;
      };
    },
  };
  return one satisfies SignInClient;
}

/** Resolves when everything that has happened has had its consequences. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const keyOf = (account: string | number) => ({ service: 'example', account: `${account}`, parameters: '' });
const stored = (): StoredSignIn => ({
  account: { account: 'stored' } as StoredSignIn['account'],
  notices: [],
});
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'complete',
    (thrown: SigilforgeError) => thrown.kind,
  );

describe('sign-ins under way are bounded:', () => {
  test('sixteen for each client, and its connection is kept for as long as it has one', async () => {
    const signIns = new PendingSignIns();
    const [one, other] = [client(), client()];
    const begin = (account: number, by = one) =>
      signIns.begin(keyOf(account), by, async () => flow(), stored);
    const begun = [];
    for (let account = 0; account < 16; account++) begun.push(await begin(account));
    expect(one.kept).toBe(16);
    await expect(begin(16)).rejects.toMatchObject({ kind: 'limit_exceeded' });
    // To join one is to have one more, too.
    await expect(begin(3)).rejects.toMatchObject({ kind: 'limit_exceeded' });
    await begin(16, other);
    signIns.cancel(begun[0]?.id ?? '', one.gone);
    await begin(17);
    one.leave();
    expect({ one: one.kept, other: other.kept }).toEqual({ one: 0, other: 1 });
  });

  test('thirty-two for all clients, those included that are still beginning', async () => {
    const signIns = new PendingSignIns();
    const clients = [client(), client(), client()];
    const begin = (account: number, start = async () => flow()) =>
      signIns.begin(keyOf(account), clients[account % 3] ?? client(), start, stored);
    const never = new Promise<PendingFlow>(() => undefined);
    for (let account = 0; account < 31; account++) await begin(account);
    void begin(31, () => never);
    await expect(begin(32)).rejects.toMatchObject({ kind: 'limit_exceeded' });
    clients[0]?.leave();
    await settled();
    await begin(32);
  });

  test('a client that is gone before it waits keeps neither the sign-in nor a place', async () => {
    const signIns = new PendingSignIns();
    const [one, other] = [client(), client()];
    const { id } = await signIns.begin(keyOf('x'), one, async () => flow(), stored);
    other.leave();
    const waiting = outcome(signIns.wait(id, 600, other));
    one.leave();
    expect(await waiting).toBe('cancelled');
    expect(other.kept).toBe(0);
  });

  test('one that cannot begin counts no more', async () => {
    const signIns = new PendingSignIns();
    const one = client();
    const fail = async () => {
      throw new SigilforgeError('config', 'No.');
    };
    for (let count = 0; count < 40; count++) {
      await expect(signIns.begin(keyOf(count), one, fail, stored)).rejects.toMatchObject({ kind: 'config' });
    }
    expect(one.kept).toBe(0);
    await signIns.begin(keyOf('x'), one, async () => flow(), stored);
  });

  test('of those that ended, the last 256 can be asked for their results', async () => {
    const signIns = new PendingSignIns();
    const one = client();
    const ids: string[] = [];
    for (let count = 0; count < 300; count++) {
      const { id } = await signIns.begin(keyOf(count), one, async () => flow(), stored);
      ids.push(id);
      await signIns.complete(id, '');
    }
    const wait = (index: number) => outcome(signIns.wait(ids[index] ?? '', 0, one));
    expect(await Promise.all([wait(0), wait(43), wait(44), wait(299)])).toEqual([
      'not_found',
      'not_found',
      'complete',
      'complete',
    ]);
    expect(one.kept).toBe(0);
  });
});

describe('a sign-in ends with its last client:', () => {
  test('the one that began it', async () => {
    const signIns = new PendingSignIns();
    const one = client();
    const pending = flow();
    await signIns.begin(keyOf('work'), one, async () => pending, stored);
    one.leave();
    expect(await outcome(pending.done)).toBe('cancelled');
  });

  test('of those that share it, the last', async () => {
    const signIns = new PendingSignIns();
    const [one, other] = [client(), client()];
    const pending = flow();
    const start = async () => pending;
    await Promise.all([one, other].map((by) => signIns.begin(keyOf('work'), by, start, stored)));
    one.leave();
    await signIns.begin(keyOf('work'), other, start, stored);
    other.leave();
    expect(await outcome(pending.done)).toBe('cancelled');
  });

  test('one that waits for it keeps it for as long as it waits', async () => {
    const signIns = new PendingSignIns();
    const [one, watcher] = [client(), client()];
    const pending = flow();
    const { id } = await signIns.begin(keyOf('work'), one, async () => pending, stored);
    const wait = signIns.wait(id, 60, watcher);
    expect(watcher.kept).toBe(1);
    one.leave();
    expect(await signIns.wait(id, 0, client())).toBeUndefined();
    await signIns.complete(id, '');
    expect(await wait).toMatchObject({ account: { account: 'stored' } });
    expect(watcher.kept).toBe(0);
  });

  test('one that leaves while it begins leaves it to the others that asked for the same', async () => {
    const signIns = new PendingSignIns();
    const [one, other] = [client(), client()];
    const pending = flow();
    const begin = (by: SignInClient) =>
      signIns.begin(
        keyOf('work'),
        by,
        async () => {
          one.leave();
          return pending;
        },
        stored,
      );
    const [{ id }] = await Promise.all([begin(one), begin(other)]);
    await settled();
    expect(await signIns.wait(id, 0, other)).toBeUndefined();
    other.leave();
    expect(await outcome(pending.done)).toBe('cancelled');
  });
});
