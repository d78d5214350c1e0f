import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import type { Fault } from '../support/provider/faults.js';
import type { Sandbox } from '../support/start/sandbox.js';
import { QUIET_CONFIG, type Scene, startScene } from '../support/start/scene.js';
import * as stored from '../support/stored.js';
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.js';

/** A scene whose store can be made unusable. */
export interface FragileScene extends Scene {
  /** A home with the database as it is now, for `stored`. */
  readable(): string;
  /** What the database holds. */
  stored(): stored.Stored;
  /** Makes it unusable; the answer makes it usable again. */
  breakStore(): () => void;
}

interface StoreFault {
  readonly name: string;
  /** Whether this machine and user can bring it about. */
  readonly possible: boolean;
  start(): Promise<FragileScene>;
}

/** What may become of a store while the daemon has it open. */
export const storeFaults: readonly StoreFault[] = [
  { name: 'no space left', possible: canMount(), start: () => startOnSmallDisk() },
  {
    name: 'files that cannot be written any more',
    possible: canBeImmutable(),
    start: () => startFragile(makeImmutable),
  },
  {
    name: 'locked by another program for longer than the limit',
    possible: true,
    start: () => startFragile(stored.blockWrites),
  },
  { name: 'replaced by garbage', possible: true, start: () => startFragile(replaceByGarbage) },
];

/** The fault that begins at once and needs no rights. */
export const startReplaceable = (): Promise<FragileScene> => startFragile(replaceByGarbage);

async function startFragile(begin: (home: string) => () => void): Promise<FragileScene> {
  const scene = await startScene();
  const { home } = scene.sandbox;
  return withFault(
    scene,
    () => home,
    () => begin(home),
  );
}

/** Data, state and log on one disk. */
export const startOnOneDisk = (): Promise<FragileScene> =>
  startOnSmallDisk(['data', 'state'], ({ home }) => [
    'sh',
    '-c',
    `exec "$@" 2>>'${home}/state/daemon.log'`,
    'sh',
  ]);

/** Data on a disk of its own, with the text of `config.toml`. */
export const startOnOwnDisk = (config: string): Promise<FragileScene> =>
  startOnSmallDisk(['data'], () => [], config);

async function startOnSmallDisk(
  folders: readonly ('data' | 'state')[] = ['data'],
  wrap: (sandbox: Sandbox) => readonly string[] = () => [],
  config: string = QUIET_CONFIG,
): Promise<FragileScene> {
  let disk: SmallDisk | undefined;
  const scene = await startScene({
    config,
    wrap: async (sandbox) => {
      disk = await mountSmallDisk(sandbox, folders);
      return [...disk.enter, ...wrap(sandbox)];
    },
  });
  if (!disk) throw new Error('There is no disk.');
  const { data, fill, empty } = disk;
  // SQLite follows no path into another namespace. The daemon's process, not this one, holds the locks of these files.
  const copy = (): string => {
    cpSync(data, join(scene.sandbox.home, 'copy', 'data'), { recursive: true });
    return join(scene.sandbox.home, 'copy');
  };
  return withFault(scene, copy, () => {
    fill();
    return empty;
  });
}

/** The scene's parts that change are read again each time. */
function withFault(
  scene: Scene,
  readable: FragileScene['readable'],
  breakStore: FragileScene['breakStore'],
): FragileScene {
  return Object.create(scene, {
    readable: { value: readable },
    stored: { value: () => stored.read(readable()) },
    breakStore: { value: breakStore },
  }) as FragileScene;
}

function makeImmutable(home: string): () => void {
  const files = ['sigilforge.db', 'sigilforge.db-wal'].map((name) => join(home, 'data', name));
  execFileSync('chattr', ['+i', ...files]);
  return () => void execFileSync('chattr', ['-i', ...files]);
}

function replaceByGarbage(home: string): () => void {
  const file = join(home, 'data', 'sigilforge.db');
  renameSync(file, `${file}.away`);
  writeFileSync(file, 'garbage '.repeat(4096), { mode: 0o600 });
  return () => renameSync(`${file}.away`, file);
}

/** Whether an open file is no longer written to once it is immutable: on ext4, and with the right to make it so. */
function canBeImmutable(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'));
  const file = join(folder, 'file');
  const fd = openSync(file, 'wx');
  try {
    execFileSync('chattr', ['+i', file], { stdio: 'ignore' });
    return throws(() => writeSync(fd, 'x'));
  } catch {
    return false;
  } finally {
    closeSync(fd);
    throws(() => execFileSync('chattr', ['-i', file], { stdio: 'ignore' }));
    rmSync(folder, { recursive: true, force: true });
  }
}

function throws(work: () => void): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** An exchange whose answer comes into a broken store; its callers have been told, and nothing is mended yet. */
export async function breakBeforeCommit(scene: FragileScene): Promise<{ answer: Tokens; mend: () => void }> {
  const broken = gate();
  let answer: Tokens | undefined;
  const fault: Fault = async (exchange) => {
    const given = await exchange.forward();
    answer = JSON.parse(given.body) as Tokens;
    await broken.opened;
    exchange.send(given);
  };
  const held = scene.proxy.plan(fault, { grantType: 'refresh_token' });
  const callers = [scene.api.refreshToken(work), scene.api.refreshToken(work)];
  const ended = Promise.allSettled(callers);
  await held.reached;
  const mend = scene.breakStore();
  broken.open();
  for (const end of await ended)
    expect(end).toMatchObject({ status: 'rejected', reason: { kind: 'store_unavailable' } });
  if (!answer) throw new Error('The provider did not answer.');
  return { answer, mend };
}

/** The refresh token is the newest one: the provider takes it, and has never seen one twice. */
export async function expectWholeGrant({ api, provider }: Scene, exchangesBefore: number): Promise<void> {
  const { access_token } = await api.refreshToken(work);
  expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  expect(provider.counts).toMatchObject({ token: { refresh_token: exchangesBefore + 1 }, reuse: 0 });
}
