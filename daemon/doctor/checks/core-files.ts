import { readFileSync, statSync } from 'node:fs';
import { type Check, ok, warning } from '../check.js';
import { daemonPid } from '../look/running.js';

/** What the kernel says about the core files of a process (core(5)); `undefined`: it does not say. */
export interface CoreFiles {
  /** Whether the limit lets one be written at all. */
  readonly limited: boolean | undefined;
  /** Whether its memory is left out of one. */
  readonly empty: boolean | undefined;
  /** Whether the process is closed to all others of its user, and has no core file then. */
  readonly closed: boolean;
}

export const coreFiles: Check = {
  name: 'core files',
  run(patient) {
    const pid = process.platform === 'linux' ? daemonPid(patient) : undefined;
    return pid === undefined ? [] : [judge(pid, coreFilesOf(pid))];
  },
};

export function judge(pid: number, { limited, empty, closed }: CoreFiles) {
  if (limited === undefined && empty === undefined && !closed) {
    return warning(
      `The system does not say whether a crash of the daemon (process ${pid}) would write its memory to disk.`,
      `See it as root: cat /proc/${pid}/limits`,
    );
  }
  if (closed || empty || limited) {
    return ok(`A crash of the daemon (process ${pid}) would not write its memory to disk.`);
  }
  return warning(
    `A crash of the daemon (process ${pid}) could write its memory, tokens too, to a core file.`,
    'Start it with a limit of 0: ulimit -c 0; sigilforge daemon restart',
  );
}

function coreFilesOf(pid: number): CoreFiles {
  const limit = /^Max core file size\s+(\S+)/m.exec(textOf(`/proc/${pid}/limits`) ?? '')?.[1];
  const filter = textOf(`/proc/${pid}/coredump_filter`)?.trim();
  return {
    limited: limit === undefined ? undefined : limit === '0',
    empty: filter === undefined ? undefined : /^0+$/.test(filter),
    closed: isClosed(pid),
  };
}

/** What may not be dumped belongs to root in /proc (proc(5)): root itself cannot tell by that. */
function isClosed(pid: number): boolean {
  try {
    return process.getuid?.() !== 0 && statSync(`/proc/${pid}/environ`).uid === 0;
  } catch {
    return false;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
