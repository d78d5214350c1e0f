import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nativeProgram } from '../../client/native/programs.js';
import type { Running } from '../support/start/running.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { hasPython, onTerminal, signalProgram, Terminal } from '../support/start/terminal.js';

const CLI = fileURLToPath(new URL('../../dist/sigilforge.cjs', import.meta.url));
const LAUNCHER = process.platform === 'linux' ? nativeProgram('sigilforge-run') : undefined;
const SECRET = 'a-secret-of-some-length';
const PATIENT = { timeout: 20_000 };

/** The ways to run a program; bare is what the others are held against. */
const ways: Record<string, (command: readonly string[]) => string[]> = {
  bare: (command) => [...command],
  exec: (command) => [process.execPath, CLI, 'exec', '--env', 'A=env://SECRET', '--', ...command],
  'exec --mask': (command) => [
    process.execPath,
    CLI,
    'exec',
    '--mask',
    '--env',
    'A=env://SECRET',
    '--',
    ...command,
  ],
  'exec --grant': (command) => [
    ...[process.execPath, CLI, 'exec', '--grant', 'secret://team/*'],
    ...['--env', 'A=env://SECRET', '--', ...command],
  ],
};

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.startDaemon();
});

afterAll(() => sandbox.stop());

function spawn(command: readonly string[]): Running {
  return sandbox.spawn(command, { env: { SECRET } });
}

/** Names of signals in the order in which they came. */
function arrivals(output: string): string[] {
  return output.match(/SIG[A-Z0-9]+/g) ?? [];
}

const SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGTSTP',
  'SIGCONT',
  'SIGWINCH',
] as const;

describe.skipIf(!hasPython)('without a terminal', () => {
  async function collect(way: string): Promise<{ got: string[]; code: number | null }> {
    const running = spawn(['setsid', ...(ways[way]?.(signalProgram()) ?? [])]);
    await running.seen(/ready/, 'stdout');
    for (const [index, signal] of SIGNALS.entries()) {
      running.child.kill(signal);
      await running.seen(new RegExp(signal), 'stdout');
      // A second arrival of the same would come before this one.
      running.child.kill('SIGUSR2');
      await running.seen(new RegExp(`(?:SIGUSR2[^]*){${index + 1}}`), 'stdout');
    }
    running.write('end\n');
    const { code, stdout } = await running.exited;
    return { got: arrivals(stdout), code };
  }

  test.each(Object.keys(ways))('%s: each signal arrives once', async (way) => {
    expect(await collect(way)).toEqual({ got: SIGNALS.flatMap((signal) => [signal, 'SIGUSR2']), code: 7 });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)(
    '%s ends a program that does not care for it',
    async (signal) => {
      const usual = signalProgram(`-${signal.slice(3)}`);
      const bare = spawn(['setsid', ...usual]);
      const wrapped = spawn(['setsid', ...(ways['exec']?.(usual) ?? [])]);
      for (const running of [bare, wrapped]) {
        await running.seen(/ready/, 'stdout');
        running.child.kill(signal);
      }
      expect((await bare.exited).signal).toBe(signal);
      const { constants } = await import('node:os');
      expect((await wrapped.exited).code).toBe(128 + constants.signals[signal]);
    },
  );
});

describe.skipIf(!hasPython)('on a terminal', () => {
  function start(way: string, command: readonly string[], lead = false): Terminal {
    return new Terminal(spawn(onTerminal(ways[way]?.(command) ?? [], { lead })));
  }

  /** Sends a signal that only the started process gets, and waits until it has arrived: what came before, has come. */
  async function fence(terminal: Terminal, count: number): Promise<void> {
    terminal.act('kill USR2');
    await terminal.shown('SIGUSR2', count);
  }

  const keys = [
    ['SIGINT', (terminal: Terminal) => terminal.type('\u0003')],
    ['SIGQUIT', (terminal: Terminal) => terminal.type('\u001c')],
    ['SIGTSTP', (terminal: Terminal) => terminal.type('\u001a')],
    ['SIGTERM', (terminal: Terminal) => terminal.act('kill TERM')],
    ['SIGUSR1', (terminal: Terminal) => terminal.act('kill USR1')],
    ['SIGCONT', (terminal: Terminal) => terminal.act('continue')],
    ['SIGWINCH', (terminal: Terminal) => terminal.act('resize 120 50')],
  ] as const;

  async function collect(way: string): Promise<string[]> {
    const terminal = start(way, signalProgram());
    await terminal.shown('ready');
    for (const [index, [signal, act]] of keys.entries()) {
      act(terminal);
      await terminal.shown(signal);
      await fence(terminal, index + 1);
    }
    terminal.type('end\n');
    await terminal.event(/exit 7/);
    return arrivals(await terminal.ended());
  }

  test.each(Object.keys(ways))('%s: keys, resizing and kill arrive once', async (way) => {
    const expected = keys.flatMap(([signal]) => [signal, 'SIGUSR2']);
    expect(await collect(way)).toEqual(expected);
  });

  test.each(Object.keys(ways))(
    '%s: Ctrl-Z stops the job as the shell sees it, and it goes on',
    async (way) => {
      const terminal = start(way, signalProgram('-TSTP'));
      await terminal.shown('ready');
      for (const count of [1, 2]) {
        terminal.type('\u001a');
        await terminal.event(new RegExp(`(?:stopped[^]*){${count}}`));
        terminal.act('continue');
        await terminal.shown('SIGCONT', count);
        await fence(terminal, count);
      }
      terminal.type('end\n');
      await terminal.event(/exit 7/);
      expect(arrivals(await terminal.ended())).toEqual(['SIGCONT', 'SIGUSR2', 'SIGCONT', 'SIGUSR2']);
    },
  );

  test.each(Object.keys(ways))('%s: Ctrl-C ends a program that does not care for it', async (way) => {
    const terminal = start(way, signalProgram('-INT'));
    await terminal.shown('ready');
    terminal.type('\u0003');
    await terminal.event(way === 'bare' ? /signal 2\n/ : /exit 130\n/);
    await terminal.ended();
  });

  test.each(Object.keys(ways))('%s: a program learns that the terminal hangs up', async (way) => {
    const file = path.join(sandbox.home, `hangup-${way.replaceAll(' ', '')}`);
    const terminal = start(way, signalProgram(file, '-TERM'), true);
    const [, pid] = await terminal.event(/job (\d+)/);
    await expect.poll(() => readFile(file, 'utf8').catch(() => ''), PATIENT).toBe('ready\n');
    terminal.act('hangup');
    await expect.poll(() => readFile(file, 'utf8'), PATIENT).toContain('SIGHUP');
    process.kill(Number(pid), 'SIGUSR2');
    await expect.poll(() => readFile(file, 'utf8'), PATIENT).toContain('SIGUSR2');
    // The kernel continues what it hangs up, lest it be stopped.
    expect(arrivals(await readFile(file, 'utf8')).filter((name) => name !== 'SIGCONT')).toEqual([
      'SIGHUP',
      'SIGUSR2',
    ]);
    process.kill(Number(pid), 'SIGTERM');
    // Node itself would abort, because it cannot restore the modes of a terminal that has gone.
    await terminal.event(way === 'bare' ? /signal 15\n/ : /exit 143\n/);
    await terminal.ended();
  });

  test.each(Object.keys(ways))('%s: a terminal that hangs up ends the program as usual', async (way) => {
    const terminal = start(way, ['sh', '-c', 'echo ready; exec sleep 1000'], true);
    await terminal.shown('ready');
    terminal.act('hangup');
    await terminal.event(way === 'bare' ? /signal 1\n/ : /exit 129\n/);
    await terminal.ended();
  });

  test.each(Object.keys(ways))(
    '%s: a program that does not care reads the end of its terminal',
    async (way) => {
      const file = path.join(sandbox.home, `end-${way.replaceAll(' ', '')}`);
      const script = `trap "" HUP; echo ready; cat >/dev/null 2>&1; echo over >"${file}"`;
      const terminal = start(way, ['sh', '-c', script], true);
      await terminal.shown('ready');
      terminal.act('hangup');
      await expect.poll(() => readFile(file, 'utf8').catch(() => ''), PATIENT).toBe('over\n');
      await terminal.ended();
    },
  );

  test.skipIf(LAUNCHER === undefined)('a signal that comes at once is not lost', PATIENT, async () => {
    const early = fileURLToPath(new URL('early-signal.py', import.meta.url));
    const { stdout } = await spawn(['python3', early, LAUNCHER ?? '']).exited;
    expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(['143']));
  });

  test('another command outlives its terminal, and ends with its own status', async () => {
    const log = path.join(sandbox.home, 'prompt');
    const cli = `"${process.execPath}" "${CLI}" secret set key`;
    const script = `trap '' HUP; exec 3<&0; setsid sh -c '${cli} <&3; echo $? > "${log}"'`;
    const waiting = ['sh', '-c', script];
    const terminal = new Terminal(spawn(onTerminal(waiting, { lead: true })));
    await terminal.shown('Secret');
    terminal.act('hangup');
    await expect.poll(() => readFile(log, 'utf8').catch(() => ''), PATIENT).toMatch(/^(?!134)\d+\n$/);
    await terminal.ended();
  });

  test.each(Object.keys(ways))(
    '%s: output is a terminal with colours and the right size, also the new one',
    async (way) => {
      const script = [
        'const { stdin, stdout, stderr } = process;',
        'const size = () => stdout.columns + "x" + stdout.rows;',
        'console.log([stdin.isTTY, stdout.isTTY, stderr.isTTY, size(), stdout.hasColors()].join(" "));',
        'stdout.on("resize", () => { console.log("now", size()); process.exit(5); });',
        'setInterval(() => {}, 1000);',
      ].join('');
      const terminal = start(way, [process.execPath, '-e', script]);
      await terminal.shown('true true true 100x40 true');
      terminal.act('resize 77 20');
      await terminal.shown('now 77x20');
      await terminal.event(/exit 5/);
      await terminal.ended();
    },
  );

  test.each(Object.keys(ways))('%s: the same bytes as through a pipe', async (way) => {
    const script = 'printf "one\\ttwo\\nä €\\n\\033[31mred\\033[0m\\r\\n"; printf err >&2';
    const terminal = start(way, ['sh', '-c', script]);
    const shown = await terminal.ended();
    // The terminal adds its carriage returns.
    expect(shown).toBe('one\ttwo\r\nä €\r\n\u001b[31mred\u001b[0m\r\r\nerr');
    const piped = await spawn(['setsid', ...(ways[way]?.(['sh', '-c', script]) ?? [])]).exited;
    expect(piped.stdout.replaceAll('\n', '\r\n') + piped.stderr).toBe(shown);
  });

  test('a value shows on a terminal, unless --mask hides it', async () => {
    const command = ['sh', '-c', 'echo "<$A>"; echo "<$A>" >&2; test "$(tty)" != "not a tty"'];
    const open = start('exec', command);
    expect(await open.ended()).toBe(`<${SECRET}>\r\n<${SECRET}>\r\n`);
    const hidden = start('exec --mask', command);
    expect(await hidden.ended()).toBe('<[redacted]>\r\n<[redacted]>\r\n');
    await hidden.event(/exit 0/);
  });

  test('without a native program for the pseudo-terminal --mask says so', async () => {
    const hook = path.join(sandbox.home, 'no-native.cjs');
    await writeFile(
      hook,
      `const fs = require('node:fs');
       const { accessSync } = fs;
       fs.accessSync = (file, ...rest) => {
         if (String(file).endsWith('sigilforge-run')) throw new Error('no build');
         return accessSync(file, ...rest);
       };`,
    );
    const command = onTerminal(ways['exec --mask']?.(['echo', 'hi']) ?? []);
    const env = { SECRET, NODE_OPTIONS: `--require ${hook}` };
    const terminal = new Terminal(sandbox.spawn(command, { env }));
    await terminal.event(/exit 125/);
    expect(await terminal.ended()).toMatch(
      /no pseudo-terminals here: Sigilforge has no program for them on \w+-\w+\.\r\n.*Leave out --mask/,
    );
  });

  test('the program gets nothing but its own end of the pseudo-terminal', async () => {
    const command = ['sh', '-c', 'for fd in /proc/self/fd/*; do readlink $fd; done | sort -u; echo end'];
    expect(await start('exec --mask', command).ended()).not.toContain('ptmx');
  });

  test('a program that cannot be started leaves nothing waiting with --mask', async () => {
    const terminal = start('exec --mask', ['/nonexistent/program']);
    await terminal.event(/exit 127/);
    expect(await terminal.ended()).toContain('There is no program /nonexistent/program.');
  });
});
