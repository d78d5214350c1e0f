import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemdFiles } from '../../shared/service/systemd.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { hasUserManager } from '../support/start/user-manager.js';
import { filesOf, startInstalledScene } from './installed-scene.js';

/** What means something else to systemd, to a shell or to both. */
const ODD = `50% "o'ff" $HOME \\s`;

const LONG = { timeout: 120_000 };

describe.skipIf(!hasUserManager())('paths that are not plain words', LONG, () => {
  test('a home of such a name works, and its service is known again', async () => {
    const { sandbox, cli, json, manager, units, property } = await startInstalledScene(ODD);
    const home = path.join(sandbox.home, ODD);
    const installed = await json('daemon install');
    expect(installed['socket']).toBe(path.join(home, 'run', 'sigilforge.sock'));
    expect(await manager.run(`systemd-analyze verify --user ${units}/sigilforge.service`)).toBe('');
    expect(await json('daemon status')).toMatchObject({ pid: installed['pid'], started_by: 'systemd' });
    expect(await property('MainPID')).toBe(String(installed['pid']));
    expect(await json('daemon stop')).toEqual({ stopped: true });
    expect((await cli('daemon uninstall')).code).toBe(0);
    expect(filesOf(path.join(sandbox.home, '.config'))).toEqual([]);
  });

  test('Node and the program are started by such paths, and variables arrive as they are', async () => {
    const { sandbox, manager, units } = await startInstalledScene();
    // No path of a program may have quotes or backslashes in it.
    const node = path.join(sandbox.home, '50% off $HOME', 'node');
    const [program, seen] = [
      path.join(sandbox.home, ODD, 'say.cjs'),
      path.join(sandbox.home, ODD, 'seen.json'),
    ];
    for (const file of [node, program]) mkdirSync(path.dirname(file));
    symlinkSync(process.execPath, node);
    writeFileSync(
      program,
      "require('fs').writeFileSync(process.env.SEEN, JSON.stringify([process.argv0, process.argv[1], process.env.ODD]))",
    );
    const plan = { node, options: [], program, env: { SEEN: seen, ODD }, socket: sandbox.socket };
    mkdirSync(units, { recursive: true });
    for (const file of systemdFiles(units, plan)) writeFileSync(file.path, file.text);
    // It ends without having said that it is ready, so the start fails.
    await manager.run('systemctl --user daemon-reload; systemctl --user start sigilforge.service');
    expect(JSON.parse(readFileSync(seen, 'utf8'))).toEqual([node, program, ODD]);
  });
});

describe('daemon install where no service can be', () => {
  test('--print shows what would be written, and writes nothing', async () => {
    const sandbox = await stopAfter(createSandbox());
    const printed = await sandbox.run(['daemon', 'install', '--print']);
    const folder = path.join(sandbox.home, '.config', 'systemd', 'user');
    expect(printed.code).toBe(0);
    expect(printed.stdout).toContain(
      `# ${folder}/sigilforge.service\n# Written by: sigilforge daemon install.`,
    );
    expect(printed.stdout).toContain(`\nEnvironment=SIGILFORGE_HOME=${sandbox.home}\n`);
    expect(printed.stdout).toContain(`\nListenStream=${sandbox.socket}\n`);
    const { stdout } = await sandbox.run(['daemon', 'install', '--print', '--json']);
    const { manager, files } = JSON.parse(stdout) as {
      manager: string;
      files: { path: string; text: string }[];
    };
    expect(manager).toBe('systemd');
    expect(printed.stdout.trimEnd()).toBe(
      files
        .map(({ path, text }) => `# ${path}\n${text}`)
        .join('\n')
        .trimEnd(),
    );
    expect(filesOf(sandbox.home)).toEqual([]);
  });

  test('without a systemd of the user it says what to do instead', async () => {
    const sandbox = await stopAfter(createSandbox());
    const found = await sandbox.run(['daemon', 'install'], { env: { XDG_RUNTIME_DIR: sandbox.home } });
    expect(found).toMatchObject({ code: 5, stdout: '' });
    expect(found.stderr).toContain('The systemd of this user does not answer here');
    expect(found.stderr).toContain(
      'Start the daemon at login by a line in ~/.profile: sigilforge daemon start.',
    );
    expect(filesOf(sandbox.home)).toEqual([]);
  });

  test('without systemd at all, too', async () => {
    const sandbox = await stopAfter(createSandbox());
    const found = await sandbox.run(['daemon', 'install'], { env: { PATH: sandbox.home } });
    expect(found).toMatchObject({ code: 5, stdout: '' });
    expect(found.stderr).toContain('systemctl cannot be started here.');
    expect(found.stderr).toContain('sigilforge daemon run');
    expect(filesOf(sandbox.home)).toEqual([]);
    expect(await sandbox.run(['daemon', 'uninstall'], { env: { PATH: sandbox.home } })).toMatchObject({
      code: 0,
      stderr: 'sigilforge: No service of Sigilforge is installed.\n',
    });
  });

  test('a password of a proxy is in no unit, and the command says so', async () => {
    const sandbox = await stopAfter(createSandbox());
    const env = { HTTPS_PROXY: 'http://me:canary-7d1@proxy.example:3128' };
    const { stdout, stderr } = await sandbox.run(['daemon', 'install', '--print'], { env });
    expect(`${stdout}${stderr}`).not.toContain('canary-7d1');
    expect(stderr).toContain(
      'HTTPS_PROXY has a password or a name in it, and is not written into the service.',
    );
  });

  test('within a grant it is refused: the way to the daemon is a door there', async () => {
    const sandbox = await stopAfter(createSandbox());
    const env = { SIGILFORGE_SOCKET: '/a/door.sock', SIGILFORGE_FD: '9:1:2' };
    const found = await sandbox.run(['daemon', 'install', '--print'], { env });
    expect(found).toMatchObject({ code: 7, stdout: '' });
  });

  test('a service of another home is named, and left as it is', async () => {
    const sandbox = await stopAfter(createSandbox());
    const folder = path.join(sandbox.home, '.config', 'systemd', 'user');
    const another = path.join(sandbox.home, 'another');
    const plan = { node: process.execPath, options: [], program: '/sigilforged.cjs', socket: sandbox.socket };
    const files = systemdFiles(folder, { ...plan, env: { SIGILFORGE_HOME: another } });
    mkdirSync(folder, { recursive: true });
    for (const file of files) writeFileSync(file.path, file.text);
    expect(await sandbox.run(['daemon', 'install'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`The installed service is that of another home (${another}).`),
    });
    for (const file of files) expect(readFileSync(file.path, 'utf8')).toBe(file.text);
  });
});
