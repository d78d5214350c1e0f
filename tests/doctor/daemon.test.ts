import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PROTOCOL_VERSION, VERSION } from '../../shared/version.js';
import { secretServiceInstalled, startSecretService } from '../support/keychain/secret-service.js';
import { status } from '../support/samples.js';
import { copyWithout } from '../support/start/copied.js';
import { found } from '../support/start/doctor.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { startStubDaemon } from '../support/start/stub-daemon.js';

const LONG = 120_000;

/** Starts a daemon of another installation, as after an upgrade. */
async function startOther(sandbox: Sandbox, command: readonly string[]): Promise<void> {
  await sandbox.spawn(command, { input: '' }).seen(/"ready":true/, 'stdout');
}

test(
  'none, one that answers, one that hangs, and one whose socket is gone',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    expect(await found(sandbox, 'daemon')).toEqual([
      {
        state: 'warning',
        sentence: 'No daemon runs, so nothing is refreshed ahead of time, and no bot is up.',
        cure: 'Start it with: sigilforge daemon start',
      },
    ]);
    const { pid, socket, child } = await sandbox.startDaemon();
    expect(await found(sandbox, 'daemon')).toEqual([
      {
        state: 'ok',
        sentence: expect.stringMatching(
          new RegExp(
            `^Version ${VERSION}, protocol ${PROTOCOL_VERSION}, process ${pid}, started by a command at [\\dT:.-]+Z\\.$`,
          ),
        ),
        cure: null,
      },
    ]);
    onTestFinished(() => void child.kill('SIGCONT'));
    child.kill('SIGSTOP');
    expect(await found(sandbox, 'daemon')).toEqual([
      {
        state: 'fault',
        sentence: `The daemon (process ${pid}) runs, and did not answer in time.`,
        cure: `See its log with: sigilforge daemon logs. If it stays so, end it and start it again: kill -9 ${pid}; sigilforge daemon start`,
      },
    ]);
    unlinkSync(socket);
    expect(await found(sandbox, 'daemon')).toEqual([
      {
        state: 'fault',
        sentence: `The daemon (process ${pid}) runs, but its socket is gone: ${socket}.`,
        cure: 'It listens again within seconds. If it does not: sigilforge daemon restart',
      },
    ]);
  },
  LONG,
);

test(
  'one of another version, and one that does not see which user connects',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const older = await stopAfter(copyWithout('koffi'));
    const file = older.program('sigilforged').at(-1) ?? '';
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`"${VERSION}"`, '"0.0.9"'));
    await startOther(sandbox, older.program('sigilforged'));
    expect(await found(sandbox, 'daemon')).toEqual([
      {
        state: 'warning',
        sentence: `The daemon is version 0.0.9, and this program is ${VERSION}.`,
        cure: 'To run this version: sigilforge daemon restart',
      },
      {
        state: 'warning',
        sentence:
          "The daemon does not see which user connects: only the mode of its socket's folder keeps others out.",
        cure: 'It needs koffi, an optional package. Once that is installed: sigilforge daemon restart',
      },
    ]);
  },
  LONG,
);

test.each([
  [0, 'the daemon is older', 'Start the installed version in its place: sigilforge daemon restart'],
  [2, 'this program is older', 'Upgrade this one: npm install --global sigilforge'],
])('one of protocol %i: %s', async (protocol, older, cure) => {
  const stub = await stopAfter(startStubDaemon({ status: { ...status, protocol } }));
  const { stdout } = await stub.run(['doctor', '--json']);
  const { findings } = JSON.parse(stdout);
  expect(findings).toContainEqual({
    name: 'daemon',
    state: 'fault',
    sentence: `The daemon speaks protocol ${protocol}, and this program protocol ${PROTOCOL_VERSION}: ${older}.`,
    ...{ cure, fixed: [] },
  });
});

test('something that answers and is not a daemon is named as it is by every command', async () => {
  const stub = await stopAfter(startStubDaemon({}));
  const { stdout, code } = await stub.run(['doctor', '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).findings).toContainEqual({
    name: 'daemon',
    state: 'fault',
    sentence: 'The stub has no answer for this.',
    ...{ cure: expect.any(String), fixed: [] },
  });
});

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
test.skipIf(!secretServiceInstalled())(
  "one that was started outside this session, whose keychain is not the session's",
  async () => {
    const service = await stopAfter(startSecretService());
    const sandbox = await stopAfter(createSandbox());
    await sandbox.startDaemon({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path.join(sandbox.home, 'no-bus')}` });
    const env = { ...service.env, HOME: sandbox.home };
    expect(await found(sandbox, 'daemon', { env })).toEqual([
      {
        state: 'warning',
        sentence: "The daemon was started outside this session, and does not reach this session's keychain.",
        cure: 'Restart it here: sigilforge daemon restart',
      },
    ]);
    expect(await found(sandbox, 'daemon')).toMatchObject([{ state: 'ok' }]);
  },
  LONG,
);

test('none on the socket that the environment names', async () => {
  const sandbox = await stopAfter(createSandbox());
  const socket = path.join(sandbox.home, 'door.sock');
  expect(await found(sandbox, 'daemon', { env: { SIGILFORGE_SOCKET: socket } })).toEqual([
    {
      state: 'fault',
      sentence: `No daemon listens on ${socket}, which SIGILFORGE_SOCKET names.`,
      cure: 'Start the program again by the command that gave it this socket, or: unset SIGILFORGE_SOCKET',
    },
  ]);
});
