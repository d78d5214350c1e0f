import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
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

/** A small disk in the place of a home's data folder, in a mount namespace of its own that ends with the sandbox. */
export interface SmallDisk {
  /** What the commands that are to see the disk begin with. */
  readonly enter: readonly string[];
  /** The disk's files, as programs outside of the namespace find them. */
  readonly data: string;
  /** Leaves no block of the disk free. */
  fill(): void;
  empty(): void;
}

export async function mountSmallDisk(sandbox: Sandbox): Promise<SmallDisk> {
  const data = join(sandbox.home, 'data');
  await mkdir(data, { mode: 0o700 });
  // The namespace lives as long as this process, which ends at the latest when its standard input does.
  const mount = `mount -t tmpfs -o size=${SIZE},mode=700 tmpfs '${data}' && echo mounted && exec cat`;
  const holder = sandbox.spawn([...IN_NAMESPACE, mount]);
  await holder.seen(/mounted/, 'stdout');
  const inside = join('/proc', String(holder.pid), 'root', data);
  const filling = join(inside, 'filling');
  return {
    enter: ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`],
    data: inside,
    fill: () => fill(filling),
    empty: () => rmSync(filling),
  };
}

function fill(file: string): void {
  const block = Buffer.alloc(4096);
  const fd = openSync(file, 'wx', 0o600);
  try {
    for (;;) writeSync(fd, block);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown;
  } finally {
    closeSync(fd);
  }
}
