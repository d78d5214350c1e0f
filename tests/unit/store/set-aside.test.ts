import { existsSync, linkSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  assertNoneDamaged,
  finishSettingAside,
  listSetAside,
  setAsideDamaged,
  setAsideName,
} from '../../../daemon/core/store/set-aside.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const NAME = 'sigilforge.db.damaged-2026-01-31T12-00-00.000Z';

let folder: string;
let database: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sf-aside-'));
  database = path.join(folder, 'sigilforge.db');
  for (const ending of ['', '-wal', '-shm']) writeFileSync(database + ending, `content${ending}`);
  return () => rmSync(folder, { recursive: true });
});

function expectMoved(): void {
  for (const ending of ['', '-wal', '-shm']) {
    expect(existsSync(database + ending)).toBe(false);
    expect(readFileSync(path.join(folder, NAME + ending), 'utf8')).toBe(`content${ending}`);
  }
}

test('a damaged database is moved with its log and the index of that', () => {
  expect(setAsideDamaged(database, NOW)).toBe(path.join(folder, NAME));
  expectMoved();
});

test.each([0, 1, 2])('a crash after %i of its files is made good', (moved) => {
  linkSync(database, path.join(folder, NAME));
  for (const ending of ['-wal', '-shm'].slice(0, moved))
    renameSync(database + ending, path.join(folder, NAME + ending));
  finishSettingAside(database);
  expectMoved();
});

test('nothing is moved where another database is in the place of the damaged one', () => {
  setAsideDamaged(database, NOW);
  writeFileSync(database, 'the next one');
  finishSettingAside(database);
  expect(readFileSync(database, 'utf8')).toBe('the next one');
});

test('as long as it is there, there may be no empty one: the newest is named', () => {
  assertNoneDamaged(database);
  setAsideDamaged(database, NOW);
  writeFileSync(database, 'the next one');
  const newest = setAsideDamaged(database, NOW + 1);
  expect(() => assertNoneDamaged(database)).toThrow(newest);
});

test('a name is never used twice', () => {
  setAsideDamaged(database, NOW);
  expect(setAsideName(database, 'damaged', NOW)).toBe(path.join(folder, NAME.replace('.000Z', '.001Z')));
});

test('what was set aside is listed, and nothing else', () => {
  const names = ['before-6', 'replaced-2026-01-31T12-00-00.000Z', 'before-6-wal', 'restoring', 'old'];
  for (const name of names) writeFileSync(`${database}.${name}`, 'abc');
  setAsideDamaged(database, NOW);
  const listed = listSetAside(database);
  expect(listed.map(({ kind, file }) => [kind, path.basename(file)])).toEqual([
    ['before', 'sigilforge.db.before-6'],
    ['damaged', NAME],
    ['replaced', 'sigilforge.db.replaced-2026-01-31T12-00-00.000Z'],
  ]);
  expect(listed[0]).toMatchObject({ bytes: 3, writtenAt: expect.any(Number) });
});
