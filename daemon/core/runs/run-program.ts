import type { RunDoor } from './doors.js';
import { environmentOf } from './launch/environment.js';
import { RunProcess } from './launch/process.js';
import { programOf } from './launch/runners.js';
import { endProcesses } from './launch/traces.js';
import { makeWorkingFolder, removeWorkingFolder } from './launch/working-folder.js';
import type { Prepared } from './prepare.js';
import type { Surroundings } from './surroundings.js';

/** Whose program it is, and what it may have. */
interface Owner {
  /** By which its processes, its unit and its folder are found. */
  readonly id: string;
  readonly capability: string;
  readonly grants: readonly string[];
  /** Called with each value that goes out through its door, before it does. */
  readonly released: Parameters<Surroundings['doors']['openForRun']>[0]['released'];
  /** The run that it works for now, if that is not `id`. */
  readonly runId?: () => string;
}

/** How long the rest of its output may take once no process of it is left: what hides may hold it open. */
const OUTPUT_MS = 1_000;

/** A program with its working folder, its door and its unit, from before its start until no process of it is left. */
export class RunProgram {
  readonly id: string;
  readonly #surroundings: Surroundings;
  readonly #folder: string;
  readonly #door: RunDoor;
  #grants: readonly string[];
  #process: RunProcess | undefined;

  private constructor(surroundings: Surroundings, { id, grants }: Owner, folder: string, door: RunDoor) {
    this.id = id;
    this.#surroundings = surroundings;
    this.#folder = folder;
    this.#door = door;
    this.#grants = grants;
  }

  /** Makes its folder and opens its door. `close` undoes both. */
  static async open(surroundings: Surroundings, owner: Owner): Promise<RunProgram> {
    const { id, capability, grants, released, runId = () => id } = owner;
    const folder = makeWorkingFolder(surroundings.folders, id);
    try {
      const door = await surroundings.doors.openForRun({
        ...{ capability, grants, released },
        get runId() {
          return runId();
        },
      });
      return new RunProgram(surroundings, owner, folder, door);
    } catch (thrown) {
      await removeWorkingFolder(folder);
      throw thrown;
    }
  }

  /** Leaves of its grants only these. */
  narrow(grants: readonly string[]): void {
    this.#grants = this.#grants.filter((grant) => grants.includes(grant));
    this.#door.narrow(this.#grants);
  }

  /** Starts it. Throws `external` if that is not possible. */
  async start({ capability, copy, variables }: Prepared): Promise<RunProcess> {
    const { unit } = this.#surroundings;
    const program = programOf(capability.manifest, await copy());
    const environment = environmentOf({
      ...{ runId: this.id, folder: this.#folder, variables },
      door: this.#door.variables,
    });
    const process = await RunProcess.start(unit?.wrap(this.id, capability.name, program) ?? program, {
      folder: this.#folder,
      environment: { ...unit?.variables, ...environment },
      door: this.#door,
    });
    this.#door.started();
    this.#process = process;
    return process;
  }

  /**
   * Ends every process of it: asks them to, and kills those that are left after `graceMs`, which may become shorter. Says
   * whether all are gone. `stopUnit`: the unit is stopped as well, which is for one that is ended from outside.
   */
  async end(graceMs: () => number, stopUnit: boolean): Promise<boolean> {
    const { unit } = this.#surroundings;
    const stopped = stopUnit ? unit?.stop(this.id) : undefined;
    const areGone = await endProcesses(
      {
        runIds: new Set([this.id]),
        leaders: this.#process ? [this.#process.id] : [],
        others: () => unit?.pidsOf(this.id) ?? [],
      },
      graceMs,
    );
    if (!areGone) await stopped;
    return areGone;
  }

  /** Reads the rest of its output, once no process of it is left. */
  async drain(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    const patience = setTimeout(() => process.giveUp(), OUTPUT_MS);
    await process.closed;
    clearTimeout(patience);
    this.#surroundings.unit?.forget(this.id);
  }

  /** Closes its door and removes its folder. */
  async close(): Promise<void> {
    this.#door.close();
    await removeWorkingFolder(this.#folder);
  }
}
