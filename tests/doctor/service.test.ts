import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { endsWithItsVersion } from '../../shared/service/installed.js';
import type { ServicePlan } from '../../shared/service/plan.js';
import { servicePlaces } from '../../shared/service/service-places.js';
import { systemdFiles } from '../../shared/service/systemd.js';
import { watcher, writeCapability } from '../support/capabilities.js';
import { copyWithout } from '../support/start/copied.js';
import { found } from '../support/start/doctor.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { hasUserManager, startUserManager } from '../support/start/user-manager.js';

const AGAIN = 'Write it again with: sigilforge daemon install';
const [node = '', built = ''] = program('sigilforged');

/** As it is in this checkout, which may lie where nothing stays. */
const SOUND = endsWithItsVersion(built)
  ? {
      state: 'warning',
      sentence: `The service starts ${built}, which is gone after the next upgrade.`,
      cure: 'After each upgrade, write it again: sigilforge daemon install',
    }
  : { state: 'ok', sentence: `The service starts ${built} at login.`, cure: null };

/** Writes the units that `daemon install` would write, with some other parts. */
function write(sandbox: Sandbox, changes: Partial<ServicePlan> = {}): string {
  const { folder = '', files } = servicePlaces(sandbox.env) ?? {};
  const env = { SIGILFORGE_HOME: sandbox.home };
  const plan = { node, program: built, options: [], env, socket: sandbox.socket, ...changes };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const file of systemdFiles(folder, plan)) writeFileSync(file.path, file.text);
  // As systemctl enables it.
  const wanted = path.join(folder, 'default.target.wants');
  mkdirSync(wanted, { recursive: true });
  rmSync(path.join(wanted, 'sigilforge.service'), { force: true });
  symlinkSync(path.join(folder, 'sigilforge.service'), path.join(wanted, 'sigilforge.service'));
  return files?.[0] ?? '';
}

test('none, a sound one, one for another home, and each that does not start', async () => {
  const sandbox = await stopAfter(createSandbox());
  const other = await stopAfter(copyWithout('koffi'));
  const look = (env: NodeJS.ProcessEnv = {}) => found(sandbox, 'service', { env });
  const broken = (sentence: string) => [{ state: 'fault', sentence, cure: AGAIN }];
  expect(await look()).toEqual([
    {
      state: 'ok',
      sentence: 'No service is installed; one that starts at login is written by: sigilforge daemon install',
      cure: null,
    },
  ]);
  const unit = write(sandbox);
  expect(await look()).toEqual([SOUND]);
  const elsewhere = path.join(sandbox.home, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o700 });
  expect(await look({ SIGILFORGE_HOME: elsewhere })).toEqual([
    { state: 'ok', sentence: `The installed service (${unit}) is for another home.`, cure: null },
  ]);

  write(sandbox, { node: '/opt/gone/bin/node' });
  expect(await look()).toEqual(
    broken('The service starts Node as /opt/gone/bin/node, which is not there any more.'),
  );
  write(sandbox, { program: '/opt/gone/sigilforged.cjs' });
  expect(await look()).toEqual(
    broken('The service starts /opt/gone/sigilforged.cjs, which is not there any more.'),
  );
  write(sandbox, { socket: '/run/user/1/sigilforge.sock' });
  expect(await look()).toEqual(
    broken(
      `The service listens on /run/user/1/sigilforge.sock, and clients look for it on ${sandbox.socket}.`,
    ),
  );
  rmSync(unit.replace(/\.service$/, '.socket'));
  expect(await look()).toEqual(broken('The socket of the service is missing.'));

  const foreign = other.program('sigilforged').at(-1) ?? '';
  write(sandbox, { program: foreign });
  expect(await look()).toEqual([
    {
      state: 'warning',
      sentence: `The service starts another installation: ${foreign}.`,
      cure: 'If this one is meant, write it again: sigilforge daemon install',
    },
  ]);
}, 120_000);

test('bots that end with the last session, by what loginctl says', async () => {
  const sandbox = await stopAfter(createSandbox());
  write(sandbox);
  const folder = await writeCapability(path.join(sandbox.home, 'watcher'), watcher);
  await sandbox.startDaemon();
  for (const args of [
    ['add', folder],
    ['trust', 'watcher', '--yes'],
    ['start', 'watcher'],
  ])
    expect(await sandbox.run(['capability', ...args])).toMatchObject({ code: 0 });
  const bin = path.join(sandbox.home, 'bin');
  mkdirSync(bin);
  const say = async (answer: string) => {
    writeFileSync(path.join(bin, 'loginctl'), `#!/bin/sh\necho ${answer}\n`);
    chmodSync(path.join(bin, 'loginctl'), 0o755);
    return found(sandbox, 'service', { env: { PATH: [bin, process.env['PATH']].join(path.delimiter) } });
  };
  expect(await say('no')).toContainEqual({
    state: 'warning',
    sentence: 'Bots are started, and they end when you log out.',
    cure: expect.stringMatching(/^Keep them up: loginctl enable-linger \S+$/),
  });
  expect(await say('yes')).toEqual([SOUND]);
}, 120_000);

const Report = v.object({
  findings: v.array(v.object({ name: v.string(), state: v.string(), sentence: v.string() })),
});

test.skipIf(!hasUserManager())(
  'one that a real user manager has, enabled and disabled',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const manager = await stopAfter(startUserManager(sandbox));
    const sigilforge = program('sigilforge').join(' ');
    const look = async () => {
      const printed = await manager.run(`${sigilforge} doctor service --json 2>/dev/null`);
      return v
        .parse(Report, JSON.parse(printed))
        .findings.flatMap(({ name, state, sentence }) => (name === 'service' ? [{ state, sentence }] : []));
    };
    write(sandbox);
    await manager.run('systemctl --user daemon-reload');
    const sound = [{ state: SOUND.state, sentence: SOUND.sentence }];
    expect(await look()).toEqual(sound);
    await manager.run('systemctl --user disable sigilforge.service');
    expect(await look()).toContainEqual({
      state: 'warning',
      sentence: 'The service is disabled, so it does not start at login.',
    });
    await manager.run('systemctl --user enable sigilforge.service');
    expect(await look()).toEqual(sound);
  },
  120_000,
);
