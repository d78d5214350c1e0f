import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { faultIn } from '../support/commands.js';

// The page for what goes wrong: each line says how to confirm the cause, and what helps, by commands that there are.

const README = readFileSync(path.join(fileURLToPath(new URL('../..', import.meta.url)), 'README.md'), 'utf8');
const [, page = ''] = /^## When something is wrong$(.*?)^## /ms.exec(README) ?? [];

const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what you see'))
  .map((line) => line.slice(2, -2).split(/ \| /));

test('every group of complaints has its lines, of three cells', () => {
  expect(page.match(/^### .+$/gm)).toHaveLength(8);
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((cells) => cells.length !== 3 || cells.some((cell) => cell.trim() === ''))).toEqual([]);
});

test('every line names a command, and each of these can be run as it stands', async () => {
  expect(rows.filter((cells) => !cells.join().includes('`sigilforge '))).toEqual([]);
  const lines = [...page.matchAll(/`(sigilforge [^`]+)`/g)].map(([, line = '']) => line);
  const faults = await Promise.all(lines.map(async (line) => ({ line, fault: await faultIn(line) })));
  expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
});
