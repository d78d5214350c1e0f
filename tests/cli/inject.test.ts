import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const BINARY = Buffer.from([0xff, 0, 0x0a, 0xfe]);

let daemon: StubDaemon;
let template: string;
let output: string;

beforeAll(async () => {
  daemon = await startStubDaemon({
    resolve: ({ reference }) => {
      if (reference.startsWith('auth://locked/')) throw new SigilforgeError('vault_locked', 'It is locked.');
      if (reference === 'secret://none') throw new SigilforgeError('not_found', 'There is none.');
      const isBinary = reference === 'secret://binary';
      return {
        value: isBinary ? BINARY.toString('base64') : `<${reference.slice(-5)} ä {{ $& }}>`,
        encoding: isBinary ? 'base64' : 'utf8',
        metadata: { kind: 'secret', source: 'vault', expires_at: null },
      };
    },
  });
  template = path.join(daemon.home, 'template');
  output = path.join(daemon.home, 'output');
});

beforeEach(async () => {
  await writeFile(output, 'old', { mode: 0o644 });
  await chmod(output, 0o644);
});

afterAll(() => daemon.stop());

const inject = (text: string, ...options: string[]) => daemon.run(['inject', ...options], { input: text });

describe('to standard output', () => {
  test('from standard input: references become values, and all else stays', async () => {
    const end = await inject(
      'é {"a":{"b":"{{ secret://db/pass }}"}} {{env://HOME}} {{secret://db/pass}}\r\n\tend',
    );
    expect(end).toMatchObject({
      code: 0,
      stdout: `é {"a":{"b":"</pass ä {{ $& }}>"}} ${daemon.home} </pass ä {{ $& }}>\r\n\tend`,
      stderr: '',
    });
  });

  test('what belongs to another language stays, unless --strict is given', async () => {
    const text = 'a: {{ .Values.a }}, b: {{ secret://db/pass }}';
    expect(await inject(text)).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: 'a: {{ .Values.a }}, b: </pass ä {{ $& }}>',
    });
    expect(await inject(text, '--strict')).toMatchObject({
      ...{ code: 2, stdout: '' },
      stderr: expect.stringContaining('Line 1 of the template: what stands in {{ }} is not a reference.'),
    });
  });

  test('a filter writes the value in the form that its place needs', async () => {
    const { code, stdout } = await inject(
      '{"a":{{ secret://db/pass | json }}} {{ secret://binary | base64 }} {{ secret://db/pass | url | shell }}',
    );
    const value = '</pass ä {{ $& }}>';
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${JSON.stringify({ a: value })} ${BINARY.toString('base64')} '${encodeURIComponent(value)}'`,
    });
  });

  test('without any reference no daemon is asked', async () => {
    const before = daemon.calls.length;
    expect(await inject('plain { text }')).toMatchObject({ code: 0, stdout: 'plain { text }' });
    expect(await inject('')).toMatchObject({ code: 0, stdout: '' });
    expect(daemon.calls.length).toBe(before);
  });
});

describe('to a file', () => {
  test('which is replaced as a whole, readable only by its owner, bytes and all', async () => {
    await writeFile(template, Buffer.concat([Buffer.from([0x80, 0]), Buffer.from('{{ secret://binary }}|')]));
    const end = await daemon.run(['inject', '-i', template, '-o', output]);
    expect(end).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await readFile(output)).toEqual(Buffer.concat([Buffer.from([0x80, 0]), BINARY, Buffer.from('|')]));
    expect((await stat(output)).mode & 0o777).toBe(0o600);
    expect((await readdir(daemon.home)).filter((name) => name.startsWith('.output'))).toEqual([]);
  });

  test.each([
    ['a secret that is not there', 'a {{ secret://db/pass }} {{ secret://none }}', 3, 'secret://none'],
    ['a locked vault', '{{ auth://locked/work/token }}', 6, 'auth://locked/work/token'],
    ['an open brace', 'a\nb {{ secret://db/pass\n}}', 2, 'Line 2 '],
    ['an open brace at the end', 'a\n\n{{ secret://canary', 2, 'Line 3 '],
    ['a closing brace alone', '\nb { secret://canary }}', 2, 'Line 2 '],
    ['a scheme that there is not', '\n{{ secrets://canary }}', 2, 'Line 2 '],
    ['a filter that there is not', '{{ secret://db/pass | canary }}', 2, 'Line 1 '],
    ['a value that is not text, for JSON', '\n{{ secret://binary | json }}', 2, 'Line 2 '],
  ])('%s leaves the old one alone', async (_, text, code, named) => {
    const end = await inject(text, '-o', output);
    expect(end).toMatchObject({ code, stdout: '' });
    expect(end.stderr).toContain(named);
    expect(end.stderr).not.toContain('canary');
    expect(await readFile(output, 'utf8')).toBe('old');
    expect((await stat(output)).mode & 0o777).toBe(0o644);
  });

  test('a folder that is not there, and a template that is not', async () => {
    expect(await inject('new', '-o', path.join(daemon.home, 'none', 'file'))).toMatchObject({
      code: 2,
      stdout: '',
    });
    expect(await inject('', '-i', path.join(daemon.home, 'none'))).toMatchObject({ code: 2, stdout: '' });
  });
});
