import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import {
  daemonUnit,
  hasUserManager,
  startUserManager,
  type UserManager,
} from '../support/start/user-manager.js';
import { type ManifestPart, writeCapability } from './scene.js';

// The daemon as a service of a real user manager: each run is a unit of its own.

const SERVICE = 'sigilforge-test.service';
const CANARY = 'canary-of-the-unit-7f3a91c2';

/** Leaves no trace but its cgroup: a session of its own, no parent, no environment. */
const HIDDEN = (token: string) =>
  `( env -i setsid /bin/sh -c ': > ${token}; exec /bin/sleep ${token}' & )\nuntil [ -e ${token} ]; do sleep 0.01; done\n`;

interface Scene {
  readonly sandbox: Sandbox;
  readonly manager: UserManager;
  readonly api: SigilforgeClient;
  connect(): Promise<SigilforgeClient>;
  add(name: string, code: string, part?: ManifestPart): Promise<void>;
}

/** Resolves once the service answers. */
async function underSystemd(): Promise<Scene> {
  const sandbox = await stopAfter(createSandbox());
  const clients: SigilforgeClient[] = [];
  const units = path.join(sandbox.home, '.config', 'systemd', 'user');
  mkdirSync(units, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n', {
    mode: 0o600,
  });
  writeFileSync(path.join(units, SERVICE), daemonUnit(sandbox));
  const manager = await stopAfter(startUserManager(sandbox));
  const open = async (): Promise<SigilforgeClient> => {
    await manager.run(`systemctl --user start ${SERVICE}`);
    const client = await vi.waitFor(() => connect({ socket: sandbox.socket }), 20_000);
    clients.push(client);
    return client;
  };
  const api = await open();
  await stopAfter({ stop: async () => void (await Promise.all(clients.map((client) => client.close()))) });
  return {
    ...{ sandbox, manager, api, connect: open },
    async add(name, code, part = {}) {
      const run = { runner: 'command', command: ['./main'] };
      const required_secrets = [{ name: 'KEY' }];
      const manifest = {
        run,
        required_secrets,
        grants: ['secret://canary'],
        env: { CANARY: 'secret://canary' },
        ...part,
      };
      const folder = writeCapability(sandbox.home, name, manifest, { main: `#!/bin/sh\n${code}` });
      await api.registerCapability({ path: folder });
      await api.setSecret({ key: 'canary', value: CANARY });
      await api.grantCapability({ name, grant: 'secret://canary' });
      await api.setCapabilitySecret({ name, key: 'KEY', value: CANARY });
    },
  };
}

/** Every process of this machine with this word in its arguments. */
function running(word: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(word);
    } catch {
      return false;
    }
  });
}

async function started({ api }: Scene, name: string, word: string): Promise<string> {
  const { run } = await api.runCapability({ name });
  await expect.poll(() => running(word).length, { timeout: 20_000 }).toBe(1);
  return run.id;
}

describe.skipIf(!hasUserManager())('a run under systemd', () => {
  test('is a unit of its own, with the environment and the descriptors of any run and nothing secret in it', async () => {
    const scene = await underSystemd();
    const code = `
read -r request
grep -o '[^/]*$' /proc/self/cgroup | grep sigilforge
env
[ -S /proc/self/fd/20 ] && echo "a socket"
echo "$CANARY" | wc -c
until [ -e "$HOME/go-on" ]; do sleep 0.05; done
echo '{"type":"result","response":"done"}'
`;
    await scene.add('looks', code);
    const { run } = await scene.api.runCapability({ name: 'looks' });
    const unit = `sigilforge-run-${run.id}.scope`;
    const output = async () =>
      (await scene.api.listMessages({ run_id: run.id })).messages
        .filter(({ role }) => role === 'output')
        .map(({ content }) => content);
    await expect.poll(output, { timeout: 20_000 }).toContain(String(CANARY.length + 1));
    expect((await output())[0]).toBe(unit);
    expect(await output()).toContain('a socket');
    const names = (await output()).flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(names).toEqual(
      expect.arrayContaining(['CANARY', 'SIGILFORGE_RUN', 'SIGILFORGE_SOCKET', 'SIGILFORGE_FD']),
    );
    for (const name of ['INVOCATION_ID', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'SIGILFORGE_HOME']) {
      expect(names).not.toContain(name);
    }
    const shown = await scene.manager.run(
      `cat /run/user/0/systemd/transient/${unit}; systemctl --user show ${unit}; cat /proc/*/cmdline | tr '\\0' ' '`,
    );
    expect(shown).toContain(`BindsTo=${SERVICE}`);
    expect(shown).toMatch(/After=.*sigilforge-test\.service/);
    expect(shown).not.toContain(CANARY);
    writeFileSync(path.join(scene.sandbox.home, 'go-on'), '');
    const ended = await scene.api.waitRun({ run_id: run.id });
    expect(ended).toMatchObject({ run: { status: 'completed', exit_code: 0 }, response: 'done' });
    const listed = () => scene.manager.run(`systemctl --user list-units --all --no-legend '${unit}'`);
    await expect.poll(listed, { timeout: 20_000 }).toBe('');
  });

  test('ends whole: what hides from everything but its cgroup ends with it, and if it is cancelled', async () => {
    const scene = await underSystemd();
    await scene.add('ends', `${HIDDEN('60001')}echo '{"type":"result","response":"done"}'\n`);
    await scene.add('stays', `${HIDDEN('60002')}exec sleep 60003\n`);
    expect(await scene.api.runCapability({ name: 'ends', wait: true })).toMatchObject({ response: 'done' });
    expect(running('60001')).toEqual([]);
    const id = await started(scene, 'stays', '60003');
    expect(running('60002')).toHaveLength(1);
    expect(await scene.api.cancelRun({ run_id: id })).toEqual({ cancelled: true });
    expect([...running('60002'), ...running('60003')]).toEqual([]);
    expect(await scene.api.getRun({ run_id: id })).toMatchObject({ run: { status: 'cancelled' } });
  });

  test.each([
    ['is killed', `systemctl --user kill --signal=KILL ${SERVICE}`],
    ['is stopped', `systemctl --user stop ${SERVICE}`],
  ])('is interrupted if the service %s, and nothing of it is left', async (_, command) => {
    const scene = await underSystemd();
    await scene.add('stays', `${HIDDEN('60004')}exec sleep 60005\n`);
    const id = await started(scene, 'stays', '60005');
    await scene.manager.run(command);
    await expect.poll(() => [...running('60004'), ...running('60005')], { timeout: 20_000 }).toEqual([]);
    await scene.manager.run(
      `systemctl --user reset-failed; until ! systemctl --user -q is-active ${SERVICE}; do sleep 0.05; done`,
    );
    const api = await scene.connect();
    await expect.poll(() => api.getRun({ run_id: id })).toMatchObject({ run: { status: 'interrupted' } });
  });

  test.each([
    ['is killed', `systemctl --user kill --signal=KILL ${SERVICE}`],
    ['is stopped, as before an upgrade', `systemctl --user stop ${SERVICE}`],
  ])('a bot is in a unit of its own, and is up again once if the service %s', async (_, command) => {
    const scene = await underSystemd();
    await scene.add('watcher', `${HIDDEN('60006')}exec sleep 60007\n`, { service: true });
    await scene.api.startCapability({ name: 'watcher' });
    await expect.poll(() => running('60007').length, { timeout: 20_000 }).toBe(1);
    const botOf = async (api: SigilforgeClient) =>
      (await api.getCapability({ name: 'watcher' })).capability.bot;
    const before = (await botOf(scene.api))?.run_id ?? '';
    const groups = [...running('60006'), ...running('60007')].map((pid) =>
      readFileSync(`/proc/${pid}/cgroup`, 'latin1'),
    );
    expect(groups).toHaveLength(2);
    for (const group of groups) expect(group).toContain(`sigilforge-run-${before}.scope`);
    await scene.manager.run(command);
    await expect.poll(() => [...running('60006'), ...running('60007')], { timeout: 20_000 }).toEqual([]);
    await scene.manager.run(
      `systemctl --user reset-failed; until ! systemctl --user -q is-active ${SERVICE}; do sleep 0.05; done`,
    );
    const api = await scene.connect();
    await expect.poll(() => running('60007').length, { timeout: 20_000 }).toBe(1);
    await expect.poll(() => running('60006').length, { timeout: 20_000 }).toBe(1);
    expect((await api.getRun({ run_id: before })).run.status).toBe('interrupted');
    expect((await botOf(api))?.run_id).not.toBe(before);
    await api.stopCapability({ name: 'watcher' });
    expect([...running('60006'), ...running('60007')]).toEqual([]);
  });
});
