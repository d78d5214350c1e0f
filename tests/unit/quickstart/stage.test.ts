import { afterEach, expect, test, vi } from 'vitest';
import * as stage from '../../../cli/quickstart/stage.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** What is printed on standard output as it is given here. */
function printed(stdout: { isTTY: boolean; columns?: number }, tell: () => void): string {
  let text = '';
  const write = (chunk: string): boolean => {
    text += chunk;
    return true;
  };
  const stream = Object.create(process.stdout, {
    isTTY: { value: stdout.isTTY },
    columns: { value: stdout.columns },
    hasColors: { value: () => false },
    write: { value: write },
  });
  vi.spyOn(process, 'stdout', 'get').mockReturnValue(stream);
  tell();
  return text;
}

const SENTENCE = 'The token expires. The next caller gets a new one, without another sign-in.';
const TABLE = 'pid        1234';

function tell(): void {
  stage.title(`\n${SENTENCE}`);
  stage.explain(SENTENCE);
  stage.output(`${TABLE}\n${SENTENCE}\n`);
  stage.result(SENTENCE);
}

test('on a terminal sentences end between words, below where they began', () => {
  const lines = printed({ isTTY: true, columns: 40 }, tell).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(lines).toContain(`     ${TABLE}`);
  expect(lines).toContain('   → The token expires. The next caller');
  expect(lines).toContain('     gets a new one, without another');
  expect(lines.slice(0, 3)).toEqual([
    '',
    'The token expires. The next caller gets',
    'a new one, without another sign-in.',
  ]);
});

test('in a pipe each is a line', () => {
  const text = printed({ isTTY: false }, tell);
  expect(text).toContain(`   → ${SENTENCE}\n`);
  expect(text).toContain(`     ${TABLE}\n     ${SENTENCE}\n`);
});
