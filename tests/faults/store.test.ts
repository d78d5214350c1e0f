import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import { addAccount, knowProvider, work } from '../support/accounts.js';
import { secretServiceInstalled, startSecretService } from '../support/keychain/secret-service.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { crash } from '../support/start/processes.js';
import { createSandbox } from '../support/start/sandbox.js';
import type { Scene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { hear } from '../support/wire/hearing.js';
import {
  breakBeforeCommit,
  expectWholeGrant,
  type FragileScene,
  startReplaceable,
  storeFaults,
  type Tokens,
} from './store-faults.js';

// What becomes of the grant where the store fails before an exchange, or between its answer and the commit. The
// provider rotates refresh tokens and ends a grant whose old one comes again.

const WAIT = { timeout: 20_000, interval: 25 };

describe.each(storeFaults)('the store: $name', ({ possible, start }) => {
  // Only where this user may mount, or make files immutable.
  test.skipIf(!possible)('before the exchange, and between its answer and the commit', async () => {
    const scene = await stopAfter(start());
    await addAccount(scene.api);

    const mend = scene.breakStore();
    await withMending(mend, async () => {
      await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'store_unavailable' });
      expect(scene.proxy.requests.filter(({ grantType }) => grantType === 'refresh_token')).toEqual([]);
    });
    await scene.api.refreshToken(work);

    const hearing = await hear(scene.api);
    const { answer, mend: mendAgain } = await breakBeforeCommit(scene);
    await withMending(mendAgain, async () => {
      const [name = '', ...others] = await readdir(rescueOf(scene));
      expect(others).toEqual([]);
      const file = path.join(rescueOf(scene), name);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      await expectNoPlaintext(file, answer);
      await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'store_unavailable' });
      expect(hearing.events).toEqual([]);
    });
    await hearing.heard('token_refreshed');
    expect(await scene.api.getToken(work)).toMatchObject({ access_token: answer.access_token });
    expect(await readdir(rescueOf(scene))).toEqual([]);
    expect(scene.stored()).toMatchObject({ integrity: 'ok', outcomes: ['stored', 'stored'] });
    await expectWholeGrant(scene, 2);
  });
});

test('an answer that no file can take either is kept in memory, and stored later', async () => {
  const scene = await stopAfter(startReplaceable());
  await addAccount(scene.api);
  const { heard } = await hear(scene.api);
  await occupyRescue(scene);
  const { answer, mend } = await breakBeforeCommit(scene);
  mend();
  await heard('token_refreshed');
  expect(await scene.api.getToken(work)).toMatchObject({ access_token: answer.access_token });
  await expectWholeGrant(scene, 1);
});

test('an ending daemon waits for an answer that is nowhere but in its memory', async () => {
  const scene = await stopAfter(startReplaceable());
  await addAccount(scene.api);
  await occupyRescue(scene);
  const { answer, mend } = await breakBeforeCommit(scene);
  await scene.api.shutdown();
  await vi.waitFor(async () => expect(await listens(scene)).toBe(false), WAIT);
  // One line tells of it, however often it is tried.
  expect(scene.log.split('refresh.answer_in_memory')).toHaveLength(2);
  expect(scene.daemon.child.exitCode).toBeNull();
  mend();
  expect(await scene.daemon.exited).toMatchObject({ code: 0 });
  await scene.start();
  expect(await scene.api.getToken(work)).toMatchObject({ access_token: answer.access_token });
  await expectWholeGrant(scene, 1);
});

test('where it cannot be seen whether an answer was kept in a file, nothing is sent', async () => {
  const scene = await stopAfter(startReplaceable());
  await addAccount(scene.api);
  await mkdir(path.dirname(rescueOf(scene)), { mode: 0o700 });
  await writeFile(rescueOf(scene), 'no folder');
  await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'store_unavailable' });
  expect(scene.exchanges).toBe(0);
  await rm(rescueOf(scene));
  await expectWholeGrant(scene, 0);
});

test('an answer in a file is adopted by the next start', async () => {
  const { scene, answer } = await killedBeforeCommit();
  await scene.start();
  // By itself, and for a caller who cannot wait for that just as well.
  await expectRescueFiles(scene, []);
  expect(await scene.api.getToken(work)).toMatchObject({ access_token: answer.access_token });
  expect(scene.exchanges).toBe(1);
  await expectWholeGrant(scene, 1);
});

test('an answer in a file is adopted by the library too, before it asks the provider', async () => {
  const { scene, answer } = await killedBeforeCommit();
  const { code, stdout } = await scene.sandbox.run(['refresh-token', work.service, work.account, '--direct']);
  expect({ code, token: stdout.trim() }).toEqual({ code: 0, token: answer.access_token });
  expect(scene.exchanges).toBe(1);
  await scene.start();
  await expectWholeGrant(scene, 1);
});

test('an answer in a file that is older than what is stored is not adopted, and removed', async () => {
  const { scene, file, answer } = await killedBeforeCommit();
  await copyFile(file, path.join(scene.sandbox.home, 'copy'));
  await scene.start();
  await expectRescueFiles(scene, []);
  const { access_token } = await scene.api.refreshToken(work);
  await crash(scene.daemon);
  await copyFile(path.join(scene.sandbox.home, 'copy'), file);
  await scene.start();
  await expectRescueFiles(scene, []);
  expect(access_token).not.toBe(answer.access_token);
  expect(await scene.api.getToken(work)).toMatchObject({ access_token });
  await expectWholeGrant(scene, 2);
});

test.each([
  [
    'changed',
    (sealed: Buffer) => Buffer.from(sealed.map((byte, i) => (i === sealed.length >> 1 ? byte ^ 1 : byte))),
  ],
  ['cut off', (sealed: Buffer) => sealed.subarray(0, 40)],
  ['empty', () => Buffer.alloc(0)],
])('an answer in a file that was %s is refused, and harms nothing', async (_, tamper) => {
  const scene = await stopAfter(startReplaceable());
  const { id } = await addAccount(scene.api);
  const { access_token } = await scene.api.getToken(work);
  const [account] = scene.stored().accounts;
  const name = `${id}.${account?.generation}`;
  await crash(scene.daemon);
  await mkdir(rescueOf(scene), { mode: 0o700, recursive: true });
  await writeFile(path.join(rescueOf(scene), name), tamper(Buffer.alloc(200, 1)), { mode: 0o600 });
  await scene.start();
  await expectRescueFiles(scene, [`${name}.refused`]);
  const refreshed = await scene.api.refreshToken(work);
  expect(refreshed.access_token).not.toBe(access_token);
  await expectWholeGrant(scene, scene.exchanges);
});

test.skipIf(!secretServiceInstalled())('the keychain goes away after the start', async () => {
  const keychain = await stopAfter(startSecretService());
  const { provider } = await stopAfter(startProxiedProvider());
  const sandbox = await stopAfter(createSandbox());
  const daemon = await sandbox.startDaemon(keychain.env);
  const api = await connect({ socket: daemon.socket });
  await knowProvider(api, provider);
  await addAccount(api);
  expect((await api.status()).vault).toEqual({ state: 'unlocked', key_source: 'keychain' });

  await keychain.vanish();
  for (let i = 0; i < 2; i++) {
    const { access_token } = await api.refreshToken(work);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  }
  expect(stored.read(sandbox.home)).toMatchObject({ integrity: 'ok', outcomes: ['stored', 'stored'] });
  expect(provider.counts.reuse).toBe(0);
  await api.close();
});

/** A daemon that was killed with an answer in a file, and a store that is whole again. */
async function killedBeforeCommit(): Promise<{ scene: FragileScene; answer: Tokens; file: string }> {
  const scene = await stopAfter(startReplaceable());
  await addAccount(scene.api);
  const { answer, mend } = await breakBeforeCommit(scene);
  await crash(scene.daemon);
  mend();
  const [name = ''] = await readdir(rescueOf(scene));
  const file = path.join(rescueOf(scene), name);
  await expectNoPlaintext(file, answer);
  return { scene, answer, file };
}

async function withMending(mend: () => void, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    mend();
  }
}

async function expectNoPlaintext(file: string, { access_token, refresh_token }: Tokens): Promise<void> {
  const text = (await readFile(file)).toString('latin1');
  expect(text.length).toBeGreaterThan(0);
  expect(text).not.toContain(access_token);
  expect(text).not.toContain(refresh_token);
}

async function expectRescueFiles(scene: Scene, names: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect(await readdir(rescueOf(scene))).toEqual(names), WAIT);
}

/** Leads the folder of the rescue files to a place that does not exist: nothing can be written there. */
async function occupyRescue(scene: FragileScene): Promise<void> {
  await mkdir(path.dirname(rescueOf(scene)), { mode: 0o700, recursive: true });
  await symlink(path.join(scene.sandbox.home, 'nowhere', 'rescue'), rescueOf(scene));
}

async function listens({ daemon }: Scene): Promise<boolean> {
  const client = await connect({ socket: daemon.socket }).catch(() => undefined);
  await client?.close();
  return client !== undefined;
}

function rescueOf({ sandbox }: Scene): string {
  return path.join(sandbox.home, 'state', 'rescue');
}
