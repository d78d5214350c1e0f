import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  appleScript,
  OSASCRIPT,
  POWERSHELL,
  powerShell,
  runScript,
} from '../../../daemon/core/asking/notice/scripts.js';

// No macOS and no Windows runs these tests: they hold the text of the scripts, and that it is in no argument.

const HOSTILE = `it's "quoted" \\ with \u2018all\u2019 of $(them) \`and\` a\nline`;

test('a text cannot leave its literal in AppleScript', () => {
  expect(appleScript({ summary: 'one', body: 'two' })).toBe('display notification "two" with title "one"\n');
  const script = appleScript({ summary: HOSTILE, body: '"' });
  expect(script.split('\n')).toHaveLength(2);
  expect(script).toMatch(/^display notification "\\"" with title "(?:[^"\\]|\\["\\])*"\n$/);
});

test('a text is data in PowerShell', () => {
  const script = powerShell({ summary: HOSTILE, body: 'Łódź' });
  expect(script).not.toContain('quoted');
  const texts = [...script.matchAll(/FromBase64String\('([A-Za-z0-9+/=]*)'\)/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString(),
  );
  expect(texts).toEqual([HOSTILE, 'Łódź']);
  expect(script.endsWith('\r\n')).toBe(true);
});

test('no argument of these programs is of a request', () => {
  expect([OSASCRIPT.args, POWERSHELL.args].map((args) => args.at(-1))).toEqual(['-', '-']);
});

test('a program gets its script by its standard input', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'arguments');
  await runScript(
    { command: 'sh', args: ['-s'] },
    `: amber falcon\ntr '\\0' ' ' </proc/$$/cmdline >'${file}'\n`,
  );
  expect(await readFile(file, 'utf8')).toBe('sh -s ');
});

test('a program that is not there, fails, or reads nothing is told', async () => {
  await expect(runScript({ command: '/nowhere', args: [] }, '')).rejects.toThrow('ENOENT');
  await expect(runScript({ command: 'sh', args: ['-s'] }, 'exit 3\n')).rejects.toThrow('failed');
  await expect(runScript({ command: 'true', args: [] }, 'x'.repeat(1_000_000))).resolves.toBeUndefined();
});
