import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TracePoint, VAULT_POINTS } from '../../daemon/core/platform/trace.js';
import { addAccount, SERVICE, work } from '../support/accounts.js';
import { crash } from '../support/start/processes.js';
import { type Scene, startScene } from '../support/start/scene.js';
import * as stored from '../support/stored.js';
import { expectNowhere } from '../support/wire/nowhere.js';
import { type BuiltProgram, buildProgram } from './build-program.js';

// A rotation of the data key, or an import, whose process ends itself by SIGKILL, with refreshes in other processes beside.

const LIMIT = 60_000;
const PASSPHRASE = 'a passphrase for the file';
/** More than one transaction seals. */
const SECRETS = 70;
const PLAINTEXT = 'canary-in-the-vault';

let daemon: BuiltProgram;
let importer: BuiltProgram;
let scene: Scene;
const reached = new Set<string>();

beforeAll(async () => {
  [daemon, importer] = await Promise.all([buildProgram('crashing-daemon'), buildProgram('crashing-import')]);
});
afterAll(() => Promise.all([daemon.stop(), importer.stop()]));

beforeEach(async () => {
  scene = await startScene();
  await addAccount(scene.api);
  await scene.api.setProvider({ id: 'github', client_id: 'an id', client_secret: `${PLAINTEXT}-client` });
  for (let n = 0; n < SECRETS; n++)
    await scene.api.setSecret({ key: `key/${n}`, value: `${PLAINTEXT}-${n}` });
  return () => scene.stop();
});

describe('in a rotation', () => {
  test.each<{ at: TracePoint; begun: boolean }>([
    { at: 'rotate.wrapping', begun: false },
    { at: 'rotate.wrapped', begun: true },
    { at: 'rotate.resealing', begun: true },
    { at: 'rotate.resealed', begun: true },
    { at: 'rotate.retiring', begun: true },
    { at: 'rotate.retired', begun: true },
  ])(
    'after a crash at $at the next start ends it, and nothing is lost',
    async ({ at, begun }) => {
      const [before = ''] = keyIds();
      await crash(scene.daemon);
      const beside = refreshAgainAndAgain();
      await crashAt(at, daemon.command, () => scene.api.vaultRotate());
      await beside.end();
      await scene.sandbox.startDaemon();
      await expect.poll(keyIds, { timeout: 20_000 }).toHaveLength(1);
      const [after = ''] = keyIds();
      expect(after !== before).toBe(begun);
      await expectEverything();
      if (!begun) await scene.api.vaultRotate();
      await expectGone(before);
      await expectEverything();
    },
    LIMIT,
  );

  test(
    'with refreshes beside it from its beginning to its end',
    async () => {
      const [before = ''] = keyIds();
      const beside = refreshAgainAndAgain();
      const { key_id, resealed } = await scene.api.vaultRotate();
      expect(resealed).toBeGreaterThanOrEqual(SECRETS);
      await beside.end();
      expect(keyIds()).toEqual([key_id]);
      await expectEverything();
      await scene.api.setSecret({ key: 'one/more', value: 'x' });
      await expectGone(before);
    },
    LIMIT,
  );
});

describe('in an import', () => {
  test.each<{ at: TracePoint; imported: boolean }>([
    { at: 'import.committing', imported: false },
    { at: 'import.committed', imported: true },
  ])(
    'after a crash at $at everything of the file is there or nothing, and no grant is lost',
    async ({ at, imported }) => {
      const file = path.join(scene.sandbox.home, 'exported');
      const exported = await scene.sandbox.run(['vault', 'export', file], { input: PASSPHRASE });
      expect(exported).toMatchObject({ code: 0 });
      await scene.api.setSecret({ key: 'key/0', value: 'changed since' });
      const beside = refreshAgainAndAgain();
      await crashAt(at, [...importer.command, file, PASSPHRASE]);
      await beside.end();
      expect((await scene.api.getSecret({ key: 'key/0' })).value).toBe(
        imported ? `${PLAINTEXT}-0` : 'changed since',
      );
      await scene.api.setSecret({ key: 'key/0', value: `${PLAINTEXT}-0` });
      await expectEverything();
      await expectNowhere(scene.sandbox, [PLAINTEXT, 'changed since', PASSPHRASE]);
    },
    LIMIT,
  );
});

test('every point was reached', () => {
  expect([...reached].toSorted()).toEqual([...VAULT_POINTS].toSorted());
});

async function crashAt(
  point: TracePoint,
  command: readonly string[],
  work: () => Promise<unknown> = async () => {},
): Promise<void> {
  const running = scene.sandbox.spawn(command, { env: { SIGILFORGE_CRASH_AT: point }, input: '' });
  await running.seen(/ready|reached/, 'stdout');
  await work().catch(() => {});
  const { signal, stdout } = await running.exited;
  expect({ signal, stdout }).toMatchObject({
    signal: 'SIGKILL',
    stdout: expect.stringContaining(`reached ${point}\n`),
  });
  reached.add(point);
  expect(stored.read(scene.sandbox.home).integrity).toBe('ok');
}

/** Refreshes by the library in processes of their own, one after the other. Each has to work. */
function refreshAgainAndAgain(): { end(): Promise<void> } {
  let ended = false;
  const running = (async () => {
    do {
      const args = ['refresh-token', work.service, work.account, '--direct', '--quiet'];
      expect(await scene.sandbox.run(args)).toMatchObject({ code: 0, stderr: '' });
    } while (!ended);
  })();
  // Looked at by `end`.
  running.catch(() => {});
  return {
    end() {
      ended = true;
      return running;
    },
  };
}

function keyIds(): string[] {
  return stored.dataKeyIds(scene.sandbox.home);
}

/** Every secret opens, and the grant is good for another exchange. */
async function expectEverything(): Promise<void> {
  const { api, provider } = scene;
  for (let n = 0; n < SECRETS; n++) {
    expect(await api.getSecret({ key: `key/${n}` })).toMatchObject({ value: `${PLAINTEXT}-${n}` });
  }
  expect(await api.getProvider({ id: 'github' })).toMatchObject({ provider: { has_client_secret: true } });
  const { access_token } = await api.refreshToken(work);
  expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  expect(await api.getAccount(work)).toMatchObject({ service: SERVICE, state: 'ok' });
  expect(provider.counts.reuse).toBe(0);
}

/** Neither a value that was sealed by this key, nor the key in any wrapping, nor plaintext. */
async function expectGone(keyId: string): Promise<void> {
  const bytes = Buffer.from(keyId.replaceAll('-', ''), 'hex');
  await expectNowhere(scene.sandbox, [keyId, bytes, PLAINTEXT]);
}
