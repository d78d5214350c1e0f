import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { MAX_TIMER_MS } from '../../../shared/limits.js';
import type { Who } from '../audit/who.js';
import type { OwnSecrets } from '../capabilities/own-secrets.js';
import { shuttingDown } from '../platform/shutting-down.js';
import { whenGone } from '../platform/when-gone.js';
import type { Env } from '../store/env.js';
import type { LeftBehind } from '../store/runs.js';
import type { Vault } from '../vault/vault.js';
import type { RunDoors } from './doors.js';
import type { RunEvents } from './events.js';
import type { Ending, History } from './history.js';
import { DaemonUnit } from './launch/unit.js';
import { removeWorkingFolders, workingFolders } from './launch/working-folder.js';
import { endLeftBehind } from './left-behind.js';
import { prepare } from './prepare.js';
import { Queue } from './queue.js';
import { INTERRUPTED, Run, type RunParts, type RunSurroundings } from './run.js';
import { IDLE_MS, WarmPrograms } from './warm-programs.js';

interface Collaborators extends RunParts {
  readonly history: Pick<History, keyof RunParts['history'] | 'get' | 'leftBehind' | 'endPending' | 'finish'>;
  readonly events: Pick<RunEvents, 'listen'>;
  readonly ownSecrets: Pick<OwnSecrets, 'open' | 'whenChanged'>;
  readonly vault: Pick<Vault, 'whenClosed'>;
}

interface Options {
  /** `runs.at_once` in config.toml. */
  readonly atOnce: number;
  /** Where working folders are made (`Paths.runs`). */
  readonly folders: string;
  /** How long a program that is kept warm may wait for a run, in milliseconds; five minutes if not given. */
  readonly idleMs?: number | undefined;
}

/** Who waits for a run. */
interface Waiter {
  readonly gone: AbortSignal;
  readonly who: Who;
  /** Until the returned function is called, it is not taken for one that is idle. */
  keep(): () => void;
}

/** How long programs may take to end when the daemon does: in all it has five seconds. */
export const CLOSING_MS = 2_000;

const CANCELLED: Ending = { status: 'cancelled', error: 'It was cancelled.' };

/** The runs of capabilities: their queue, their processes, and how they end. */
export class Runs {
  readonly #env: Env;
  readonly #parts: Collaborators;
  readonly #options: Options;
  readonly #queue: Queue;
  /** Those that are not over. */
  readonly #runs = new Set<Run>();
  readonly #stopListening: () => void;
  #warm: WarmPrograms | undefined;
  #surroundings: Promise<RunSurroundings> | undefined;
  #isClosed = false;

  constructor(env: Env, parts: Collaborators, options: Options) {
    this.#env = env;
    this.#parts = parts;
    this.#options = options;
    this.#queue = new Queue(options.atOnce);
    const stops = [
      parts.granted.whenChanged((capabilityId, grants) => {
        for (const run of this.#of(capabilityId)) run.narrow(grants);
        this.changed(capabilityId);
      }),
      parts.ownSecrets.whenChanged((capabilityId) => this.changed(capabilityId)),
    ];
    this.#stopListening = () => {
      for (const stop of stops) stop();
    };
    // What a program knows that waits for a run is not kept while the vault is locked.
    parts.vault.whenClosed(() => this.#warm?.allChanged());
  }

  /** From now on runs may begin, first those that an earlier daemon has left are ended. Only a daemon calls it. */
  async begin(doors: RunDoors): Promise<RunSurroundings> {
    this.#surroundings = this.#settle(doors);
    return this.#surroundings;
  }

  /** Throws `daemon_unavailable` before `begin`; `not_found`, `denied`, `integrity` if it must not start. */
  async run(
    { name, args = {}, wait }: CheckedParamsOf<'run_capability'>,
    waiter: Waiter,
  ): Promise<ResultOf<'run_capability'>> {
    if (this.#surroundings === undefined) throw withoutDaemon();
    const surroundings = await this.#surroundings;
    if (this.#isBot(name)) throw isBot(name);
    const prepared = await prepare(this.#parts, name);
    if (this.#isClosed) throw shuttingDown();
    this.#queue.assertRoom();
    const run = new Run(this.#env, this.#parts, surroundings, { prepared, args, who: waiter.who });
    this.#runs.add(run);
    void run.over.then(() => this.#runs.delete(run));
    this.#queue.add(run);
    run.forgetPrepared();
    const { id } = await run.recorded;
    if (wait) await this.#untilOver(id, waiter);
    return this.#parts.history.get(id);
  }

  async wait(
    { run_id: id, timeout_s: timeoutS }: CheckedParamsOf<'wait_run'>,
    waiter: Waiter,
  ): Promise<ResultOf<'wait_run'>> {
    if (timeoutS > 0) await this.#untilOver(id, waiter, timeoutS);
    return this.#parts.history.get(id);
  }

  /** Says whether it was under way. */
  async cancel(id: string): Promise<boolean> {
    const run = this.#find(id);
    if (run === undefined) return this.#cancelElsewhere(id);
    await this.#stop(run, CANCELLED);
    return true;
  }

  /** What is trusted, granted or set of a capability is not what it was: no program that was kept warm serves another run. */
  changed(capabilityId: string): void {
    this.#warm?.changed(capabilityId);
  }

  /** Ends every run of a capability, and resolves once their processes are gone. */
  async endAllOf(capabilityId: string): Promise<void> {
    await Promise.all(this.#of(capabilityId).map((run) => this.#stop(run, CANCELLED)));
    this.changed(capabilityId);
  }

  /** Ends every run as `interrupted`. Never rejects: what a daemon does at its end after this is more important. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    // First, so that none of them has its turn now.
    const pending = [...this.#runs].filter((run) => this.#queue.remove(run));
    const ended = [...this.#runs]
      .filter((run) => !pending.includes(run))
      .map((run) => this.#stop(run, INTERRUPTED, CLOSING_MS));
    const idle = this.#warm?.close(CLOSING_MS);
    await Promise.allSettled([...ended, this.#dropPending(pending), this.#surroundings, idle]);
    // Those whose runs have just ended.
    await this.#warm?.close(CLOSING_MS);
  }

  /** There may be very many, and there is little time. */
  async #dropPending(pending: readonly Run[]): Promise<void> {
    await Promise.allSettled(pending.map(({ recorded }) => recorded));
    const ids = pending.flatMap(({ id }) => (id === undefined ? [] : [id]));
    try {
      await this.#parts.history.endPending(ids, INTERRUPTED);
    } catch (thrown) {
      // The next daemon ends their rows.
      this.#env.log.warn('run.failed', { kind: asSigilforgeError(thrown).kind });
    }
    for (const run of pending) run.drop();
  }

  /** Ends what an earlier daemon left. What fails there keeps no run from starting. */
  async #settle(doors: RunDoors): Promise<RunSurroundings> {
    const { folders } = this.#options;
    const unit = await DaemonUnit.find();
    try {
      const left = this.#parts.history.leftBehind();
      const programs = await programsLeft(left, folders);
      if (programs.length > 0 && !(await endLeftBehind(programs, unit)))
        this.#env.log.warn('run.left_behind');
      await this.#endRowsOf(left);
      await removeWorkingFolders(folders);
      this.#parts.trust.sweep();
    } catch (thrown) {
      this.#env.log.warn('run.failed', { kind: asSigilforgeError(thrown).kind });
    }
    const surroundings = { doors, unit, folders };
    this.#warm = new WarmPrograms(this.#env, surroundings, this.#options.idleMs ?? IDLE_MS);
    return { ...surroundings, warm: this.#warm };
  }

  async #endRowsOf(left: ReturnType<History['leftBehind']>): Promise<void> {
    const { history } = this.#parts;
    const [begun, pending] = [
      left.filter(({ process }) => process !== null),
      left.filter(({ process }) => process === null),
    ];
    await history.endPending(
      pending.map(({ id }) => id),
      INTERRUPTED,
    );
    for (const { id } of begun) await history.end(id, INTERRUPTED);
  }

  async #stop(run: Run, ending: Ending, graceMs?: number): Promise<void> {
    if (this.#queue.remove(run)) await run.end(ending);
    else run.stop(ending, graceMs);
    await run.over;
  }

  /** Throws what `find` throws. */
  #isBot(name: string): boolean {
    return this.#parts.registry.find(name).manifest.service;
  }

  #find(id: string): Run | undefined {
    return [...this.#runs].find((run) => run.id === id);
  }

  #of(capabilityId: string): Run[] {
    return [...this.#runs].filter((run) => run.capabilityId === capabilityId);
  }

  /** Work that runs elsewhere has no process here. */
  async #cancelElsewhere(id: string): Promise<boolean> {
    const { run } = this.#parts.history.get(id);
    if (isOver(run)) return false;
    if (run.capability !== null && this.#isBot(run.capability)) throw isBot(run.capability, 'stop');
    if (run.capability !== null) return false;
    await this.#parts.history.finish({ run_id: id, status: 'cancelled' });
    return true;
  }

  /** Resolves once a run is over, its waiter is gone, or its time is. Throws `not_found`. */
  async #untilOver(id: string, waiter: Waiter, timeoutS?: number): Promise<void> {
    if (isOver(this.#parts.history.get(id).run)) return;
    const ends: (() => void)[] = [waiter.keep()];
    await new Promise<void>((resolve) => {
      ends.push(whenGone(waiter.gone, resolve));
      ends.push(
        this.#parts.events.listen(({ type, run_id }) => {
          if (type === 'run_ended' && run_id === id) resolve();
        }),
      );
      void this.#find(id)?.over.then(resolve);
      if (timeoutS === undefined) return;
      const timer = setTimeout(resolve, Math.min(timeoutS * 1000, MAX_TIMER_MS));
      ends.push(() => clearTimeout(timer));
    });
    for (const end of ends) end();
  }
}

/** Whatever has a program has a folder, also one that was kept warm, which has no row while it waits. */
async function programsLeft(left: readonly LeftBehind[], folders: string): Promise<LeftBehind[]> {
  const rows = left.filter(({ process }) => process !== null);
  const others = (await workingFolders(folders)).filter((id) => !rows.some((row) => row.id === id));
  return [...rows, ...others.map((id) => ({ id, process: null }))];
}

function isOver({ status }: ResultOf<'get_run'>['run']): boolean {
  return status !== 'pending' && status !== 'running';
}

export function withoutDaemon(): SigilforgeError {
  return new SigilforgeError('daemon_unavailable', 'Only the daemon runs capabilities.');
}

/** What bots are started and stopped by is not what runs are. */
function isBot(name: string, verb: 'start' | 'stop' = 'start'): SigilforgeError {
  const hint =
    verb === 'start'
      ? `Start it with: sigilforge capability start ${name}`
      : `Stop it with: sigilforge capability stop ${name}`;
  return new SigilforgeError('invalid_params', `${name} is a bot, which stays up by itself.`, { hint });
}
