import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../shared/config.js';
import { LIMITS } from '../../shared/config-limits.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('README.md lists every limit with a key in config.toml and no other, with its bounds and its reason', () => {
  const rows = Object.entries(LIMITS).map(
    ([key, { usual, least, most, reason }]) =>
      `| \`${key}\` | ${figure(usual)} | ${figure(least)} to ${figure(most)} | ${reason} |`,
  );
  const [, table = ''] = readme.split(
    '| key | default | may be | what it bounds, and why |\n|---|---|---|---|\n',
  );
  expect(table.split('\n\n', 1)[0]?.split('\n')).toEqual(rows);
});

test('and config.toml takes each of them, with that default', () => {
  const usual = Object.fromEntries(Object.entries(LIMITS).map(([key, limit]) => [key, limit.usual]));
  expect(parseConfig('', 'config.toml').limits).toEqual(usual);
  for (const [key, { least, most }] of Object.entries(LIMITS)) {
    const parse = (value: number) => () => parseConfig(`[limits]\n${key} = ${value}`, 'config.toml').limits;
    for (const value of [least, most]) expect(parse(value)()).toEqual({ ...usual, [key]: value });
    for (const value of [least - 1, most + 1, least + 0.5])
      expect(parse(value)).toThrow(`config.toml, line 2: limits.${key} is not`);
  }
});

function figure(value: number): string {
  return value.toLocaleString('en');
}
