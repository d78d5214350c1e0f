import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judge } from '../../daemon/doctor/checks/core-files.js';
import { copyWithout } from '../support/start/copied.js';
import { found } from '../support/start/doctor.js';
import { createSandbox, isRoot } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const safe = (pid: number) => ({
  state: 'ok',
  sentence: `A crash of the daemon (process ${pid}) would not write its memory to disk.`,
  cure: null,
});
const unsafe = (pid: number) => ({
  state: 'warning',
  sentence: `A crash of the daemon (process ${pid}) could write its memory, tokens too, to a core file.`,
  cure: 'Start it with a limit of 0: ulimit -c 0; sigilforge daemon restart',
});

test('no daemon has none, and one as it is writes none', async () => {
  const sandbox = await stopAfter(createSandbox());
  expect(await found(sandbox, 'core files')).toEqual([]);
  const { pid } = await sandbox.startDaemon();
  expect(await found(sandbox, 'core files')).toEqual([safe(pid)]);
}, 120_000);

// Only root can undo from outside what a daemon does for itself.
test.runIf(isRoot && process.platform === 'linux')(
  'one without koffi writes none, until its filter and its limit are changed by another program',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const copied = await stopAfter(copyWithout('koffi'));
    const running = sandbox.spawn(copied.program('sigilforged'), { input: '' });
    await running.seen(/"ready":true/, 'stdout');
    const { pid } = running;
    expect(await found(sandbox, 'core files')).toEqual([safe(pid)]);
    writeFileSync(`/proc/${pid}/coredump_filter`, '0x33');
    const limit = (bytes: string) => execFileSync('prlimit', ['--pid', String(pid), `--core=${bytes}`]);
    limit('unlimited');
    expect(await found(sandbox, 'core files')).toEqual([unsafe(pid)]);
    limit('0');
    expect(await found(sandbox, 'core files')).toEqual([safe(pid)]);
  },
  120_000,
);

describe('what the system says about a process', () => {
  test.each([
    ['closed to its user', { limited: false, empty: false, closed: true }, safe(7)],
    ['nothing at all', { limited: undefined, empty: undefined, closed: false }, undefined],
    ['no limit, and all of its memory', { limited: false, empty: false, closed: false }, unsafe(7)],
  ])('%s', (_, says, finding) => {
    expect(judge(7, says)).toEqual(
      finding ?? {
        state: 'warning',
        sentence:
          'The system does not say whether a crash of the daemon (process 7) would write its memory to disk.',
        cure: 'See it as root: cat /proc/7/limits',
      },
    );
  });
});
