import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from '../support/start/sandbox.js';

/** Bytes of the disk: enough for the database and its whole write-ahead log. */
const SIZE = 8 * 1024 * 1024;
const IN_NAMESPACE = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c'];

/** Whether this user may mount, in a namespace of its own. */
export function canMount(): boolean {
  const [program = '', ...args] = [...IN_NAMESPACE, 'mount -t tmpfs tmpfs /mnt'];
  return spawnSync(program, args).status === 0;
}

/** A small disk in the place of folders of a home, in a mount namespace of its own that ends with the sandbox. */
export interface SmallDisk {
  /** What the commands that are to see the disk begin with. */
  readonly enter: readonly string[];
  /** Its data folder, as programs outside of the namespace find it. */
  readonly data: string;
  /** Leaves no block of the disk free, or so many bytes of it. */
  fill(options?: { readonly leaving?: number }): void;
  empty(): void;
}

export async function mountSmallDisk(
  sandbox: Sandbox,
  folders: readonly ('data' | 'state')[] = ['data'],
): Promise<SmallDisk> {
  const disk = join(sandbox.home, 'disk');
  const places = folders.map((name) => join(sandbox.home, name));
  for (const place of [disk, ...places]) await mkdir(place, { mode: 0o700 });
  const commands = [
    `mount -t tmpfs -o size=${SIZE},mode=700 tmpfs '${disk}'`,
    ...places.flatMap((place, i) => [
      `mkdir -m 700 '${disk}/${i}'`,
      `mount --bind '${disk}/${i}' '${place}'`,
    ]),
    // The namespace lives as long as this process, which ends at the latest when its standard input does.
    'echo mounted',
    'exec cat',
  ];
  const holder = sandbox.spawn([...IN_NAMESPACE, commands.join(' && ')]);
  await holder.seen(/mounted/, 'stdout');
  const root = join('/proc', String(holder.pid), 'root');
  const filling = join(root, disk, 'filling');
  return {
    enter: ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`],
    data: join(root, sandbox.home, 'data'),
    fill: ({ leaving = 0 } = {}) => fill(filling, leaving),
    empty: () => rmSync(filling),
  };
}

function fill(file: string, leaving: number): void {
  const block = Buffer.alloc(4096);
  const fd = openSync(file, 'wx', 0o600);
  try {
    for (;;) writeSync(fd, block);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown;
    ftruncateSync(fd, fstatSync(fd).size - leaving);
  } finally {
    closeSync(fd);
  }
}
