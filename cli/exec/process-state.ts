import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { statOf } from '../../shared/process-stat.js';

/** Whether this process has a controlling terminal, even if its input and output are redirected. */
export function hasControllingTerminal(): boolean {
  if (process.platform === 'win32') return true;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** Whether a process is stopped, as by Ctrl-Z. A lower-case t would mean that a debugger holds it. */
export function isStopped(pid: number): boolean {
  return /^T/.test(stateOf(pid));
}

/** Whether this process leads its session: then only this process is told when the terminal hangs up. */
export function leadsSession(): boolean {
  if (process.platform !== 'linux') return stateOf(process.pid).includes('s');
  return statOf(process.pid)[3] === String(process.pid);
}

/** The letters of `ps` for the state of a process. Only on Linux can they be read without running `ps`. */
function stateOf(pid: number): string {
  if (process.platform === 'linux') return statOf(pid)[0] ?? '';
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
}
