import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const SECRET = `it's "a" ümlaut & <b>/\\n $x 100% of canary+4711`;

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({});
});

afterAll(() => daemon.stop());

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

async function shown(script: string): Promise<string> {
  const env = { SECRET, LC_ALL: 'C.UTF-8' };
  const end = await daemon.run(['exec', '--env', 'A=env://SECRET', '--', 'bash', '-c', script], { env });
  expect(end.code, end.stderr).toBe(0);
  return end.stdout;
}

describe('what programs make of a value does not show', () => {
  test.each([
    ['base64 in lines', 'printf %s "$A" | base64 -w 20', '[redacted]\n'],
    ['bash, quoted for a shell', `printf '%q\\n' "$A"`, '[redacted]\n'],
    ['bash, quoted in bytes', `export LC_ALL=C; printf '%q\\n' "$A"`, "$'[redacted]'\n"],
    ['bash, in single quotes', `printf '%s\\n' "\${A@Q}"`, "'[redacted]'\n"],
    ['bash, declared', 'x="$A"; declare -p x', 'declare -- x="[redacted]"\n'],
    ['od', 'printf %s "$A" | od -An -v -tx1', ' [redacted]\n'],
    [
      'JSON in JSON by Node',
      `"${process.execPath}" -p 'JSON.stringify(JSON.stringify({ a: process.env.A }))'`,
      '"{\\"a\\":\\"[redacted]\\"}"\n',
    ],
    [
      'a value inspected by Node',
      `"${process.execPath}" -p '({ a: process.env.A })'`,
      '{ a: `[redacted]` }\n',
    ],
    [
      'bytes inspected by Node',
      `"${process.execPath}" -p 'JSON.stringify(Buffer.from(process.env.A))'`,
      '{"type":"Buffer","data":[[redacted]]}\n',
    ],
  ])('%s', async (_, script, output) => {
    expect(await shown(script)).toBe(output);
  });

  test.skipIf(!has('python3'))('repr in Python, of text and of bytes', async () => {
    const script = 'import os; print(repr(os.environ["A"]), ascii(os.environ["A"]), os.environb[b"A"])';
    expect(await shown(`python3 -c '${script}'`)).toBe("'[redacted]' '[redacted]' b'[redacted]'\n");
  });

  test.skipIf(!has('xxd'))('hex in lines', async () => {
    expect(await shown('printf %s "$A" | xxd -p')).toBe('[redacted]\n');
  });
});
