import { execFile } from 'node:child_process';
import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';

/** Longer than a service may take to start and to stop by its own limits. */
const LIMIT_MS = 120_000;

export interface Ended {
  /** `undefined` if it did not end by itself. */
  readonly code: number | undefined;
  readonly output: string;
}

/** A service manager's program, such as systemctl(1), run to its end. Throws `external` if there is none here. */
export function runManager(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { timeout: LIMIT_MS, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error !== null && errnoOf(error) !== undefined) return reject(notHere(program, error));
      resolve({ code: child.exitCode ?? undefined, output: `${stdout}${stderr}`.trim() });
    });
  });
}

/** The same for what must succeed. Throws `external` with the last line of what it said. */
export async function demand(program: string, ...args: string[]): Promise<string> {
  const { code, output } = await runManager(program, args);
  if (code === 0) return output;
  const said =
    output.split('\n').at(-1) || `it ended with ${code === undefined ? 'a signal' : `status ${code}`}`;
  throw new SigilforgeError('external', `${[program, ...args].join(' ')}: ${said}`, {
    hint: 'See why with: sigilforge daemon logs',
  });
}

function notHere(program: string, cause: Error): SigilforgeError {
  return new SigilforgeError('external', `${program} cannot be started here.`, { hint: WITHOUT, cause });
}

/** What to do where there is no service manager. */
export const WITHOUT =
  'Start the daemon at login by a line in ~/.profile: sigilforge daemon start. A supervisor of your own starts: sigilforge daemon run';
