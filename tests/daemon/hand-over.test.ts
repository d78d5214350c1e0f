import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { SUCCESSION_POINTS } from '../../daemon/core/platform/trace.js';
import type { AccountEvent, SigilforgeEvent } from '../../shared/contract/index.js';
import { VERSION } from '../../shared/version.js';
import { buildProgram } from '../faults/build-program.js';
import { ACCOUNT, addAccount, SERVICE, work } from '../support/accounts.js';
import { startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { copyWithout } from '../support/start/copied.js';
import { GrantedShell } from '../support/start/granted-shell.js';
import { isRunning } from '../support/start/processes.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

const KEY = 'kept';
const VALUE = 'the value';
const SHORT = { key: KEY };

interface Restarted {
  readonly pid: number;
  readonly already_running: boolean;
  readonly replaced_version?: string;
}

async function restart(sandbox: Sandbox, how: 'restart' | 'start' = 'restart'): Promise<Restarted> {
  const { code, stdout, stderr } = await sandbox.run(['daemon', how, '--json']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const restarted = JSON.parse(stdout) as Restarted;
  sandbox.track(restarted.pid);
  return restarted;
}

async function clientOf(socket: string): Promise<SigilforgeClient> {
  const client = await connect({ socket });
  onTestFinished(() => client.close());
  return client;
}

/** What a program gets that connects, asks once, and leaves, as a script does. */
async function askOnce(socket: string): Promise<unknown> {
  const client = await WireClient.connect(socket);
  const { result } = await client.call('get_secret', SHORT);
  await client.stop();
  return (result as { value?: unknown } | undefined)?.value;
}

/** Repeats a call until `isOver`; counts those that were answered, and keeps what went wrong. */
class Load {
  answered = 0;
  readonly wrong: unknown[] = [];

  async repeat(isOver: () => boolean, ask: () => Promise<unknown>, expected: (answer: unknown) => boolean) {
    while (!isOver()) {
      try {
        const answer = await ask();
        if (expected(answer)) this.answered += 1;
        else this.wrong.push(answer);
      } catch (thrown) {
        this.wrong.push(thrown);
      }
    }
  }
}

describe('a daemon that is replaced', () => {
  test('loses none of 10,000 requests and no grant, over four restarts', { timeout: 240_000 }, async () => {
    const scene = await stopAfter(startScene());
    const { api, sandbox } = scene;
    await addAccount(api);
    await api.setSecret({ key: KEY, value: VALUE });
    const load = new Load();
    const pids = [scene.daemon.pid];
    let isRestarting = true;
    const isOver = () => load.wrong.length > 0 || (!isRestarting && load.answered >= 10_000);
    const isQuiet = () => load.wrong.length > 0 || !isRestarting;
    const isToken = (token: unknown) => typeof token === 'string' && token.length > 20;
    const persistent = await Promise.all(Array.from({ length: 4 }, () => scene.connect()));
    const loads = [
      ...persistent.map((client) =>
        load.repeat(
          isOver,
          async () => (await client.getSecret(SHORT)).value,
          (value) => value === VALUE,
        ),
      ),
      ...Array.from({ length: 4 }, () =>
        load.repeat(
          isOver,
          () => askOnce(sandbox.socket),
          (value) => value === VALUE,
        ),
      ),
      // What changes something is never asked twice, and so must never lose its answer.
      ...persistent.map((client, index) => {
        let count = 0;
        const key = `count/${index}`;
        return load.repeat(
          isOver,
          async () => {
            count += 1;
            await client.setSecret({ key, value: String(count) });
            return (await client.getSecret({ key })).value;
          },
          (value) => value === String(count),
        );
      }),
      load.repeat(isQuiet, async () => (await api.refreshToken(work)).access_token, isToken),
      load.repeat(isQuiet, async () => (await sandbox.run(['get-token', SERVICE, ACCOUNT])).stdout, isToken),
    ];
    for (let restarts = 0; restarts < 4 && load.wrong.length === 0; restarts += 1) {
      pids.push((await restart(sandbox)).pid);
    }
    isRestarting = false;
    await Promise.all(loads);
    expect(load.wrong).toEqual([]);
    expect(load.answered).toBeGreaterThanOrEqual(10_000);
    expect(new Set(pids).size).toBe(5);
    expect(scene.provider.counts.reuse).toBe(0);
    const { access_token } = await api.getToken(work);
    expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
    expect((await api.listAccounts()).accounts).toMatchObject([{ state: 'ok' }]);
  });

  test('is gone when the next one is ready, which says so', async () => {
    const sandbox = await stopAfter(createSandbox());
    const first = await sandbox.startDaemon();
    const next = await restart(sandbox);
    expect(next).toMatchObject({ already_running: false, replaced_version: VERSION });
    expect(next.pid).not.toBe(first.pid);
    expect(await isRunning(first.pid)).toBe(false);
    expect((await sandbox.run(['daemon', 'restart'])).stderr).toContain(
      `The daemon has restarted, in version ${VERSION} as before.\n`,
    );
    const { pid } = JSON.parse((await sandbox.run(['daemon', 'status', '--json'])).stdout) as Restarted;
    sandbox.track(pid);
    expect(await isRunning(next.pid)).toBe(false);
  });

  test('twice at once is replaced twice, one after the other', async () => {
    const sandbox = await stopAfter(createSandbox());
    const first = await sandbox.startDaemon();
    const client = await clientOf(sandbox.socket);
    const both = await Promise.all([restart(sandbox), restart(sandbox)]);
    const { pid } = await client.status();
    expect(both.map((one) => one.pid)).toContain(pid);
    expect(both.map(({ replaced_version }) => replaced_version)).toEqual([VERSION, VERSION]);
    const running = await Promise.all([first.pid, ...both.map((one) => one.pid)].map(isRunning));
    expect(running.filter(Boolean)).toHaveLength(1);
  });

  test('without koffi is replaced in the same way', async () => {
    const copy = await stopAfter(copyWithout('koffi'));
    const sandbox = await stopAfter(createSandbox());
    await sandbox.spawn(copy.program('sigilforged'), { input: '' }).seen(/"ready":true/, 'stdout');
    const client = await clientOf(sandbox.socket);
    await client.setSecret({ key: KEY, value: VALUE });
    const restarting = sandbox.spawn([...copy.program('sigilforge'), 'daemon', 'restart', '--json'], {
      input: '',
    });
    const asked = await Promise.all(Array.from({ length: 20 }, () => askOnce(sandbox.socket)));
    const { pid } = JSON.parse((await restarting.exited).stdout) as Restarted;
    sandbox.track(pid);
    expect(new Set(asked)).toEqual(new Set([VALUE]));
    expect(await client.status()).toMatchObject({ pid, peers_checked: false });
    expect(await client.getSecret(SHORT)).toMatchObject({ value: VALUE });
  });

  test('answers what waits for a provider first, and stores it', async () => {
    const sandbox = await stopAfter(createSandbox());
    const provider = await stopAfter(startFakeTokenEndpoint());
    await sandbox.startDaemon();
    const client = await clientOf(sandbox.socket);
    await provider.configure(client);
    const one = { service: 'fake', account: 'one' };
    const tokens = (count: number) => ({
      body: {
        access_token: `token ${count}`,
        refresh_token: `r${count}`,
        token_type: 'bearer',
        expires_in: 3600,
      },
    });
    provider.route('POST /token', () => tokens(1));
    await client.addAccount({ ...one, flow: 'import', credential: { refresh_token: 'r0' } });
    const held = provider.held();
    // Not a call that may be made twice.
    const refreshing = client.refreshToken(one);
    const answer = await held;
    const restarting = restart(sandbox);
    const newcomer = await clientOf(sandbox.socket);
    answer(tokens(2));
    expect(await refreshing).toMatchObject({ access_token: 'token 2' });
    const { pid } = await restarting;
    expect(await newcomer.status()).toMatchObject({ pid });
    expect(await newcomer.getToken(one)).toMatchObject({ access_token: 'token 2' });
    expect(provider.sentTo('POST /token')).toHaveLength(2);
  });
});

describe('of another version', () => {
  async function startVersion(version: string): Promise<Scene> {
    const built = await stopAfter(
      buildProgram('older-daemon', { file: 'version.ts', from: '= version;', to: `= '${version}';` }),
    );
    return stopAfter(startScene({ program: () => built.command }));
  }

  test('an older one is replaced by start, and both versions are named', async () => {
    const { sandbox, api } = await startVersion('0.0.9');
    await api.setSecret({ key: KEY, value: VALUE });
    const { stderr } = await sandbox.run(['daemon', 'start']);
    expect(stderr).toContain(`The daemon was replaced: version 0.0.9 has made way for version ${VERSION}.\n`);
    expect(await api.getSecret(SHORT)).toMatchObject({ value: VALUE });
    const status = await api.status();
    sandbox.track(status.pid);
    expect(status.version).toBe(VERSION);
    expect(await restart(sandbox, 'start')).toMatchObject({ pid: status.pid, already_running: true });
  });

  test('a newer one stays, and is named with what to do', async () => {
    const { sandbox, api } = await startVersion('99.0.0');
    const { code, stderr } = await sandbox.run(['daemon', 'start']);
    expect(code).toBe(0);
    expect(stderr).toBe(
      `sigilforge: The daemon that answers is version 99.0.0, newer than this program (${VERSION}): update this program. To run version ${VERSION} all the same: sigilforge daemon restart\nsigilforge: The daemon is already running.\n`,
    );
    expect(await api.status()).toMatchObject({ version: '99.0.0' });
  });
});

describe('what belongs to a connection', () => {
  let scene: Scene;

  async function begun(): Promise<void> {
    scene = await stopAfter(startScene());
    await addAccount(scene.api);
    await scene.api.setSecret({ key: KEY, value: VALUE });
  }

  test('comes back with the next daemon: subscriptions under their ids, and doors', async () => {
    await begun();
    const { sandbox, api } = scene;
    const subscriber = await scene.connect();
    const heard: SigilforgeEvent[] = [];
    subscriber.onEvent((event) => heard.push(event));
    const { subscription } = await subscriber.subscribe({ topics: ['accounts'] });
    const opener = await scene.connect();
    const door = await opener.openDoor({ grants: [`secret://${KEY}`], name: 'kept' });
    await restart(sandbox);
    // Its opener opens it again, once it has noticed that the last daemon has ended.
    await expect
      .poll(async () => (await api.listDoors()).doors)
      .toMatchObject([{ door: door.door, name: 'kept' }]);
    expect(await askOnce(door.socket)).toBe(VALUE);
    // The connection that the subscription is on now says so before anything can happen.
    await subscriber.status();
    await api.refreshToken(work);
    await expect
      .poll(() => heard)
      .toMatchObject([{ type: 'token_refreshed', subscription } satisfies Partial<AccountEvent>]);
    expect(await subscriber.unsubscribe({ subscription })).toEqual({ removed: true });
    expect(await opener.closeDoor({ door: door.door })).toEqual({ closed: true });
    await restart(sandbox);
    expect((await api.listDoors()).doors).toEqual([]);
  });

  test('a program of exec --grant notices nothing, by either way', async () => {
    await begun();
    const { sandbox } = scene;
    const shell = new GrantedShell(
      sandbox.start(['exec', '--grant', `secret://${KEY}`, '--', 'bash'], {
        env: { S: program('sigilforge').join(' ') },
      }),
    );
    const ways = [`$S resolve secret://${KEY}`, `SIGILFORGE_SOCKET= $S resolve secret://${KEY}`];
    for (let restarts = 0; restarts < 2; restarts += 1) {
      const asked = restart(sandbox);
      for (const way of ways) expect(await shell.run(way)).toEqual({ code: 0, output: `${VALUE}\n` });
      await asked;
      for (const way of ways) expect(await shell.run(way)).toEqual({ code: 0, output: `${VALUE}\n` });
    }
    await shell.end();
  });

  test('sigilforge events goes on, and says that it may have missed some', async () => {
    await begun();
    const events = scene.sandbox.start(['events', '--json']);
    await events.seen(/Listening for events/);
    await restart(scene.sandbox);
    await events.seen(/The daemon was restarted. Events of that moment may be missing here.\n/);
    await scene.api.refreshToken(work);
    await events.seen(/token_refreshed/, 'stdout');
    events.child.kill('SIGINT');
    await events.exited;
  });
});

describe('a new daemon that is killed', () => {
  /** A successor that ends itself there. */
  async function killedAt(sandbox: Sandbox, point: string): Promise<void> {
    const crashing = await stopAfter(buildProgram('crashing-daemon'));
    const env = { SIGILFORGE_CRASH_AT: point };
    const running = sandbox.spawn([...crashing.command, '--replace=any'], { input: '', env });
    await running.seen(new RegExp(`reached ${point}`), 'stdout');
    await running.exited;
  }

  test.each(SUCCESSION_POINTS)(
    'at %s costs no grant and no secret, and the next start works',
    async (point) => {
      const scene = await stopAfter(startScene());
      const { sandbox, api } = scene;
      await addAccount(api);
      await api.setSecret({ key: KEY, value: VALUE });
      await killedAt(sandbox, point);
      await restart(sandbox, 'start');
      expect(await api.getSecret(SHORT)).toMatchObject({ value: VALUE });
      expect(await askOnce(sandbox.socket)).toBe(VALUE);
      await api.refreshToken(work);
      expect(scene.provider.counts.reuse).toBe(0);
    },
  );

  test.each(['succession.bound', 'succession.asked'])(
    'at %s, while a client has time to ask, leaves the old one, which is found again',
    async (point) => {
      const sandbox = await stopAfter(createSandbox());
      const { pid } = await sandbox.startDaemon();
      const client = await clientOf(sandbox.socket);
      await client.setSecret({ key: KEY, value: VALUE });
      // It has connected and not asked yet, so that the old one waits for it.
      const slow = await stopAfter(WireClient.connect(sandbox.socket));
      await killedAt(sandbox, point);
      // If it was not asked to go, it sees within seconds that its place was taken.
      const timeout = 10_000;
      await expect.poll(() => askOnce(sandbox.socket).catch(() => undefined), { timeout }).toBe(VALUE);
      expect(await client.status()).toMatchObject({ pid });
      expect((await slow.call('status')).result).toMatchObject({ pid });
      expect(await restart(sandbox, 'start')).toMatchObject({ pid, already_running: true });
    },
  );
});
