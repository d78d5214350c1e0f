import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Check, type Finding, ok, warning } from '../check.js';

/** dm-crypt begins the id of what it encrypts so (dmsetup(8)). */
const ENCRYPTED = /^CRYPT-/;

export const swap: Check = {
  name: 'swap',
  run: () => (process.platform === 'linux' ? swapFindings('/') : []),
};

/** What is written to by the system of which `root` is the top folder, when memory is short. */
export function swapFindings(root: string): Finding[] {
  const list = textOf(path.join(root, 'proc/swaps'));
  if (list === undefined) return [];
  const places = list
    .split('\n')
    .slice(1)
    .flatMap((line) => placeOf(line) ?? []);
  const open = places.filter((place) => !inMemory(place) && !isEncrypted(root, place));
  if (places.length === 0) return [ok('There is no swap.')];
  if (open.length === 0) return [ok(`Swap is encrypted, or in memory: ${places.join(', ')}.`)];
  return [
    warning(
      `Swap is not encrypted: memory of programs, tokens too, may be written to ${open.join(', ')}.`,
      'Encrypt it by dm-crypt, or take zram; until then, as root: swapoff -a',
    ),
  ];
}

/** Blanks in a name are written as octal numbers. */
function placeOf(line: string): string | undefined {
  const name = line.split(/\s/)[0] || undefined;
  return name?.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function inMemory(place: string): boolean {
  return /^\/(dev\/)?zram\d+$/.test(place);
}

/** A partition, or the file system that has a swap file. */
function isEncrypted(root: string, place: string): boolean {
  const device = /^\/(?:dev\/)?(dm-\d+)$/.exec(place)?.[1];
  const folder = device === undefined ? deviceOf(root, place) : `sys/block/${device}`;
  if (folder === undefined) return false;
  return ENCRYPTED.test(textOf(path.join(root, folder, 'dm/uuid')) ?? '');
}

function deviceOf(root: string, place: string): string | undefined {
  const stats = statSync(path.join(root, place), { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const device = stats.isBlockDevice() ? stats.rdev : stats.dev;
  return `sys/dev/block/${majorOf(device)}:${minorOf(device)}`;
}

/** As makedev(3) puts them together. */
function majorOf(device: number): number {
  return Number((BigInt(device) >> 8n) & 0xfffn);
}

function minorOf(device: number): number {
  const bits = BigInt(device);
  return Number((bits & 0xffn) | ((bits >> 12n) & 0xfff00n));
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
