import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findInPath, type Program } from './runners.js';

/** What systemctl may take. A scope that is stopped has 5 seconds before its processes are killed. */
const SYSTEMCTL_MS = 10_000;
const STOP_S = 5;

/** Where systemd-run finds the user manager. */
const MANAGER_VARIABLES = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];

interface Tools {
  readonly systemdRun: string;
  readonly systemctl: string;
  /** env(1) */
  readonly env: string;
}

/** The service of the user manager that this process is. Runs get units of their own beside it, which end with it. */
export class DaemonUnit {
  readonly #name: string;
  /** The folder of cgroups(7) in which it has its own. */
  readonly #slice: string;
  readonly #tools: Tools;

  private constructor(name: string, slice: string, tools: Tools) {
    this.#name = name;
    this.#slice = slice;
    this.#tools = tools;
  }

  /** `undefined` if this process is not one, or there is no systemd that could be asked. */
  static async find(): Promise<DaemonUnit | undefined> {
    const [systemdRun, systemctl, env] = ['systemd-run', 'systemctl', 'env'].map(findInPath);
    const group = ownGroup();
    if (!systemdRun || !systemctl || !env || group === undefined || !process.env['XDG_RUNTIME_DIR'])
      return undefined;
    const name = path.basename(group);
    const answer = await run(systemctl, ['--user', 'show', '--property=MainPID', '--value', name]);
    if (answer?.trim() !== String(process.pid)) return undefined;
    return new DaemonUnit(name, path.dirname(group), { systemdRun, systemctl, env });
  }

  /**
   * What starts a program in a unit of its own. systemd-run becomes that program, so it has its descriptors and its
   * environment by inheritance, and nothing of them is in the unit, which any program of the user may read.
   */
  wrap(runId: string, capability: string, program: Program): Program {
    const properties = [`BindsTo=${this.#name}`, `After=${this.#name}`, `TimeoutStopSec=${STOP_S}`];
    const removed = [...MANAGER_VARIABLES, 'INVOCATION_ID'].flatMap((name) => ['-u', name]);
    // env(1) would take a path with an equals sign for a variable.
    const clean = program.file.includes('=') ? [] : [this.#tools.env, ...removed];
    return {
      file: this.#tools.systemdRun,
      args: [
        ...['--user', '--scope', '--quiet', '--collect', `--unit=${unitOf(runId)}`],
        `--slice=${this.#sliceName}`,
        `--description=A run of ${capability}`,
        ...properties.flatMap((property) => ['-p', property]),
        ...['--', ...clean, program.file, ...program.args],
      ],
      protocol: program.protocol,
    };
  }

  /** The slice that the service is in. Directly below the manager itself, it is the root. */
  get #sliceName(): string {
    const name = path.basename(this.#slice);
    return name.endsWith('.slice') ? name : '-.slice';
  }

  /** What systemd-run needs besides the program's own environment, and takes out again. */
  get variables(): Record<string, string> {
    const found = MANAGER_VARIABLES.map((name) => [name, process.env[name] ?? ''] as const);
    return Object.fromEntries(found.filter(([, value]) => value !== ''));
  }

  /** Every process of a run's unit, also those that hide from all else. */
  pidsOf(runId: string): number[] {
    return pidsIn(path.join(this.#slice, unitOf(runId)));
  }

  /** Stops the unit of a run. Resolves once it is gone, or there is none. Never rejects. */
  async stop(runId: string): Promise<void> {
    await run(this.#tools.systemctl, ['--user', 'stop', unitOf(runId)]);
  }

  /** The unit of a run that has ended is empty. Only in the older hierarchy, systemd may not notice that by itself. */
  forget(runId: string): void {
    if (this.#slice.startsWith(NAMED)) void this.stop(runId);
  }

  /** Whether systemd is ending this service: then it ends the units of runs first. */
  async isStopping(): Promise<boolean> {
    const job = await run(this.#tools.systemctl, ['--user', 'show', '--property=Job', '--value', this.#name]);
    return job !== undefined && !['', '0'].includes(job.trim());
  }
}

function unitOf(runId: string): string {
  return `sigilforge-run-${runId}.scope`;
}

/** Where the cgroup of this process is, if it is that of a service: in version 2, or in the named hierarchy of version 1. */
function ownGroup(): string | undefined {
  const groups = read('/proc/self/cgroup')
    .split('\n')
    .map((line) => GROUP.exec(line)?.[1]);
  const places = groups.flatMap((group) =>
    group === undefined ? [] : ROOTS.map((root) => path.join(root, group)),
  );
  return places.find((place) => existsSync(path.join(place, 'cgroup.procs')));
}

const GROUP = /^(?:0:|[0-9]+:name=systemd):(\/.*\.service)$/;
const NAMED = '/sys/fs/cgroup/systemd';
const ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', NAMED];

function pidsIn(folder: string): number[] {
  const own = read(path.join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
  return [...own, ...foldersIn(folder).flatMap((name) => pidsIn(path.join(folder, name)))];
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** What a program prints; `undefined` if it fails. */
function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: SYSTEMCTL_MS, killSignal: 'SIGKILL' }, (error, output) =>
      resolve(error ? undefined : output),
    );
  });
}
