import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import type { Core } from '../../daemon/core/core.js';
import { startDaemon } from '../support/start/backends.js';
import { openTestCore } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const right = 'open sesame';

/** How often argon2id was computed, and how many times at once at most. */
const hashing = vi.hoisted(() => ({ count: 0, now: 0, most: 0 }));

vi.mock('@node-rs/argon2', async (importOriginal) => {
  const original = await importOriginal<typeof import('@node-rs/argon2')>();
  return {
    ...original,
    hashRaw: async (...args: Parameters<typeof original.hashRaw>) => {
      hashing.count += 1;
      hashing.now += 1;
      hashing.most = Math.max(hashing.most, hashing.now);
      try {
        return await original.hashRaw(...args);
      } finally {
        hashing.now -= 1;
      }
    },
  };
});

test('the wrong passwords of a client keep no other client out, nor that one by another connection', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  await api.vaultSetPassword({ password: right });
  await api.lock();
  const open = async () => {
    const client = await connect({ socket: sandbox.socket });
    onTestFinished(() => client.close());
    return client;
  };
  const guesser = await open();
  await expect(guesser.unlock({ password: 'guessed' })).rejects.toMatchObject({ kind: 'denied' });
  await expect(guesser.unlock({ password: right })).rejects.toMatchObject({
    kind: 'denied',
    message: 'After wrong passwords, this caller has to wait.',
  });
  expect(await api.unlock({ password: right })).toEqual({ state: 'unlocked' });
  await api.lock();
  await expect(guesser.unlock({ password: right })).rejects.toMatchObject({ kind: 'denied' });
  expect(await (await open()).unlock({ password: right })).toEqual({ state: 'unlocked' });
});

describe('many attempts at once', () => {
  let core: Core;
  const present = () => ({ gone: new AbortController().signal });
  const kindOf = (attempt: Promise<unknown>) => attempt.catch(({ kind }: { kind: string }) => kind);

  beforeEach(async () => {
    const { home } = await stopAfter(createSandbox());
    core = await openTestCore(home);
    await core.vaultKeys.setPassword(right, { only: false });
    await core.vaultKeys.lock();
    Object.assign(hashing, { count: 0, now: 0, most: 0 });
    return () => core.close();
  });

  test('of many callers are made one after the other', async () => {
    const answers = Array.from({ length: 4 }, () => kindOf(core.vaultKeys.unlock('guessed', present())));
    expect(await Promise.all(answers)).toEqual(['denied', 'denied', 'denied', 'denied']);
    expect(hashing).toMatchObject({ count: 4, most: 1 });
  });

  test('of one caller are one attempt, so another caller is next', async () => {
    const guesser = present();
    const answers = Array.from({ length: 60 }, (_, n) =>
      kindOf(core.vaultKeys.unlock(`guess ${n}`, guesser)),
    );
    expect(await core.vaultKeys.unlock(right, present())).toBe('unlocked');
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['denied']));
    expect(hashing.count).toBe(2);
  });

  test('of callers that left before their turn are not made', async () => {
    const gone = { gone: AbortSignal.abort() };
    const answers = Array.from({ length: 60 }, () => kindOf(core.vaultKeys.unlock('guessed', gone)));
    expect(await core.vaultKeys.unlock(right, present())).toBe('unlocked');
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['cancelled']));
    expect(hashing.count).toBe(1);
  });
});
