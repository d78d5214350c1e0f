import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { builtProgram } from '../../../shared/built-program.js';
import { childOptions } from '../../../shared/child-options.js';
import { daemonEnvironment } from '../../../shared/daemon-environment.js';
import { addNotes } from '../../arguments/help.js';

/** Signals that a terminal sends to the daemon itself, which is in the same process group. */
const FROM_TERMINAL = ['SIGINT', 'SIGHUP'] as const;

export function configure(command: Command): void {
  command.action(runInForeground);
  addNotes(command, {
    examples: [['sigilforge daemon run', 'watch it, or run it under a supervisor']],
    seeAlso: ['sigilforge daemon start', 'sigilforge status'],
  });
}

/** Runs sigilforged as a child, and ends as it does: with its exit code, or by its signal. */
async function runInForeground(): Promise<void> {
  const child = spawn(process.execPath, [...childOptions(), builtProgram('sigilforged.cjs')], {
    stdio: 'inherit',
    env: daemonEnvironment(),
  });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const onTerminalSignal = hasTerminal() ? ignore : passOn;
  process.on('SIGTERM', passOn);
  for (const signal of FROM_TERMINAL) process.on(signal, onTerminalSignal);
  const { code, signal } = await endOf(child);
  process.off('SIGTERM', passOn);
  for (const name of FROM_TERMINAL) process.off(name, onTerminalSignal);
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
}

function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
}

function endOf(
  child: ReturnType<typeof spawn>,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
}

function ignore(): void {
  // The terminal has sent the same signal to the daemon; this process waits for it to exit.
}
