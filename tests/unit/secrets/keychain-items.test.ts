import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Core } from '../../../daemon/core/core.js';
import type { Keychain } from '../../../daemon/core/keychain/keychain.js';
import { createMemoryKeychain, type MemoryKeychain } from '../../../daemon/core/keychain/memory.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { openTestCore } from '../../support/start/core.js';
import { aPeer } from '../../support/start/peers.js';
import * as stored from '../../support/stored.js';

const key = 'kept/key';
const keychainSecret = (value: string) => ({ key, value, encoding: 'utf8', backend: 'keychain' }) as const;

function createHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sf-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

/** The library as a process that begins and, with `body`, ends. */
async function inProcess<T>(home: string, keychain: Keychain, body: (core: Core) => Promise<T>): Promise<T> {
  const core = await openTestCore(home, { keychain });
  try {
    return await body(core);
  } finally {
    await core.close();
  }
}

/** A keychain that is cut off before or after a call: from then on nothing reaches it, as if the process had ended. */
function cutOff(keychain: MemoryKeychain, at: number, after: boolean): Keychain & { readonly calls: number } {
  let calls = 0;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    const result = calls < at || (calls === at && after) ? await work() : undefined;
    if (calls >= at) throw new SigilforgeError('store_unavailable', 'Cut off.');
    return result as T;
  };
  return {
    get calls() {
      return calls;
    },
    probe: () => call(() => keychain.probe()),
    get: (user) => call(() => keychain.get(user)),
    set: (user, value) => call(() => keychain.set(user, value)),
    delete: (user) => call(() => keychain.delete(user)),
    close: async () => {},
  };
}

function valuesIn(keychain: MemoryKeychain): string[] {
  return [...keychain.items].filter(([user]) => user.includes('/secret/')).map(([, value]) => value);
}

/** What a new process makes of it: what the key stands for, and that the keychain holds nothing else. */
async function expectWhole(
  home: string,
  keychain: MemoryKeychain,
  allowed: (string | undefined)[],
): Promise<void> {
  await inProcess(home, keychain, async (core) => {
    await core.tend();
    const value = await core.secrets.get(key).then(
      (secret) => secret.value,
      (thrown: unknown) => void expect(thrown).toMatchObject({ kind: 'not_found' }),
    );
    expect(allowed).toContain(value);
    const inKeychain = core.secrets.backendOf(key) === 'keychain' && value !== undefined;
    // The chores of a start are done beside what callers ask for.
    await expect.poll(() => valuesIn(keychain)).toEqual(inKeychain ? [value] : []);
    await core.secrets.set(keychainSecret('the last'));
    expect(valuesIn(keychain)).toEqual(['the last']);
    expect(await core.secrets.delete(key)).toBe(true);
    expect(valuesIn(keychain)).toEqual([]);
  });
}

const works: [string, (core: Core) => Promise<unknown>, after: (string | undefined)[], before?: 'vault'][] = [
  ['a first value', (core) => core.secrets.set(keychainSecret('new')), ['new'], 'vault'],
  ['another value', (core) => core.secrets.set(keychainSecret('new')), ['new']],
  [
    'a move to the vault',
    (core) => core.secrets.set({ ...keychainSecret('new'), backend: 'vault' }),
    ['new'],
  ],
  ['a deletion', (core) => core.secrets.delete(key), [undefined]],
];

describe.each(works)('%s in the keychain', (_, work, done, before) => {
  const points = [1, 2, 3, 4].flatMap((at) => [[at, 'before', false] as const, [at, 'after', true] as const]);

  test.each(points)('cut off at call %i, %s it', async (at, _when, after) => {
    const [home, keychain] = [createHome(), createMemoryKeychain()];
    await inProcess(home, keychain, (core) =>
      core.secrets.set({ ...keychainSecret('old'), backend: before ?? 'keychain' }),
    );
    const dying = cutOff(keychain, at, after);
    const ended = await inProcess(home, dying, work).then(
      () => 'done',
      () => 'failed',
    );
    await expectWhole(home, keychain, ended === 'done' ? done : ['old', ...done]);
  });
});

test('a value that cannot be written leaves the old one', async () => {
  const [home, keychain] = [createHome(), createMemoryKeychain()];
  await inProcess(home, keychain, async (core) => {
    await core.secrets.set(keychainSecret('old'));
    keychain.fail('vault_locked');
    await expect(core.secrets.set(keychainSecret('new'))).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(core.secrets.delete(key)).rejects.toMatchObject({ kind: 'vault_locked' });
    keychain.fail(undefined);
    expect(await core.secrets.get(key)).toMatchObject({ value: 'old', backend: 'keychain' });
    expect(valuesIn(keychain)).toEqual(['old']);
  });
});

test('an item is never overwritten: not that of the value before, nor that of a copy of this vault', async () => {
  const [home, keychain] = [createHome(), createMemoryKeychain()];
  const written: string[] = [];
  const watched: Keychain = {
    ...keychain,
    set: (user, value) => {
      expect(keychain.items.has(user)).toBe(false);
      written.push(user);
      return keychain.set(user, value);
    },
  };
  await inProcess(home, watched, async (core) => {
    for (const value of ['one', 'two', 'three']) await core.secrets.set(keychainSecret(value));
    await core.secrets.delete(key);
    const name = `${core.vault.row().id}/secret/${key}`;
    expect(written[0]).toBe(name);
    await keychain.set(name, 'of the copy');
    await core.secrets.set(keychainSecret('mine'));
    expect(await core.secrets.get(key)).toMatchObject({ value: 'mine' });
    expect(keychain.items.get(name)).toBe('of the copy');
  });
});

describe('a database that was altered without any key', () => {
  const other = 'kept/other';
  const damaged = { kind: 'integrity', message: `The stored secret ${key} is damaged.` };

  /** Items that are not those of the secret, whatever the database says. */
  const foreign = (vault: string): Record<string, string> => ({
    'the item of another secret': `${vault}/secret/${other}`,
    'an item with a longer name': `${vault}/secret/${key}s`,
    'the key of the vault': `${vault}/key`,
    'an item of another vault': `another/secret/${key}`,
  });

  test.each(Object.keys(foreign('')))('%s is neither handed out nor deleted', async (what) => {
    const [home, keychain] = [createHome(), createMemoryKeychain()];
    await inProcess(home, keychain, async (core) => {
      await core.secrets.set(keychainSecret('mine'));
      await core.secrets.set({ ...keychainSecret('of another'), key: other });
    });
    const item = foreign(stored.vaultId(home))[what] ?? '';
    await keychain.set(item, 'of another');
    stored.nameKeychainItem(home, key, item);
    await inProcess(home, keychain, async (core) => {
      await expect(core.secrets.get(key)).rejects.toMatchObject(damaged);
      await core.secrets.delete(key);
    });
    expect(keychain.items.get(item)).toBe('of another');
  });

  test('an item that it notes and no secret names is deleted only if it is a secret of this vault', async () => {
    const [home, keychain] = [createHome(), createMemoryKeychain()];
    await inProcess(home, keychain, (core) => core.secrets.set(keychainSecret('mine')));
    const { [`an item of another vault`]: elsewhere = '', 'the key of the vault': vaultKey = '' } = foreign(
      stored.vaultId(home),
    );
    const left = `${stored.vaultId(home)}/secret/left`;
    for (const user of [elsewhere, vaultKey, left]) {
      await keychain.set(user, 'a value');
      stored.noteKeychainItem(home, user);
    }
    const tend = () => inProcess(home, keychain, (core) => core.secrets.tend());
    await tend();
    expect([elsewhere, vaultKey, left].map((user) => keychain.items.has(user))).toEqual([true, true, false]);
    // Nor if the vault is said to be the other one.
    stored.renameVault(home, 'another');
    await tend();
    expect(keychain.items.has(elsewhere)).toBe(true);
  });
});

test('an answer that cannot be looked for keeps no other chore of a start from being done', async () => {
  const [home, keychain] = [createHome(), createMemoryKeychain()];
  await inProcess(home, keychain, async (core) => {
    await core.secrets.set(keychainSecret('mine'));
    const left = `${stored.vaultId(home)}/secret/left`;
    await keychain.set(left, 'a value');
    stored.noteKeychainItem(home, left);
    mkdirSync(join(home, 'state'), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'state', 'rescue'), 'no folder', { mode: 0o600 });
    await core.vaultKeys.lock();
    await core.tend().catch(() => {});
    await core.vaultKeys.unlock(undefined, aPeer());
    await vi.waitFor(() => expect(keychain.items.has(left)).toBe(false));
  });
});

test('two processes that change the same secret leave one item', async () => {
  const [home, keychain] = [createHome(), createMemoryKeychain()];
  await inProcess(home, keychain, (one) =>
    inProcess(home, keychain, async (other) => {
      await Promise.all(
        [one, other, one, other].map((core, index) => core.secrets.set(keychainSecret(`value ${index}`))),
      );
      const { value } = await one.secrets.get(key);
      expect(valuesIn(keychain)).toEqual([value]);
      expect(await other.secrets.get(key)).toMatchObject({ value });
    }),
  );
});
