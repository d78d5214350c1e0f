import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEnvText } from '../../cli/exec/request/env-text.js';
import { SigilforgeError } from '../../shared/errors.js';
import { readAsCompose } from '../support/env-readers/compose.js';
import {
  hasPythonDotenv,
  type Reading,
  readAsDotenv,
  readAsPythonDotenv,
} from '../support/env-readers/readers.js';
import { program } from '../support/start/sandbox.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';
import { rows } from './env-file-rows.js';

interface Ours {
  readonly variables?: Reading;
  readonly refusedAt?: number;
  readonly hint?: string | undefined;
}

function readAsOurs(text: string): Ours {
  try {
    const entries = parseEnvText(text, 'x.env');
    return { variables: Object.fromEntries(entries.map(({ name, value }) => [name, value])) };
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError)) throw thrown;
    const line = /^x\.env, line (\d+): /.exec(thrown.message)?.[1];
    return { refusedAt: Number(line), hint: thrown.hint };
  }
}

describe('the table of env files', () => {
  test.each(rows)('$what', ({ text, compose, dotenv, python, refusedAt }) => {
    const ours = readAsOurs(text);
    expect(readAsCompose(text)).toEqual(compose);
    expect(readAsDotenv(text).usual).toEqual(dotenv);
    if (refusedAt === undefined) {
      expect(ours).toEqual({ variables: compose });
      expect({ dotenv, python, fast: readAsDotenv(text).fast }).toEqual({
        ...{ dotenv: compose, python: compose, fast: compose },
      });
    } else {
      expect(ours).toMatchObject({ refusedAt });
      expect(ours.hint).toMatch(/[=#]|A name has|Close|Save|Use spaces|Give/);
    }
  });

  test.skipIf(!hasPythonDotenv)('is what python-dotenv reads, too', () => {
    const read = readAsPythonDotenv(rows.map(({ text }) => text));
    expect(read).toEqual(rows.map(({ python }) => python));
  });
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: Some readers replace it, and others do not.
/** Pieces that make up files: what the readers differ about, and what is around it. */
const pieces = [
  ...[
    'A',
    'B',
    'A=',
    'B=',
    '=',
    '=',
    '\n',
    '\n',
    '\n',
    ' ',
    '\t',
    'export ',
    'export\t',
    'export',
    ':',
    '.',
    '-',
    '1',
  ],
  ...[
    '#',
    ' # c',
    '"',
    '"',
    "'",
    "'",
    '`',
    'A="',
    "B='",
    'C="x"\n',
    "D='y'\n",
    'x',
    'y z',
    '_',
    'é',
    '😀',
    '__proto__=',
  ],
  ...[
    '\\',
    '\\n',
    '\\"',
    "\\'",
    '\\t',
    '\\c',
    '\\d',
    '\\0',
    '$',
    '$$',
    '${X}',
    '{"a":1}',
    'secret://k',
    'http://h/p?q=1#f',
  ],
  ...['\r\n', '\r', '\u00a0', '\u2003', '\u200b', '\u2028', '\ufeff', '\x0b', '\x0c', '\x1c', '\x85'],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: As above.
const piece = fc.constantFrom(...pieces);
const anything = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
const assignment = fc
  .tuple(
    fc.constantFrom('A', 'B', 'C', 'export A'),
    fc.constantFrom('=', '= ', ' ='),
    fc.constantFrom('', '', "'", '"'),
    fc.array(piece, { maxLength: 3 }),
    fc.constantFrom('', '', ' ', ' # c', '#'),
  )
  .map(([name, equals, quote, value, end]) => `${name}${equals}${quote}${value.join('')}${quote}${end}\n`);
const assignments = fc.array(assignment, { minLength: 1, maxLength: 3 }).map((lines) => lines.join(''));

describe('random env files', () => {
  const texts = fc.sample(fc.oneof(anything, assignments), 3000);
  const accepted = texts.filter((text) => readAsOurs(text).variables !== undefined);
  const read = (reader: (text: string) => Reading) => accepted.map((text) => ({ text, read: reader(text) }));
  const ours = read((text) => readAsOurs(text).variables ?? 'fault');

  test('are read as docker compose and dotenv read them, or refused with the line', () => {
    expect(accepted.length).toBeGreaterThan(300);
    expect(accepted.length).toBeLessThan(texts.length - 300);
    expect(ours).toEqual(read(readAsCompose));
    expect(ours).toEqual(read((text) => readAsDotenv(text).usual));
    expect(ours).toEqual(read((text) => readAsDotenv(text).fast));
    for (const text of texts) {
      const { variables, refusedAt = 0 } = readAsOurs(text);
      const isLine = refusedAt >= 1 && refusedAt <= text.split('\n').length;
      expect({ text, isReadOrNamed: variables !== undefined || isLine }).toEqual({
        text,
        isReadOrNamed: true,
      });
    }
  });

  test.skipIf(!hasPythonDotenv)('are read as python-dotenv reads them', () => {
    const theirs = readAsPythonDotenv(accepted);
    expect(ours).toEqual(accepted.map((text, index) => ({ text, read: theirs[index] })));
  });

  test('have an empty value only where nothing stands behind the =', () => {
    for (const text of accepted) {
      const empty = parseEnvText(text, 'x.env').filter(({ value }) => value === '');
      const lines = text.split('\n');
      for (const { line } of empty) expect(lines[line - 1]).toMatch(/=[ \t]*(?:''|"")?[ \t]*(?:#.*)?\r?$/);
    }
  });
});

test('a file of a megabyte in one line, and one with many quotes, take no longer than reading them', () => {
  const long = 'x'.repeat(1 << 20);
  expect(readAsOurs(`A=${long}\nB="${long}"\nC='${long}'\n`).variables).toEqual({
    A: long,
    B: long,
    C: long,
  });
  const many = `${"A='x\ny'\n".repeat(50_000)}B=$x\n`;
  expect(readAsOurs(many)).toMatchObject({ refusedAt: 100_001 });
});

describe('exec --env-file', () => {
  let daemon: StubDaemon;
  beforeAll(async () => {
    daemon = await startStubDaemon({
      resolve: () => ({
        value: 'resolved',
        encoding: 'utf8',
        metadata: { kind: 'secret', source: 'vault', expires_at: null },
      }),
    });
  });
  afterAll(() => daemon.stop());

  async function write(name: string, content: string | Buffer): Promise<string> {
    const file = path.join(daemon.home, name);
    await writeFile(file, content);
    return file;
  }
  /** With the `--` of the installed command: Node 20 itself would read a file named by --env-file. */
  function exec(options: readonly string[], input = '', script = 'printf "%s|" "$A" "$B"') {
    const [node = '', main = ''] = program('sigilforge');
    const args = ['exec', '--no-mask', ...options, '--', 'sh', '-c', script];
    return daemon.spawn([node, '--', main, ...args], { input }).exited;
  }

  test.each([' ', '\t', '  # c', '#'])('a variable behind the line %j is not empty', async (line) => {
    const file = await write('g.env', `A=1\n${line}\nexport  B=secret://demo/key\n`);
    expect(await exec(['--env-file', file])).toMatchObject({ code: 0, stdout: '1|resolved|' });
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeffA=canary\n', 'utf16le'), 1],
    ['UTF-16 without a mark', Buffer.from('A=canary\n', 'utf16le'), 1],
    ['Latin-1', Buffer.from('A=1\nB=canaryü\nC=1\n', 'latin1'), 2],
    ['half a character at the end', Buffer.concat([Buffer.from('A=1\n\nB=canary'), Buffer.from([0xc3])]), 3],
    ['a NUL', Buffer.from('A=1\nB=can\0ary\n'), 2],
    ['a byte order mark', Buffer.from('\ufeffA=canary\n'), 1],
    ['a surrogate', Buffer.concat([Buffer.from('A=canary\nB='), Buffer.from([0xed, 0xa0, 0x80, 10])]), 2],
  ])('a file with %s is refused, and nothing of it is replaced', async (_, content, line) => {
    const end = await exec(['--env-file', await write('bytes.env', content)]);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(`bytes.env, line ${line}: `);
    expect(end.stderr).not.toContain('canary');
  });

  test('a folder, and a file that is not there', async () => {
    const folder = path.join(daemon.home, 'folder.env');
    await mkdir(folder);
    const inFolder = await exec(['--env-file', folder]);
    expect(inFolder).toMatchObject({ code: 2, stdout: '' });
    expect(inFolder.stderr).toContain('folder.env is a folder.');
    const missing = await exec([`--env-file=${folder}/none`]);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain('none cannot be read (ENOENT).');
  });

  test('a named pipe is read to its end', async () => {
    const pipe = path.join(daemon.home, 'pipe.env');
    spawnSync('mkfifo', [pipe]);
    const [end] = await Promise.all([exec(['--env-file', pipe]), writeFile(pipe, 'A=1\nB="2"\n')]);
    expect(end).toMatchObject({ code: 0, stdout: '1|2|' });
  });

  test('what has no end, or is larger than any environment, is an error', async () => {
    const device = await exec(['--env-file', '/dev/zero']);
    expect(device).toMatchObject({ code: 1, stdout: '' });
    expect(device.stderr).toContain('--env-file: /dev/zero: over 8,388,608 bytes.');
    const input = await exec(['--env-file', '-'], `A=${'x'.repeat(8 << 20)}\n`);
    expect(input).toMatchObject({ code: 1, stdout: '' });
    expect(input.stderr).toContain('--file or --fd');
  });

  test('- is standard input, once, and not beside --stdin', async () => {
    const end = await exec(['--env-file', '-'], 'A=1\nB=secret://k\n', 'printf "%s|" "$A" "$B"; cat');
    expect(end).toMatchObject({ code: 0, stdout: '1|resolved|' });
    const wrong = await exec(['--env-file', '-'], 'A=canary\nB\n');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('standard input, line 2: ');
    for (const options of [
      ['--env-file', '-', '--env-file', '-'],
      ['--env-file', '-', '--stdin', 'secret://k'],
    ]) {
      const refused = await exec(options, 'A=1\n');
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain('standard input');
    }
  });
});
