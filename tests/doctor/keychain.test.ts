import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hearBusCalls } from '../support/keychain/bus-calls.js';
import {
  type SecretService,
  secretServiceInstalled,
  startSecretService,
  startSessionWithoutKeychain,
} from '../support/keychain/secret-service.js';
import { found } from '../support/start/doctor.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

type Env = NodeJS.ProcessEnv;

/** As a bus with an access policy has it. */
const REFUSES = '<deny send_destination="org.freedesktop.secrets"/>';

const keeps = {
  state: 'ok',
  sentence: 'The Secret Service keeps what it is given in its collection login, also over a reboot.',
  cure: null,
};

function inSession(sandbox: Sandbox, { env }: { readonly env: Env }): { env: Env } {
  return { env: { ...env, HOME: sandbox.home } };
}

async function makeVault(sandbox: Sandbox, env: Env = {}): Promise<void> {
  const made = sandbox.run(['secret', 'set', 'a', '--direct'], { input: 'a value\n', env });
  expect(await made).toMatchObject({ code: 0 });
}

/** A home whose vault opens by this keychain. */
async function homeIn(service: { readonly env: Env }): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  await makeVault(sandbox, inSession(sandbox, service).env);
  return sandbox;
}

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('doctor on the keychain', SLOW, () => {
  let service: SecretService;

  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  test('that works, is locked, hangs and is gone', async () => {
    const sandbox = await homeIn(service);
    const seen = () => found(sandbox, 'keychain', inSession(sandbox, service));
    expect(await seen()).toEqual([keeps]);
    await service.lock();
    expect(await seen()).toEqual([
      {
        state: 'fault',
        sentence: 'The keychain is locked.',
        cure: expect.stringContaining('sigilforge vault unlock'),
      },
    ]);
    await service.unlock();
    service.hang();
    expect(await seen()).toEqual([
      {
        state: 'fault',
        sentence: 'The keychain did not answer in time.',
        cure: expect.stringContaining('End the program of the keychain'),
      },
    ]);
    service.resume();
    expect(await seen()).toEqual([keeps]);
    await service.vanish();
    expect(await seen()).toEqual([
      {
        state: 'fault',
        sentence: 'No keychain can be reached here.',
        cure: expect.stringContaining('sigilforge daemon restart'),
      },
    ]);
    await service.appear('unlocked');
  });

  test('that is locked asks the person nothing', async () => {
    const locked = await stopAfter(startSecretService());
    const sandbox = await homeIn(locked);
    await locked.lock();
    const { env } = inSession(sandbox, locked);
    const bus = await stopAfter(hearBusCalls(env));
    for (const name of ['keychain', 'vault']) expect(await found(sandbox, name, { env })).not.toEqual([]);
    const calls = await bus.sinceThen();
    expect(calls).toContain('ReadAlias');
    for (const asking of ['Prompt', 'Unlock', 'CreateItem']) expect(calls).not.toContain(asking);
    // Another program does ask.
    expect(await sandbox.run(['secret', 'get', 'a', '--direct'], { env })).toMatchObject({ code: 6 });
    expect(await bus.sinceThen()).toContain('Unlock');
  });

  test('that is not allowed to answer', async () => {
    const refusing = await stopAfter(startSecretService(REFUSES));
    const sandbox = await stopAfter(createSandbox());
    await makeVault(sandbox);
    expect(await found(sandbox, 'keychain', inSession(sandbox, refusing))).toEqual([
      {
        state: 'warning',
        sentence: 'The keychain refused access.',
        cure: expect.stringContaining('the rules of the session bus'),
      },
    ]);
  });

  test('that is not there, and that no one misses', async () => {
    const sandbox = await stopAfter(createSandbox());
    await makeVault(sandbox);
    const session = await stopAfter(startSessionWithoutKeychain());
    for (const options of [{}, inSession(sandbox, session)])
      expect(await found(sandbox, 'keychain', options)).toEqual([
        { state: 'ok', sentence: 'No keychain can be reached here, and this vault needs none.', cure: null },
      ]);
  });

  test('that keeps nothing over a reboot', async () => {
    const sandbox = await stopAfter(createSandbox());
    await makeVault(sandbox);
    const forgetful = await stopAfter(startSecretService());
    await forgetful.keepInMemory();
    expect(await found(sandbox, 'keychain', inSession(sandbox, forgetful))).toEqual([
      {
        state: 'warning',
        sentence: expect.stringContaining('only until the session ends'),
        cure: expect.stringContaining('sigilforge vault recovery-key'),
      },
    ]);
  });

  test('that has no collection, and would ask the person to make one', async () => {
    const sandbox = await stopAfter(createSandbox());
    await makeVault(sandbox);
    const empty = await stopAfter(startSecretService());
    await empty.vanish();
    rmSync(join(empty.env['XDG_DATA_HOME'] ?? '', 'keyrings'), { recursive: true });
    await empty.appear('locked');
    expect(await found(sandbox, 'keychain', inSession(sandbox, empty))).toEqual([
      {
        state: 'ok',
        sentence: 'The keychain has no collection to keep items in, and this vault needs none.',
        cure: null,
      },
    ]);
  });

  test('of a daemon in another session', async () => {
    const sandbox = await homeIn(service);
    const session = await stopAfter(startSessionWithoutKeychain());
    await sandbox.startDaemon(inSession(sandbox, session).env);
    const restart = 'Start it again in this session: sigilforge daemon restart';
    const here = () => found(sandbox, 'keychain', inSession(sandbox, service));
    expect(await here()).toEqual([
      keeps,
      {
        state: 'warning',
        sentence:
          'The daemon cannot use the keychain (keychain_unavailable), because it was started outside this session.',
        cure: restart,
      },
    ]);
  });

  test('of a daemon that has it, for a program that does not', async () => {
    const sandbox = await homeIn(service);
    await sandbox.startDaemon(inSession(sandbox, service).env);
    expect(await sandbox.run(['secret', 'get', 'a'])).toMatchObject({ code: 0 });
    expect(await found(sandbox, 'keychain')).toEqual([
      {
        state: 'ok',
        sentence: 'No keychain can be reached here; the daemon reaches its own.',
        cure: null,
      },
    ]);
  });
});
