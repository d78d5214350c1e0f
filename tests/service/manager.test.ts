import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SERVICE_UNIT as SERVICE } from '../../shared/service/systemd.js';
import { writeCapability } from '../runs/scene.js';
import { copyWithout } from '../support/start/copied.js';
import { stopAfter } from '../support/start/stop-after.js';
import { hasUserManager } from '../support/start/user-manager.js';
import { asService, configure, type ServiceScene } from './scene.js';

// The daemon as a service of a real user manager, with its socket.

const KEY_FILE = '[vault]\nkey = "key_file"\n';

interface Status {
  readonly pid: number;
  readonly socket: string;
  readonly started_by: string;
  readonly vault: { readonly key_source: string };
}

/** What the daemon answers, which the first question starts. */
async function ask({ sandbox }: ServiceScene): Promise<Status> {
  const { code, stdout, stderr } = await sandbox.run(['status', '--no-fallback', '--json']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as Status;
}

async function started(
  changes?: Parameters<typeof asService>[0],
): Promise<ServiceScene & { readonly first: Status }> {
  const scene = await asService(changes);
  configure(scene.sandbox, KEY_FILE);
  return { ...scene, first: await ask(scene) };
}

/** The number of the listening socket in the kernel. */
function numberOf(socket: string): string {
  const line = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .find((text) => text.endsWith(` ${socket}`));
  return line?.split(/\s+/)[6] ?? '';
}

describe.skipIf(!hasUserManager())('as a service of systemd', () => {
  test('the daemon is started by the first request for a token, and says how it is', async () => {
    const scene = await asService();
    configure(scene.sandbox, KEY_FILE);
    const { sandbox, property } = scene;
    expect(await property('ActiveState')).toBe('inactive');
    expect(await sandbox.run(['get-token', 'example', 'one', '--no-fallback'])).toMatchObject({ code: 3 });
    // It says so before it answers, but systemd may read it later.
    await expect.poll(() => property('ActiveState')).toBe('active');
    expect(await property('StatusText')).toBe('0 accounts, vault unlocked');
    expect(await ask(scene)).toMatchObject({ socket: sandbox.socket, started_by: 'systemd' });
    const added = await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    expect(added).toMatchObject({ code: 0 });
    await expect.poll(() => property('StatusText'), { timeout: 20_000 }).toBe('1 account, vault unlocked');
    expect(await sandbox.run(['get-token', 'example', 'one'])).toMatchObject({ stdout: 'a key\n' });
  });

  test('it ends with the socket left to systemd, and the next request starts it again', async () => {
    const scene = await started();
    const { sandbox, manager, property, first } = scene;
    const { ino } = lstatSync(sandbox.socket);
    await manager.run(`systemctl --user stop ${SERVICE}`);
    expect(await property('ActiveState')).toBe('inactive');
    expect(await property('Result')).toBe('success');
    const second = await ask(scene);
    expect(second.pid).not.toBe(first.pid);
    const { pid } = second;
    await manager.run(`systemctl --user kill --signal=TERM ${SERVICE}`);
    await expect.poll(() => ask(scene), { timeout: 20_000 }).not.toMatchObject({ pid });
    expect(lstatSync(sandbox.socket)).toMatchObject({ ino });
  });

  test('it is there again after SIGKILL, at the same socket', async () => {
    const scene = await started();
    const { sandbox, manager, property, first } = scene;
    const { ino } = lstatSync(sandbox.socket);
    await manager.run(`systemctl --user kill --signal=KILL ${SERVICE}`);
    const { pid, socket } = await ask(scene);
    expect(pid).not.toBe(first.pid);
    expect(socket).toBe(sandbox.socket);
    expect(lstatSync(socket)).toMatchObject({ ino });
    expect(await property('NRestarts')).toBe('1');
  });

  test('it feeds the watchdog, and is ended and started again where it hangs', async () => {
    const scene = await started({ service: ['WatchdogSec=4'] });
    const { manager, property, first } = scene;
    const fed = new Set<string>();
    const feed = async () => fed.add(await property('WatchdogTimestampMonotonic')).size;
    await expect.poll(feed, { timeout: 20_000 }).toBeGreaterThan(3);
    expect(await property('NRestarts')).toBe('0');
    expect(await ask(scene)).toMatchObject({ pid: first.pid });
    await manager.run(`systemctl --user kill --signal=STOP ${SERVICE}`);
    expect((await ask(scene)).pid).not.toBe(first.pid);
    expect(await property('NRestarts')).toBe('1');
  });

  test('without koffi it is ready by systemd-notify, and no watchdog waits for it', async () => {
    const { program } = await stopAfter(copyWithout('koffi'));
    const daemon = program('sigilforged').at(-1) ?? '';
    const scene = await started({ service: ['WatchdogSec=2'], daemon });
    const { property } = scene;
    await expect.poll(() => property('ActiveState'), { timeout: 20_000 }).toBe('active');
    expect(await property('StatusText')).toBe('0 accounts, vault unlocked');
    expect(await property('WatchdogUSec')).toBe('0');
  });

  test('the programs that it starts know nothing of systemd, and do not have its socket', async () => {
    const scene = await asService();
    const { sandbox } = scene;
    const hook = path.join(sandbox.home, 'hook');
    const look = (to: string) =>
      `#!/bin/sh\n{ env; readlink /proc/self/fd/*; } > ${to}.draft\nmv ${to}.draft ${to}\n`;
    writeFileSync(hook, look(`${hook}.seen`), { mode: 0o700 });
    configure(sandbox, `${KEY_FILE}[hooks]\naccount_added = ["${hook}"]\n`);
    const seen = path.join(sandbox.home, 'run.seen');
    const manifest = { run: { runner: 'command', command: ['./main'] } };
    const folder = writeCapability(sandbox.home, 'looks', manifest, {
      main: `${look(seen)}echo '{"type":"result","response":"done"}'\n`,
    });
    for (const [args, input] of [
      [['add-account', 'example', 'one', '--api-key'], 'a key'],
      [['capability', 'add', folder], ''],
      [['capability', 'run', 'looks'], ''],
    ] as const) {
      expect(await sandbox.run([...args], { input })).toMatchObject({ code: 0 });
    }
    const number = numberOf(sandbox.socket);
    expect(number).toMatch(/^\d+$/);
    for (const file of [`${hook}.seen`, seen]) {
      await expect.poll(() => readFileSync(file, 'utf8')).toContain('PATH=');
      const text = readFileSync(file, 'utf8');
      expect(text).not.toMatch(/^(LISTEN_|NOTIFY_|WATCHDOG_|SYSTEMD_|INVOCATION_)/m);
      expect(text).not.toContain(`socket:[${number}]`);
    }
    const pid = (await scene.property('MainPID')).trim();
    const own = await scene.manager.run(`readlink /proc/${pid}/fd/*; grep flags /proc/${pid}/fdinfo/3`);
    expect(own).toContain(`socket:[${number}]`);
    expect(own).toMatch(/flags:\s*02\d*$/m);
  });

  test('the vault opens by a credential of systemd', async () => {
    const scene = await asService({ service: ['LoadCredential=sigilforge-key:%h/key'] });
    const { sandbox } = scene;
    writeFileSync(path.join(sandbox.home, 'key'), 'c'.repeat(64), { mode: 0o600 });
    configure(sandbox, '[vault]\nkey = "credential"\n');
    const added = await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    expect(added).toMatchObject({ code: 0 });
    expect(await ask(scene)).toMatchObject({ vault: { state: 'unlocked', key_source: 'credential' } });
    await scene.manager.run(`systemctl --user stop ${SERVICE}`);
    expect(await sandbox.run(['get-token', 'example', 'one'])).toMatchObject({ stdout: 'a key\n' });
  });
});
