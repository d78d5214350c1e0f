import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import path from 'node:path';
import type { Core } from '../../daemon/core/core.js';
import type { RunAtDoor, RunDoors } from '../../daemon/core/runs/doors.js';
import { parseConfig } from '../../shared/config.js';
import type { MessageRole, ResultOf } from '../../shared/contract/index.js';
import { openTestCore } from '../support/start/core.js';
import { aPeer } from '../support/start/peers.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

export type Files = Readonly<Record<string, string>>;

/** What a test says of a manifest; the rest is filled in. */
export type ManifestPart = Readonly<Record<string, unknown>>;

/** Writes the folder of a capability, and gives its path. A file that begins with `#!` may be executed. */
export function writeCapability(home: string, name: string, manifest: ManifestPart, files: Files): string {
  const folder = path.join(home, 'made', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const all = { name, version: '1.0.0', ...manifest };
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(all), { mode: 0o600 });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true, mode: 0o700 });
    writeFileSync(path.join(folder, file), text, { mode: text.startsWith('#!') ? 0o700 : 0o600 });
  }
  return folder;
}

/** The core in this process, whose runs are real processes. */
export interface RunScene {
  readonly core: Core;
  readonly sandbox: Sandbox;
  /** What was asked of doors, the newest last. */
  readonly doors: readonly OpenDoor[];
  /** Registers a capability of one Python file. */
  python(name: string, code: string, manifest?: ManifestPart): Promise<void>;
  /** Registers one of a script for sh. */
  shell(name: string, code: string, manifest?: ManifestPart): Promise<void>;
  add(name: string, manifest: ManifestPart, files: Files): Promise<void>;
  /** Starts a run, and gives its id. */
  start(name: string, args?: unknown): Promise<string>;
  /** Runs it to its end. */
  run(name: string, args?: unknown): Promise<ResultOf<'run_capability'>>;
  wait(id: string): Promise<ResultOf<'wait_run'>>;
  /** The contents of a run's messages of one role. */
  said(id: string, role: MessageRole): string[];
  /** Resolves once a run has said this, in a line of its own. */
  heard(id: string, line: string): Promise<void>;
  stop(): Promise<void>;
}

interface OpenDoor {
  readonly run: RunAtDoor;
  grants: readonly string[];
  isOpen: boolean;
}

export interface SceneOptions {
  /** Of `[runs]`. */
  readonly atOnce?: number;
  /** How long a database that others keep busy is waited for. */
  readonly storeWaitMs?: number;
  /** How long a program that is kept warm may wait for a run. */
  readonly runIdleMs?: number;
}

/** Stopped when the running test ends. */
export async function runScene({ atOnce = 4, storeWaitMs, runIdleMs }: SceneOptions = {}): Promise<RunScene> {
  const sandbox = await createSandbox();
  const config = parseConfig(`[vault]\nkey = "key_file"\n[runs]\nat_once = ${atOnce}`, 'config.toml');
  const core = await openTestCore(sandbox.home, { config, storeWaitMs, runIdleMs });
  const doors: OpenDoor[] = [];
  await core.vault.unlocked();
  await core.runs.begin(doorsOf(doors));
  const add = async (name: string, manifest: ManifestPart, files: Files): Promise<void> => {
    await core.capabilities.registry.register(writeCapability(sandbox.home, name, manifest, files));
  };
  const peer = aPeer();
  const said = (id: string, role: MessageRole): string[] =>
    core.history
      .messages({ run_id: id })
      .messages.filter((message) => message.role === role)
      .map(({ content }) => content);
  const wait = (id: string) => core.runs.wait({ run_id: id, timeout_s: 60 }, peer);
  return stopAfter({
    ...{ core, sandbox, doors, add, said, wait },
    python: (name, code, manifest = {}) =>
      add(name, { run: { runner: 'python', entry: 'main.py' }, ...manifest }, { 'main.py': code }),
    shell: (name, code, manifest = {}) =>
      add(
        name,
        { run: { runner: 'command', command: ['./main'] }, ...manifest },
        { main: `#!/bin/sh\n${code}` },
      ),
    start: async (name, args) => (await core.runs.run({ name, args, wait: false }, peer)).run.id,
    run: (name, args) => core.runs.run({ name, args, wait: true }, peer),
    heard: (id, line) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (said(id, 'output').includes(line)) over(resolve);
          else if (core.history.get(id).run.completed_at !== null)
            over(() => reject(new Error('It is over.')));
        };
        const stopListening = core.runEvents.listen(look);
        const over = (done: () => void): void => {
          stopListening();
          done();
        };
        look();
      }),
    async stop() {
      await core.close();
      await sandbox.stop();
    },
  });
}

/** Doors that lead nowhere. */
function doorsOf(opened: OpenDoor[]): RunDoors {
  return {
    async openForRun(run) {
      const door: OpenDoor = { run, grants: run.grants, isOpen: true };
      opened.push(door);
      return {
        variables: { SIGILFORGE_SOCKET: '/nowhere', SIGILFORGE_FD: '20:0:0' },
        fd: 20,
        source: openSync(devNull, 'r'),
        started: () => undefined,
        narrow: (grants) => {
          door.grants = grants;
        },
        close: () => {
          door.isOpen = false;
        },
      };
    },
  };
}
