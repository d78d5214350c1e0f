import { spawn } from 'node:child_process';
import { builtFile } from '../shared/built-file.js';
import { childOptions } from '../shared/child-options.js';

/** Signals that a terminal sends to the daemon itself, which shares its process group. */
const FROM_TERMINAL = ['SIGINT', 'SIGHUP'] as const;

/** Runs sigilforged in the foreground and ends as it does: with its exit code, or by its signal. */
export async function runDaemon(): Promise<void> {
  const child = spawn(process.execPath, [...childOptions(), builtFile('sigilforged.cjs')], {
    stdio: 'inherit',
  });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const onTerminalSignal = hasTerminal() ? ignore : passOn;
  process.on('SIGTERM', passOn);
  for (const signal of FROM_TERMINAL) process.on(signal, onTerminalSignal);
  const { code, signal } = await ended(child);
  process.off('SIGTERM', passOn);
  for (const one of FROM_TERMINAL) process.off(one, onTerminalSignal);
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
}

function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
}

function ended(
  child: ReturnType<typeof spawn>,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
}

function ignore(): void {
  // The terminal has sent the same signal to the daemon, and its end is what is waited for.
}
