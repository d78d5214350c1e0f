import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { swapFindings } from '../../daemon/doctor/checks/swap.js';
import { found } from '../support/start/doctor.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// No test may turn swap on for the whole machine, so the kernel's files are written here, below another top folder.

/** A system with these areas of swap, and devices whose id in dm-crypt is given. */
function systemWith(swaps: readonly string[], ids: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(path.join(tmpdir(), 'sf-root-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  };
  const lines = swaps.map((name) => `${name.padEnd(40)}partition\t8388604\t0\t-2\n`);
  write('proc/swaps', `Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n${lines.join('')}`);
  for (const [device, id] of Object.entries(ids)) write(`${device}/dm/uuid`, `${id}\n`);
  return root;
}

const unencrypted = (places: string) => [
  {
    state: 'warning',
    sentence: `Swap is not encrypted: memory of programs, tokens too, may be written to ${places}.`,
    cure: 'Encrypt it by dm-crypt, or take zram; until then, as root: swapoff -a',
  },
];

test('none', () => {
  const none = [{ state: 'ok', sentence: 'There is no swap.', cure: null }];
  expect(swapFindings(systemWith([]))).toEqual(none);
});

test('in memory, and encrypted', () => {
  const root = systemWith(['/dev/zram0', '/dev/dm-1'], { 'sys/block/dm-1': 'CRYPT-PLAIN-swap' });
  const sentence = 'Swap is encrypted, or in memory: /dev/zram0, /dev/dm-1.';
  expect(swapFindings(root)).toEqual([{ state: 'ok', sentence, cure: null }]);
});

test('on a disk as it is, and on a volume that is not encrypted', () => {
  const root = systemWith(['/dev/sda2', '/dev/dm-0', '/dev/zram0'], { 'sys/block/dm-0': 'LVM-a1b2' });
  expect(swapFindings(root)).toEqual(unencrypted('/dev/sda2, /dev/dm-0'));
});

test('a file is as its file system is, with a blank in its name', () => {
  const root = systemWith(['/swap\\040file']);
  writeFileSync(path.join(root, 'swap file'), '');
  expect(swapFindings(root)).toEqual(unencrypted('/swap file'));
  const device = execStat(path.join(root, 'swap file'));
  mkdirSync(path.join(root, 'sys/dev/block', device, 'dm'), { recursive: true });
  writeFileSync(path.join(root, 'sys/dev/block', device, 'dm/uuid'), 'CRYPT-LUKS2-a1b2\n');
  expect(swapFindings(root)).toMatchObject([{ state: 'ok' }]);
});

test('this machine is looked at', async () => {
  const sandbox = await stopAfter(createSandbox());
  const sentences = (await found(sandbox, 'swap')).map(({ sentence }) => sentence);
  expect(sentences).toEqual(swapFindings('/').map(({ sentence }) => sentence));
});

/** Major and minor number, as `stat` of coreutils takes them apart. */
function execStat(file: string): string {
  const { dev } = statSync(file);
  return `${dev >> 8}:${dev & 0xff}`;
}
