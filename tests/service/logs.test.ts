import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { hasUserManager } from '../support/start/user-manager.js';
import { startInstalledScene } from './installed-scene.js';

/** A line as the daemon writes it. */
function line(number: number): string {
  const time = `2026-01-01T00:00:00.${String(number).padStart(3, '0')}Z`;
  return `${JSON.stringify({ level: 30, time, pid: 1, account: 'a/b', duration_ms: number, event: 'refresh.stored' })}\n`;
}

function shown(number: number): string {
  const time = `2026-01-01T00:00:00.${String(number).padStart(3, '0')}Z`;
  return `${time}\tinfo\trefresh.stored\taccount=a/b duration_ms=${number}\n`;
}

const several = (from: number, to: number, make: (number: number) => string) =>
  Array.from({ length: to - from + 1 }, (_, index) => make(from + index)).join('');

function logOf({ home }: Sandbox): string {
  const folder = path.join(home, 'state');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return path.join(folder, 'sigilforged.log');
}

describe('daemon logs from the file', () => {
  test('shows the last lines, also of the part before the rotation, and raw ones with --json', async () => {
    const sandbox = await stopAfter(createSandbox());
    const log = logOf(sandbox);
    writeFileSync(`${log}.1`, several(1, 40, line));
    writeFileSync(log, several(41, 70, line));
    const usual = await sandbox.run(['daemon', 'logs']);
    expect(usual).toMatchObject({ code: 0, stdout: several(21, 70, shown), stderr: '' });
    const few = await sandbox.run(['daemon', 'logs', '--lines', '2', '--json']);
    expect(few.stdout).toBe(several(69, 70, line));
  });

  test('shows the end of a log that is longer than what is read at once', async () => {
    const sandbox = await stopAfter(createSandbox());
    writeFileSync(logOf(sandbox), several(1, 900, line).repeat(4));
    const { stdout } = await sandbox.run(['daemon', 'logs', '--lines', '1801']);
    expect(stdout).toBe(`${shown(900)}${several(1, 900, shown).repeat(2)}`);
  });

  test('what is not an entry is shown as it is, without what could steer a terminal', async () => {
    const sandbox = await stopAfter(createSandbox());
    writeFileSync(logOf(sandbox), 'sigilforged: \u001b[31mno\n  hint: yes\n');
    expect((await sandbox.run(['daemon', 'logs'])).stdout).not.toContain('\u001b');
    const { stdout } = await sandbox.run(['daemon', 'logs', '--json']);
    expect(stdout).toBe('{"text":"sigilforged: \\u001b[31mno"}\n{"text":"  hint: yes"}\n');
  });

  test('follows across a rotation, and ends by Ctrl-C without an error', async () => {
    const sandbox = await stopAfter(createSandbox());
    const log = logOf(sandbox);
    writeFileSync(log, several(1, 3, line));
    const following = sandbox.start(['daemon', 'logs', '--follow', '--lines', '1']);
    await following.seen(/duration_ms=3\n/, 'stdout');
    appendFileSync(log, line(4));
    await following.seen(/duration_ms=4\n/, 'stdout');
    appendFileSync(log, line(5));
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, line(6));
    writeFileSync(log, line(7));
    await following.seen(/duration_ms=7\n/, 'stdout');
    appendFileSync(log, line(8));
    await following.seen(/duration_ms=8\n/, 'stdout');
    following.child.kill('SIGINT');
    expect(await following.exited).toMatchObject({ code: 0, stdout: several(3, 8, shown), stderr: '' });
  });

  test('says so where there is none yet, and follows the one that comes', async () => {
    const sandbox = await stopAfter(createSandbox());
    const log = logOf(sandbox);
    const stderr = `sigilforge: There is no log yet: ${log}\n`;
    expect(await sandbox.run(['daemon', 'logs'])).toMatchObject({ code: 0, stdout: '', stderr });
    const following = sandbox.start(['daemon', 'logs', '--follow']);
    await following.seen(/no log yet/);
    writeFileSync(log, line(1));
    await following.seen(/duration_ms=1\n/, 'stdout');
  });

  test('log-level changes what a running daemon logs, and names the levels that there are', async () => {
    const sandbox = await stopAfter(createSandbox());
    const { stdout } = await sandbox.run(['daemon', 'start', '--json']);
    sandbox.track((JSON.parse(stdout) as { pid: number }).pid);
    const set = await sandbox.run(['daemon', 'log-level', 'warn', '--json']);
    expect(set).toMatchObject({ code: 0, stdout: '{"level":"warn"}\n' });
    const wrong = await sandbox.run(['daemon', 'log-level', 'loud']);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('LEVEL is one of trace, debug, info, warn, error.');
    await sandbox.run(['daemon', 'stop']);
    const logged = (await sandbox.run(['daemon', 'logs'])).stdout;
    expect(logged).toContain('\tdaemon.ready\t');
    expect(logged).not.toContain('\tdaemon.stopping');
    expect((await sandbox.run(['daemon', 'log-level', 'info'])).code).toBe(9);
  });
});

describe.skipIf(!hasUserManager())('daemon logs from the journal', { timeout: 120_000 }, () => {
  test('shows and follows what the installed service logs', async () => {
    const scene = await startInstalledScene();
    const { cli, json, manager } = scene;
    await manager.run(
      '/lib/systemd/systemd-journald >/dev/null 2>&1 & until [ -S /run/systemd/journal/stdout ]; do sleep 0.05; done',
    );
    const { pid } = await json('daemon install');
    const flushed = 'journalctl --sync 2>/dev/null;';
    await manager.run(flushed);
    const first = await cli('daemon logs --json');
    expect(first.output).toMatch(new RegExp(`^\\{"level":30,.*"pid":${pid},.*"event":"daemon.ready"\\}\n$`));
    await cli('daemon stop');
    await manager.run(flushed);
    const { output } = await cli('daemon logs --lines 2');
    expect(output).toMatch(/^\S+\tinfo\tdaemon.stopping\n\S+\tinfo\tdaemon.stopped\n$/);
    const file = path.join(scene.sandbox.home, 'followed');
    const shows = (event: string) => `until grep -q ${event} ${file} 2>/dev/null; do sleep 0.05; done`;
    const { code } = await cli(
      `daemon logs --follow --lines 1 > ${file} & ${shows('stopped')}; systemctl --user start sigilforge.service; ${shows('ready')}; kill $!; wait $!`,
    );
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^\S+\tinfo\tdaemon.stopped\n\S+\tinfo\tdaemon.ready\t.*\n$/);
  });
});
