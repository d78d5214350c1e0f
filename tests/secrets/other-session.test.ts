import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { linkSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { busAt } from '../../client/bus.js';
import { errorTable } from '../../shared/errors.js';
import {
  type SecretService,
  secretServiceInstalled,
  startSecretService,
  startSessionWithoutBus,
  startSessionWithoutKeychain,
} from '../support/keychain/secret-service.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const RESTART = expect.stringMatching(
  /The daemon was started outside this session.*sigilforge daemon restart/,
);
const START_ONE = expect.stringContaining(errorTable.keychain_unavailable.hint);
const KEEP = ['secret', 'set', 'a', '--backend', 'keychain'];

type Env = NodeJS.ProcessEnv;

/** The address of a bus that has ended. */
async function endedBus(options?: { abstract: boolean }): Promise<string> {
  const session = await startSessionWithoutKeychain('', options);
  await session.stop();
  return addressOf(session.env);
}

function addressOf(env: Env): string {
  return env['DBUS_SESSION_BUS_ADDRESS'] ?? '';
}

function pathOf(env: Env): string {
  return /path=([^,]*)/.exec(addressOf(env))?.[1] ?? '';
}

/** A home whose daemon was started in a session with this bus, or without one. */
async function daemonOf(bus: string | undefined, env: Env = {}): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.startDaemon({ ...env, DBUS_SESSION_BUS_ADDRESS: bus });
  return sandbox;
}

/** How the same daemon's lack of a keychain is told to a program with this environment. */
function keep(sandbox: Sandbox, env: Env, args: readonly string[] = []) {
  return sandbox.run([...args, ...KEEP], { env: { ...env, HOME: sandbox.home }, input: 'a value\n' });
}

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('a daemon that was started in another session', () => {
  let service: SecretService;

  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  test.each([
    ['whose bus has ended', () => endedBus()],
    ['whose bus had an abstract name and has ended', () => endedBus({ abstract: true })],
    ['without a bus, as by cron and ssh', async () => undefined],
    [
      'all of whose buses have ended',
      async () => `${await endedBus()};${await endedBus({ abstract: true })}`,
    ],
  ])('%s: a restart here is advised, and helps', async (_, bus) => {
    const sandbox = await daemonOf(await bus());
    const refused = await keep(sandbox, service.env);
    expect(refused).toMatchObject({ code: 6, stderr: RESTART });
    expect(refused.stderr).not.toContain(errorTable.keychain_unavailable.hint);

    const env = { ...service.env, HOME: sandbox.home };
    const restarted = await sandbox.run(['daemon', 'restart', '--json'], { env });
    sandbox.track(Number(JSON.parse(restarted.stdout).pid));
    expect(await keep(sandbox, service.env)).toMatchObject({ code: 0 });
  });

  test('is named by each status and by commands that are answered at once; the library needs no restart', async () => {
    const sandbox = await daemonOf(await endedBus());
    const env = { ...service.env, HOME: sandbox.home };
    expect(await keep(sandbox, service.env, ['--direct'])).toMatchObject({ code: 0 });
    const short = ['resolve', 'secret://a'];
    expect(await sandbox.run(short, { env })).toMatchObject({ code: 6, stderr: RESTART });
    for (const command of [['status'], ['daemon', 'status']]) {
      expect(await sandbox.run(command, { env })).toMatchObject({ code: 0, stderr: RESTART });
      expect((await sandbox.run(command)).stderr).not.toContain('daemon restart');
    }
    expect(await sandbox.run(['--direct', ...short], { env })).toMatchObject({
      code: 0,
      stdout: 'a value\n',
    });
  });

  test('with a bus that runs and knows no keychain: the same', async () => {
    const session = await stopAfter(startSessionWithoutKeychain());
    expect(await keep(await daemonOf(addressOf(session.env)), service.env)).toMatchObject({
      code: 6,
      stderr: RESTART,
    });
  });

  test('with the id of another bus at the same place, which is not taken for its own', async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(['--direct', 'secret', 'set', 'key-file'], { input: 'makes a vault' });
    await sandbox.startDaemon({
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${pathOf(service.env)},guid=${'0'.repeat(32)}`,
    });
    expect(await keep(sandbox, service.env)).toMatchObject({ code: 8, stderr: RESTART });
  });

  test('whose keychain is locked: it is not this one that must be unlocked', async () => {
    const other = await stopAfter(startSecretService());
    const sandbox = await daemonOf(addressOf(other.env));
    await other.lock();
    const { code, stderr } = await keep(sandbox, service.env);
    expect({ code, stderr }).toEqual({ code: 6, stderr: RESTART });
    expect(await keep(sandbox, other.env)).toMatchObject({ stderr: expect.stringContaining('Unlock your') });
  });

  test('is found out by the bus of a login, which no variable names', async () => {
    const login = startSessionWithoutBus();
    await stopAfter(login);
    linkSync(pathOf(service.env), join(login.env['XDG_RUNTIME_DIR'] ?? '', 'bus'));
    expect(await keep(await daemonOf(undefined), login.env)).toMatchObject({ code: 6, stderr: RESTART });
    const same = await daemonOf(undefined, { XDG_RUNTIME_DIR: login.env['XDG_RUNTIME_DIR'] });
    expect(await keep(same, { ...service.env, XDG_RUNTIME_DIR: undefined })).toMatchObject({ code: 0 });
  });

  test('cannot open the vault of this one: each status says why', async () => {
    const sandbox = await stopAfter(createSandbox());
    const env = { ...service.env, HOME: sandbox.home };
    await sandbox.run(['--direct', 'secret', 'set', 'a'], { env, input: 'a value' });
    await sandbox.startDaemon({ DBUS_SESSION_BUS_ADDRESS: await endedBus() });
    for (const command of [['status'], ['vault', 'status']]) {
      const { stdout, stderr } = await sandbox.run(command, { env });
      expect(stderr.match(/daemon restart/g)).toHaveLength(1);
      expect(stdout).toContain('locked');
      expect(stderr).not.toContain(errorTable.keychain_unavailable.hint);
    }
    expect(await sandbox.run(['vault', 'unlock'], { env })).toMatchObject({ code: 6, stderr: RESTART });
  });

  test('has a hint for the client library, too', async () => {
    const sandbox = await daemonOf(await endedBus());
    const program = `require(${JSON.stringify(join(import.meta.dirname, '../../dist/client.cjs'))}).connect()
      .then((client) => client.setSecret({ key: 'a', value: 'x', backend: 'keychain' }))
      .catch(({ kind, hint }) => { console.log(kind, hint); process.exit(); });`;
    const { stdout } = await sandbox.spawn([process.execPath, '-e', program], { env: service.env, input: '' })
      .exited;
    expect(stdout).toEqual(RESTART);
    expect(stdout).toContain('keychain_unavailable');
  });
});

describe.skipIf(!secretServiceInstalled())('a daemon without a keychain', () => {
  test('of the same session is not to be started again, however its bus is written', async () => {
    for (const abstract of [false, true]) {
      const session = await stopAfter(startSessionWithoutKeychain('', { abstract }));
      const bus = addressOf(session.env);
      const sandbox = await daemonOf(bus);
      for (const address of [
        bus,
        bus.replace(/,guid=.*/, ''),
        `${await endedBus()};${bus}`,
        bus.replace('session', '%73ession'),
      ])
        expect(await keep(sandbox, { DBUS_SESSION_BUS_ADDRESS: address }), address).toMatchObject({
          code: 6,
          stderr: START_ONE,
        });
    }
  });

  test('is not to be started again by a program that is in no session either', async () => {
    const sandbox = await daemonOf(await endedBus());
    const broken = [
      '',
      'nonsense',
      'unix:path=%zz',
      'unix:path=a%00b',
      `unix:path=/${'x'.repeat(900)}`,
      'autolaunch:',
      await endedBus({ abstract: true }),
    ];
    for (const address of broken)
      expect(await keep(sandbox, { DBUS_SESSION_BUS_ADDRESS: address }), address).toMatchObject({
        code: 6,
        stderr: START_ONE,
      });
    expect(await sandbox.run(['status'])).toMatchObject({ stderr: expect.not.stringContaining('restart') });
  });
});

describe.skipIf(!secretServiceInstalled())('the bus that an address leads to', () => {
  test('is known by its id, and is not taken if the address says another id', async () => {
    const session = await stopAfter(startSessionWithoutKeychain());
    const [address = '', id] = addressOf(session.env).split(',guid=');
    expect(await busAt(address)).toBe(id);
    expect(await busAt(`${address},guid=${id}`)).toBe(id);
    expect(await busAt(`${address},guid=${'0'.repeat(32)}`)).toBeUndefined();
    expect(await busAt(`unix:path=/nowhere;${address}`)).toBe(id);
    await session.stop();
    expect(await busAt(address)).toBeUndefined();
  });

  test.each([
    ['says nothing', ''],
    ['refuses', 'REJECTED EXTERNAL\r\n'],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
    ['does not end its line', 'x'.repeat(100_000)],
  ])('is not there where the program that listens %s', async (_, answer) => {
    const name = `sigilforge-test-${randomUUID()}`;
    const server = net.createServer(
      (socket) =>
        void socket
          .on('error', () => {})
          .resume()
          .write(answer),
    );
    await once(server.listen(`\0${name}`), 'listening');
    onTestFinished(() => void server.close());
    expect(await busAt(`unix:abstract=${name}`)).toBeUndefined();
  });
});
