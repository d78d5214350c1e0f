import type { RunDoors } from './doors.js';
import type { DaemonUnit } from './launch/unit.js';

/** What only a daemon has. */
export interface Surroundings {
  readonly doors: RunDoors;
  /** Its service, in which a program gets a unit. */
  readonly unit: DaemonUnit | undefined;
  /** Where working folders are made. */
  readonly folders: string;
}
