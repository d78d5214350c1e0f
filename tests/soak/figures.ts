import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scene } from '../support/start/scene.js';

/** What of a daemon must not grow, while nothing is asked of it. */
export interface Figures {
  /** Resident memory in MiB: the least of several looks, because the heap is swept at its own pace. */
  readonly memory: number;
  readonly descriptors: readonly string[];
  readonly walKiB: number;
  /** Files by folder. */
  readonly files: Readonly<Record<string, number>>;
}

/** Folders in which something is left only while it is needed. */
const FOLDERS = ['data/locks', 'state/rescue', 'state/runs', 'run'] as const;

const LOOKS = 5;
const BETWEEN_MS = 400;

/** Looks at a daemon of which nothing is asked. Linux only. */
export async function figuresOf({ sandbox: { home }, daemon: { pid } }: Scene): Promise<Figures> {
  const memory: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    await delay(BETWEEN_MS);
    memory.push(resident(pid));
  }
  return {
    memory: Math.min(...memory),
    descriptors: descriptorsOf(pid),
    walKiB: sizeOf(path.join(home, 'data', 'sigilforge.db-wal')) / 1024,
    files: Object.fromEntries(FOLDERS.map((folder) => [folder, countIn(path.join(home, folder))])),
  };
}

function resident(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(path.join(folder, fd))];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function countIn(folder: string): number {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).length : 0;
}
