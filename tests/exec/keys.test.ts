import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nativeProgram } from '../../client/native/programs.js';
import { statOf } from '../../shared/process-stat.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { hasPython, onTerminal, Terminal } from '../support/start/terminal.js';

const SECRET = 'a-secret-of-some-length';
const EXEC = [...program('sigilforge'), '--quiet', 'exec', '--mask', '--env', 'A=env://SECRET', '--'];
const MORE = {
  SECRET,
  TERM: 'xterm-256color',
  EDITOR: '',
  LESS: '',
  HISTFILE: '',
  PS1: '$ ',
  E: EXEC.join(' '),
};

const CTRL = { C: '\u0003', D: '\u0004', O: '\u000f', X: '\u0018', Z: '\u001a', BACKSLASH: '\u001c' };

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
});

afterAll(() => sandbox.stop());

const has = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

/** A program under `exec --mask`, as the job of a shell that does nothing by itself. */
function start(...command: string[]): Terminal {
  return new Terminal(sandbox.spawn(onTerminal([...EXEC, ...command]), { env: MORE }));
}

/** A shell to type into, where `$E` stands before a program. Nothing is counted that was typed: `said` is split by it. */
async function shell(): Promise<Terminal & { run(line: string): void; said(text: string): Promise<void> }> {
  const cwd = await mkdtemp(path.join(sandbox.home, 'shell-'));
  const bash = onTerminal(['bash', '--norc', '--noprofile', '--noediting', '-i'], { lead: true });
  const terminal = new Terminal(sandbox.spawn(bash, { env: MORE, cwd }));
  await terminal.shown('[$#] ');
  return Object.assign(terminal, {
    run: (line: string) => terminal.type(`${line}\n`),
    said: (text: string) => terminal.shown(`(?<![\\w'-])${text}\\r\\n`),
  });
}

async function fileOf(lines: number): Promise<string> {
  const file = path.join(await mkdtemp(path.join(sandbox.home, 'file-')), 'text');
  const text = Array.from({ length: lines }, (_, index) => `line ${index + 1}`);
  await writeFile(file, `${SECRET}\n${text.join('\n')}\n`);
  return file;
}

/** What was shown, which had no value in it. */
async function masked(terminal: Terminal): Promise<string> {
  const shown = await terminal.ended();
  expect(shown).not.toContain(SECRET);
  return shown;
}

const CURSES = `
import curses, os
def main(screen):
    curses.start_color(); curses.init_pair(1, curses.COLOR_RED, curses.COLOR_BLACK)
    screen.addstr(0, 0, "ready " + os.environ["A"], curses.color_pair(1)); screen.refresh()
    key = screen.getch()
    while key != ord("q"):
        screen.addstr(1, 0, "key=%d " % key + "size=%dx%d" % screen.getmaxyx()); screen.refresh()
        key = screen.getch()
curses.wrapper(main)
print("over")
`;

const isComplete = hasPython && nativeProgram('sigilforge-run') !== undefined;

describe.skipIf(!isComplete)('keys reach', () => {
  test.skipIf(!has('less'))('less', async () => {
    const terminal = start('less', await fileOf(200));
    await terminal.shown('redacted[^]*line 30');
    terminal.type(' ');
    await terminal.shown('line 70');
    terminal.type('/line 15\n');
    await terminal.shown('line 165');
    terminal.type('q');
    await terminal.event(/exit 0/);
    await masked(terminal);
  });

  test('more', async () => {
    const terminal = start('more', await fileOf(200));
    await terminal.shown('redacted[^]*line 30[^]*More');
    terminal.type(' ');
    await terminal.shown('line 70[^]*More');
    terminal.type('q');
    await terminal.event(/exit 0/);
    await masked(terminal);
  });

  test.skipIf(!has('less'))('the pager of git log', async () => {
    const folder = await mkdtemp(path.join(sandbox.home, 'repository-'));
    const commits = Array.from(
      { length: 60 },
      (_, index) =>
        `commit refs/heads/main\ncommitter A <a@b> ${index} +0000\ndata <<E\nchange ${index}\nE\n`,
    );
    spawnSync('git', ['init', '-q', '-b', 'main', folder], { env: sandbox.env });
    spawnSync('git', ['-C', folder, 'fast-import', '--quiet'], {
      input: commits.join('\n'),
      env: sandbox.env,
    });
    const terminal = start('git', '-C', folder, '-c', 'core.pager=less', 'log', '--oneline');
    await terminal.shown('change 30');
    terminal.type('G');
    await terminal.shown('change 0\\b');
    terminal.type('q');
    await terminal.event(/exit 0/);
    await masked(terminal);
  });

  test('bash, with its jobs', async () => {
    const terminal = start('bash', '--norc', '--noprofile', '--noediting', '-i');
    await terminal.shown('[$#] ');
    terminal.type('sleep 1000\n');
    await terminal.shown('sleep 1000\\r\\n');
    await hasTerminal(terminal, 'sleep');
    terminal.type(CTRL.Z);
    await terminal.shown('Stopped +sleep 1000');
    terminal.type('bg\n');
    await terminal.shown('sleep 1000 &');
    terminal.type('jobs; echo $A\n');
    await terminal.shown('Running +sleep 1000[^]*redacted');
    terminal.type('fg\n');
    await hasTerminal(terminal, 'sleep');
    terminal.type(CTRL.C);
    await terminal.shown('\\^C');
    terminal.type('echo "code $?"; exit 6\n');
    await terminal.shown('code 130\\r\\n');
    await terminal.event(/exit 6/);
    await masked(terminal);
  });

  test.skipIf(!has('top'))('top', async () => {
    const terminal = start('top');
    await terminal.shown('PID');
    terminal.type('q');
    await terminal.event(/exit 0/);
    await masked(terminal);
  });

  test('the prompt of Python', async () => {
    const terminal = start('python3', '-q');
    await terminal.shown('>>> ');
    terminal.type('import os; print(6 * 7, os.environ["A"])\n');
    await terminal.shown('42 \\[redacted\\]');
    terminal.type(CTRL.D);
    await terminal.event(/exit 0/);
    await masked(terminal);
  });

  test('a hidden prompt on /dev/tty, also if standard input or output is a file', async () => {
    for (const rest of ['', ' < /dev/null', ' > /dev/null']) {
      const script = `exec 3<>/dev/tty; read -rs -p "word:" x <&3; echo "got \${#x}" >&3`;
      const terminal = new Terminal(
        sandbox.spawn(onTerminal(['sh', '-c', `$E bash -c '${script}'${rest}`]), { env: MORE }),
      );
      await terminal.shown('word:');
      terminal.type('hidden\n');
      await terminal.shown('got 6');
      await terminal.event(/exit 0/);
      expect(await masked(terminal)).not.toContain('hidden');
    }
  });

  test('a program of curses, with its colours and the new size', async () => {
    const terminal = start('python3', '-c', CURSES);
    await terminal.shown('\u001b\\[3?\\d*;?31[^]*ready[^]*redacted');
    terminal.type('\u0001');
    await terminal.shown('key=1 size=40x100');
    terminal.act('resize 90 30');
    await terminal.shown('410');
    terminal.type('q');
    await terminal.shown('over');
    await terminal.event(/exit 0/);
    await masked(terminal);
  });

  test.skipIf(!has('nano'))('nano', async () => {
    const file = await fileOf(3);
    const terminal = start('nano', '-I', file);
    await terminal.shown('line 3');
    terminal.type('typed');
    await terminal.shown('typed');
    terminal.type(`${CTRL.O}\r`);
    await terminal.shown('Wrote');
    terminal.type(CTRL.X);
    await terminal.event(/exit 0/);
    expect(await readFile(file, 'utf8')).toContain(`typed${SECRET}`);
    await masked(terminal);
  });

  test.skipIf(!has('vi'))('vim, which goes on where it was stopped', async () => {
    const file = await fileOf(3);
    const terminal = await shell();
    terminal.run(`$E vi -u NONE -n ${file}`);
    await terminal.shown('redacted[^]*line 3');
    terminal.type('Otyped\u001b');
    await terminal.shown('typed');
    terminal.type(CTRL.Z);
    await terminal.shown('Stopped');
    terminal.run('stty -a | grep -o " -\\?icanon\\| -\\?echo "; echo between');
    await terminal.shown(' icanon[^]* echo ');
    await terminal.said('between');
    terminal.run('fg');
    await terminal.shown('line 3', 2);
    terminal.type('Oagain\u001b:wq\r');
    await expect.poll(() => readFile(file, 'utf8')).toContain(`again\ntyped\n${SECRET}`);
    await terminal.shown('\u001b\\[\\?1049l[^]*?[$#] ', 2);
    terminal.run('echo "code $?"; exit');
    await terminal.said('code 0');
    await masked(terminal);
  });
});

/** Waits until a program of this name is what the keys are for. */
async function hasTerminal(terminal: Terminal, name: string): Promise<void> {
  const [, job = ''] = await terminal.event(/job (\d+)/);
  const isInFront = (pid: number) => {
    const [, , group, , , foreground] = statOf(pid);
    return nameOf(pid) === name && group === foreground;
  };
  await expect.poll(() => below(Number(job)).some(isInFront)).toBe(true);
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function below(pid: number): number[] {
  try {
    return childrenOf(pid).flatMap((child) => [child, ...below(child)]);
  } catch {
    return [];
  }
}

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
}

describe.skipIf(!isComplete)('a key for the program ends it', () => {
  test.each([
    ['Ctrl-C', CTRL.C, 130],
    ['Ctrl-\\', CTRL.BACKSLASH, 131],
    ['Ctrl-D', CTRL.D, 0],
  ])('%s', async (_, key, code) => {
    const terminal = start('sh', '-c', 'echo ready; exec cat');
    await terminal.shown('ready');
    terminal.type(key);
    await terminal.event(new RegExp(`exit ${code}\\n`));
    await masked(terminal);
  });
});

describe.skipIf(!isComplete)('job control of the shell before it', () => {
  test.skipIf(process.platform !== 'linux')('what carries keys leaves them out of core files', async () => {
    const emptied = 'until grep -q 00000000 "/proc/$pid/coredump_filter"; do :; done';
    const script = `read -r _ _ _ front _ </proc/$PPID/stat; for pid in $PPID $front; do ${emptied}; done`;
    const terminal = start('sh', '-c', `${script}; grep -c 00000000 /proc/$$/coredump_filter; exit 7`);
    await terminal.shown('0\\r\\n');
    await terminal.event(/exit 7\n/);
    await masked(terminal);
  });

  test('nothing reaches a program that no shell could continue: it reads the end', async () => {
    const file = path.join(sandbox.home, 'orphan');
    const terminal = await shell();
    terminal.run(`( $E sh -c 'cat; echo "over" >"${file}"' </dev/tty & )`);
    await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 20_000 }).toBe('over\n');
    terminal.run('exit');
    await masked(terminal);
  });

  test('a program in the background runs there, and gets keys once it is in the foreground', async () => {
    const terminal = await shell();
    terminal.run(`$E sh -c 'echo "ran $A"; read -r x; echo "got $x"; read -r y; echo "and $y"' &`);
    await terminal.said('ran \\[redacted\\]');
    await terminal.shown('\\d\\] \\d+');
    terminal.run('wait %1; echo "wait $?"');
    await terminal.said('wait 149');
    terminal.run('fg');
    await terminal.shown('fg\\r\\n');
    terminal.run('one');
    await terminal.said('got one');
    terminal.type(CTRL.Z);
    await terminal.shown('Stopped', 2);
    terminal.run('bg');
    terminal.run('wait %1; echo "again $?"');
    await terminal.said('again 149');
    terminal.run('fg');
    terminal.run('two');
    await terminal.shown('and two\\r\\n[^]*[$#] ');
    terminal.run('echo "code $?"; exit');
    await terminal.said('code 0');
    await masked(terminal);
  });

  test.skipIf(!has('less'))('in a pipeline keys go to the program that asks for them', async () => {
    const terminal = await shell();
    terminal.run('seq 300 | $E less');
    await terminal.shown('\\b39\\b');
    terminal.type(' ');
    await terminal.shown('\\b76\\b');
    terminal.type('q');
    // What is typed before a program has ended is for the program.
    await terminal.shown('\u001b\\[\\?1049l[^]*?[$#] ');
    terminal.run('echo "first $?"');
    await terminal.said('first 0');
    terminal.run('$E seq 1000 1300 | less');
    await terminal.shown('\\b1038\\b');
    terminal.type(' ');
    await terminal.shown('\\b1075\\b');
    terminal.type('q');
    await terminal.shown('\u001b\\[\\?1049l[^]*?[$#] ', 2);
    terminal.run('echo "second $?"; exit');
    await terminal.said('second 0');
    await masked(terminal);
  });
});

describe.skipIf(!isComplete)('the terminal is as it was', () => {
  const kill = (pid: number | undefined) => process.kill(pid ?? 0, 'SIGKILL');
  const ends: Record<string, (job: number, terminal: Terminal) => void> = {
    'when the program ends': (_, terminal) => terminal.type('\n'),
    'when the program is killed': (job) => kill(below(job).at(-1)),
    'when the front process is killed': (job) => kill(childrenOf(job)[0]),
    'when the monitor is killed': (job) => kill(childrenOf(childrenOf(job)[0] ?? 0)[0]),
    'when exec is killed': (job) => kill(job),
    'when all of the job is killed': (job) => kill(-job),
    'when the program is asked to end': (job) => void process.kill(job, 'SIGTERM'),
    'while it is stopped': (_, terminal) => terminal.type(CTRL.Z),
  };

  test.each(Object.keys(ends))('%s', async (how) => {
    const terminal = start('sh', '-c', 'stty -icanon; echo ready; read -r x; exit 3');
    await terminal.shown('ready');
    const [, modes = '', job = ''] = await terminal.event(/^modes (.*)\njob (\d+)/);
    ends[how]?.(Number(job), terminal);
    const [, last = ''] = await terminal.event(/job \d+\nmodes (.*)\n(?:stopped|exit|signal)/);
    expect(last).toBe(modes);
  });
});
