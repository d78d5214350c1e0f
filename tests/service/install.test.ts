import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import { isRunning } from '../support/start/processes.js';
import { program } from '../support/start/sandbox.js';
import { hasUserManager } from '../support/start/user-manager.js';
import { FILES, filesOf, type InstalledScene, startInstalledScene } from './installed-scene.js';

/** Each starts systemd and the command line some ten times. */
const LONG = { timeout: 120_000 };

const TOKEN = 'canary-of-the-service-51b0e7';

async function addKey({ cli }: InstalledScene): Promise<void> {
  const { code, output } = await cli(`add-account example work --api-key <<< ${TOKEN}`);
  expect(output).not.toContain(TOKEN);
  expect(code).toBe(0);
}

/** Asks for the same token again and again, each time by a new connection, until `over`. Returns how often. */
async function askUntil(socket: string, over: Promise<unknown>): Promise<number> {
  let goesOn = true;
  let answered = 0;
  void over.finally(() => {
    goesOn = false;
  });
  while (goesOn) {
    const client = await connect({ socket });
    const token = await client.getToken({ service: 'example', account: 'work' });
    expect(token).toMatchObject({ access_token: TOKEN });
    await client.close();
    answered += 1;
  }
  return answered;
}

describe.skipIf(!hasUserManager())('daemon install under systemd', LONG, () => {
  test('a service from its first day to its last: activated, killed, restarted under load, and removed whole', async () => {
    const scene = await startInstalledScene();
    const { sandbox, manager, units, cli, json, property } = scene;
    const before = filesOf(sandbox.home);
    const installed = await json('daemon install');
    const files = FILES.map((name) => path.join(units, name));
    expect(installed).toMatchObject({ manager: 'systemd', files, written: files, socket: sandbox.socket });
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await property('MainPID')).toBe(String(installed['pid']));
    expect(await manager.run(`systemd-analyze verify --user ${files.join(' ')}`)).toBe('');
    expect(await manager.run("systemctl --user list-unit-files --no-legend 'sigilforge*' | sort")).toMatch(
      /^sigilforge\.service +enabled .*\nsigilforge\.socket +enabled /,
    );

    await addKey(scene);
    await manager.run('systemctl --user stop sigilforge.service');
    const asked = await cli('get-token example work --no-fallback');
    expect(asked).toEqual({ code: 0, output: `${TOKEN}\n` });
    const first = await property('MainPID');
    expect(await json('daemon status')).toMatchObject({ pid: Number(first), started_by: 'systemd' });

    await manager.run('systemctl --user kill --signal=KILL sigilforge.service');
    expect(await cli('get-token example work --no-fallback')).toEqual(asked);
    const second = await property('MainPID');
    expect(second).not.toBe(first);

    const restarting = cli('daemon restart');
    const answered = await Promise.all(Array.from({ length: 4 }, () => askUntil(sandbox.socket, restarting)));
    expect(Math.min(...answered)).toBeGreaterThan(0);
    expect((await restarting).code).toBe(0);
    expect(await property('MainPID')).not.toBe(second);

    const removed = await json('daemon uninstall');
    expect(removed).toMatchObject({
      removed: files,
      left: [],
      kept: { data: path.join(sandbox.home, 'data') },
    });
    expect(filesOf(sandbox.home)).toEqual(before);
    expect(
      await manager.run(
        "systemctl --user list-units --all --no-legend 'sigilforge*'; systemctl --user list-unit-files --no-legend 'sigilforge*'",
      ),
    ).toBe('');
    expect(await cli('daemon status')).toMatchObject({ code: 3, output: 'daemon\tnot running\n' });
    expect(await cli('get-token example work --direct')).toMatchObject({ code: 0 });
  });

  test('again, it writes nothing and the daemon runs on; with another environment it is written and started again', async () => {
    const { cli, json, units } = await startInstalledScene();
    const first = await json('daemon install');
    const again = await json('daemon install');
    expect(again).toEqual({ ...first, written: [] });
    expect((await cli('daemon install')).output).toContain(
      'The service was installed already, and is running.',
    );
    const changed = await json('daemon install', { NO_PROXY: 'a.example' });
    expect(changed['written']).toEqual([path.join(units, 'sigilforge.service')]);
    expect(changed['pid']).not.toBe(first['pid']);
    expect(readFileSync(path.join(units, 'sigilforge.service'), 'utf8')).toContain(
      '\nEnvironment=NO_PROXY=a.example\n',
    );
  });

  test('another socket in config.toml moves the socket of the service', async () => {
    const { sandbox, json, property } = await startInstalledScene();
    await json('daemon install');
    const moved = path.join(sandbox.home, 'run', 'other.sock');
    writeFileSync(
      path.join(sandbox.home, 'config', 'config.toml'),
      `[daemon]\nsocket = "${moved}"\n[vault]\nkey = "key_file"\n`,
    );
    const { socket, pid } = await json('daemon install');
    expect(socket).toBe(moved);
    expect(await property('Listen', 'sigilforge.socket')).toBe(`${moved} (Stream)`);
    expect(await json('daemon status')).toMatchObject({ pid, socket: moved });
    expect(() => statSync(sandbox.socket)).toThrow('ENOENT');
  });

  test('a daemon that a command has started makes way for the service', async () => {
    const { cli, json } = await startInstalledScene();
    const { pid } = await json('daemon start');
    const { output } = await cli('daemon install');
    expect(output).toContain('The daemon that was running has been stopped for it.');
    expect(await json('daemon status')).toMatchObject({ running: true, started_by: 'systemd' });
    expect(await json('daemon status')).not.toMatchObject({ pid });
  });

  test('stop stops the socket too, so that no client starts it, and start brings both back', async () => {
    const scene = await startInstalledScene();
    const { cli, json, property } = scene;
    const { pid } = await json('daemon install');
    await addKey(scene);
    expect(await json('daemon start')).toEqual({ pid, socket: scene.sandbox.socket, already_running: true });
    const { output } = await cli('daemon stop');
    expect(output).toContain('until you run: sigilforge daemon start. No client starts it.');
    expect(await property('ActiveState', 'sigilforge.socket')).toBe('inactive');
    expect((await cli('get-token example work')).output).toContain('No daemon is running,');
    const idle = 'daemon\tnot running\nservice\tinstalled\n';
    expect(await cli('daemon status')).toEqual({ code: 3, output: idle });
    expect(await json('daemon stop')).toEqual({ stopped: false });
    const started = await json('daemon start');
    expect(started).toMatchObject({ already_running: false, pid: Number(await property('MainPID')) });
    expect(await cli('get-token example work')).toEqual({ code: 0, output: `${TOKEN}\n` });
  });

  test('start puts this version in the place of an older one, and restart the service in that of a command', async () => {
    const { sandbox, manager, cli, json, property } = await startInstalledScene();
    const { pid } = await json('daemon install');
    const presence = path.join(sandbox.home, 'data', 'daemon.json');
    writeFileSync(presence, readFileSync(presence, 'utf8').replace('"0.1.0"', '"0.0.9"'));
    expect(await json('daemon start')).toMatchObject({ already_running: false });
    expect(await property('MainPID')).not.toBe(String(pid));
    await json('daemon stop');
    await manager.run(
      `SIGILFORGE_HOME=${sandbox.home} ${program('sigilforged').join(' ')} >/dev/null 2>&1 &`,
    );
    await vi.waitFor(() => statSync(sandbox.socket), 20_000);
    const { output } = await cli('daemon start');
    expect(output).toContain('A command has started it, not the service.');
    await json('daemon restart');
    expect(await json('daemon status')).toMatchObject({ started_by: 'systemd' });
  });

  test('status does not start a service that rests', async () => {
    const { cli, json, manager, property } = await startInstalledScene();
    await json('daemon install');
    await manager.run('systemctl --user stop sigilforge.service');
    expect((await cli('daemon status')).code).toBe(3);
    expect(await property('ActiveState')).toBe('inactive');
    expect(await property('ActiveState', 'sigilforge.socket')).toBe('active');
  });

  test('another home has no part in it: there, commands start and stop a daemon of its own', async () => {
    const { sandbox, json, property } = await startInstalledScene();
    const { pid } = await json('daemon install');
    const home = path.join(sandbox.home, 'state', 'other');
    mkdirSync(home, { recursive: true, mode: 0o700 });
    cpSync(path.join(sandbox.home, 'config'), path.join(home, 'config'), { recursive: true });
    const other = { SIGILFORGE_HOME: home };
    const started = await json('daemon start', other);
    expect(started['pid']).not.toBe(pid);
    expect(await json('daemon stop', other)).toEqual({ stopped: true });
    expect(await isRunning(Number(started['pid']))).toBe(false);
    expect(await property('MainPID')).toBe(String(pid));
  });

  test('a mistake in config.toml is not tried again and again; once it is corrected, start is enough', async () => {
    const { sandbox, cli, json, property } = await startInstalledScene();
    const config = path.join(sandbox.home, 'config', 'config.toml');
    const right = readFileSync(config, 'utf8');
    writeFileSync(config, `${right}\n[runs]\nat_once = 0\n`);
    const failed = await cli('daemon install');
    expect(failed.code).toBe(5);
    expect(failed.output).toContain('hint: See why with: sigilforge daemon logs');
    expect(await property('NRestarts')).toBe('0');
    writeFileSync(config, right);
    expect(await json('daemon start')).toMatchObject({ already_running: false });
  });
});

describe.skipIf(!hasUserManager())('files that a person wrote', LONG, () => {
  test('a unit of that name is not replaced', async () => {
    const { sandbox, cli, json, manager, units } = await startInstalledScene();
    await manager.run(`mkdir -p ${units}`);
    const file = path.join(units, 'sigilforge.socket');
    writeFileSync(file, '[Socket]\nListenStream=/tmp/none\n');
    const before = filesOf(sandbox.home);
    const { code, output } = await cli('daemon install');
    expect(code).toBe(1);
    expect(output).toContain(`${file} was not written by Sigilforge, and is not replaced.`);
    expect(filesOf(sandbox.home)).toEqual(before);
    expect(await json('daemon uninstall')).toMatchObject({ removed: [], left: [] });
    expect(filesOf(sandbox.home)).toEqual(before);
  });

  test('a changed one is neither replaced nor removed, and what was put beside it is named', async () => {
    const { cli, json, manager, units } = await startInstalledScene();
    await json('daemon install');
    const file = path.join(units, 'sigilforge.service');
    writeFileSync(file, readFileSync(file, 'utf8').replace('RestartSec=1', 'RestartSec=2'));
    await manager.run(`mkdir ${file}.d; printf '[Service]\\nNoNewPrivileges=no\\n' > ${file}.d/own.conf`);
    const again = await cli('daemon install');
    expect(again.code).toBe(1);
    expect(again.output).toContain(`${file} was changed since it was written, and is not replaced.`);
    const { output } = await cli('daemon uninstall');
    expect(output).toContain(`Removed: ${path.join(units, 'sigilforge.socket')}`);
    expect(output).toContain(`${file} was changed or made by you, and is still there.`);
    expect(output).toContain(`${file}.d was changed or made by you, and is still there.`);
    expect(filesOf(units)).toEqual([
      'sigilforge.service',
      'sigilforge.service.d',
      'sigilforge.service.d/own.conf',
    ]);
    expect(await manager.run('systemctl --user is-enabled sigilforge.service')).toContain('disabled');
  });
});
